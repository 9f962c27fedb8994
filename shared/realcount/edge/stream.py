"""A batch of DynamoDB stream records as triggers, and Lambda's partial batch response about it.

Records carry keys only. A thousand records of one village are one trigger, so the work is done per distinct change and
not per record (which is why Powertools' BatchProcessor, one call per record, is not used here), and a failure is mapped
back to every record that asked for the failed work.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent

from realcount.domain.errors import Conflict, RealcountError, Unavailable

log = logging.getLogger(__name__)

Change = TypeVar("Change")
Unit = TypeVar("Unit")


@dataclass(frozen=True, slots=True)
class Batch(Generic[Change]):
    """Readable records, in order, as (sequence number, change); `unreadable` counts those that are no key of ours."""

    records: tuple[tuple[str, Change], ...]
    unreadable: int

    @property
    def changes(self) -> tuple[Change, ...]:
        """The distinct changes, in the order of their first record."""
        return tuple(dict.fromkeys(change for _, change in self.records))

    def response(
        self, failed: Mapping[Unit, RealcountError], units_of: Callable[[Change], Iterable[Unit]]
    ) -> PartialItemFailureResponse:
        """Name the records to be delivered again: those whose units failed in a way that can pass.

        Lambda takes the lowest number as the place to go on from, so records after it come again too; that does no harm.
        Drift and missing units do not pass: they are counted and logged, and holding up the shard for them would only
        delay every other region. The sweep meets them again, every round, until a person has looked.
        """
        passing = {unit for unit, error in failed.items() if isinstance(error, Unavailable | Conflict)}
        again = [number for number, change in self.records if any(unit in passing for unit in units_of(change))]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in again]}


def read_batch(event: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Change | None]) -> Batch[Change]:
    """The triggers in a Lambda event of a DynamoDB stream. `read` makes one of a record's keys, or None of no concern."""
    records: list[tuple[str, Change]] = []
    unreadable = 0
    for record in DynamoDBStreamEvent(dict(event)).records:
        stream = record.raw_event["dynamodb"]
        try:
            change = read(stream["Keys"])
        except (KeyError, ValueError) as error:
            # Nothing we write has such keys. Failing on it would stop the shard for the sake of a stranger's item.
            log.error("a stream record's keys %r are not ours: %s", stream.get("Keys"), error)
            unreadable += 1
            continue
        if change is not None:
            records.append((stream["SequenceNumber"], change))
    return Batch(tuple(records), unreadable)
