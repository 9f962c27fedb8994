"""ElectionStore on DynamoDB. Three kinds of items: an election's claim and frame, its contests, its units.

What is read is kept in the instance, because a complete election never changes; what is not there is asked for again
each time, because it may be on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from realcount.aws.attributes import item_key, read_text, text
from realcount.aws.batches import Pause, pause, put_blindly, query_strongly
from realcount.aws.election_items import (
    contest_item,
    election_item,
    is_complete,
    read_contest,
    read_election,
    read_unit,
    unit_item,
)
from realcount.aws.errors import stored_item, translated
from realcount.aws.keys import CONTESTS, ELECTIONS, UNIT, contest_sort, unit_partition
from realcount.domain.election import Contest, ContestKey, Election, Region, Station
from realcount.domain.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from realcount.aws.attributes import Item


class DynamoDBElections:
    """`remember` bounds how many units one instance keeps; each takes a few KB of memory."""

    def __init__(self, client: DynamoDBClient, table: str, remember: int = 5_000, pause: Pause = pause) -> None:
        self._client = client
        self._table = table
        self._pause = pause
        # A cache that raises for what is absent does not keep the absence.
        self._election = lru_cache(maxsize=16)(self._read_election)
        self._contest = lru_cache(maxsize=256)(self._read_contest)
        self._unit = lru_cache(maxsize=remember)(self._read_unit)

    def elections(self) -> Sequence[Election]:
        items = query_strongly(self._client, self._table, ELECTIONS)
        return [self._election(read_text(item, "sk")) for item in items if is_complete(item)]

    def election(self, election: str) -> Election | None:
        try:
            return self._election(election)
        except _Absent:
            return None

    def contest(self, key: ContestKey) -> Contest | None:
        try:
            return self._contest(key)
        except _Absent:
            return None

    def region(self, election: str, unit: str) -> Region | None:
        found = self._find(election, unit)
        return found if isinstance(found, Region) else None

    def station(self, election: str, unit: str) -> Station | None:
        found = self._find(election, unit)
        return found if isinstance(found, Station) else None

    def begin(self, election: Election) -> str:
        try:
            with translated(f"claiming the election {election.id!r}"):
                self._client.put_item(
                    TableName=self._table,
                    Item=election_item(election),
                    ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except Conflict as lost:
            claimed = stored_item(lost)
            if claimed is None:
                raise
            if read_text(claimed, "digest") != election.digest:
                raise _taken(election, read_text(claimed, "digest")) from None
            return "complete" if is_complete(claimed) else "resumed"
        return "new"

    def put_units(self, units: Iterable[Region | Station]) -> None:
        put_blindly(self._client, self._table, (unit_item(unit) for unit in units), self._pause)
        self._unit.cache_clear()

    def complete(self, election: Election) -> None:
        put_blindly(self._client, self._table, (contest_item(contest) for contest in election.contests), self._pause)
        # If we die here the contests lie there unseen: an election is visible from its own item on, never before.
        try:
            with translated(f"completing the election {election.id!r}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=item_key(ELECTIONS, election.id),
                    UpdateExpression="SET complete = :yes",
                    ConditionExpression="digest = :digest",
                    ExpressionAttributeValues={":yes": {"BOOL": True}, ":digest": text(election.digest)},
                )
        except Conflict as lost:
            raise Conflict(f"election {election.id!r} was not begun with these files ({election.digest})") from lost

    def _find(self, election: str, unit: str) -> Region | Station | None:
        try:
            return self._unit(election, unit)
        except _Absent:
            return None

    def _read_election(self, election: str) -> Election:
        claim = self._claim(election)
        contests = map(read_contest, query_strongly(self._client, self._table, election, CONTESTS))
        return read_election(claim, {contest.key.contest: contest for contest in contests})

    def _read_contest(self, key: ContestKey) -> Contest:
        self._claim(key.election)
        return read_contest(self._get(key.election, contest_sort(key.contest)))

    def _read_unit(self, election: str, unit: str) -> Region | Station:
        return read_unit(self._get(unit_partition(election, unit), UNIT))

    def _claim(self, election: str) -> Item:
        claim = self._get(ELECTIONS, election)
        if not is_complete(claim):
            raise _Absent
        return claim

    def _get(self, partition: str, sort: str) -> Item:
        with translated(f"reading {partition!r}, {sort!r} of {self._table}"):
            answer = self._client.get_item(TableName=self._table, Key=item_key(partition, sort), ConsistentRead=True)
        if "Item" not in answer:
            raise _Absent
        return answer["Item"]


class _Absent(Exception):
    """Nothing is stored there (yet)."""


def _taken(election: Election, digest: str) -> Conflict:
    return Conflict(f"election {election.id!r} is already loaded from other files ({digest})")
