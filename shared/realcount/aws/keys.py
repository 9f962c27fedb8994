"""The whole key layout: where every item and object lies, and the only code that joins ids into keys or takes keys apart.

    table      pk                               sk
    elections  #ELECTIONS                       <election>            digest, frame, whether complete
               <election>                       CONTEST#<contest>
               <election>#<unit>                UNIT                  region or polling station
    forms      <election>#<contest>#<station>   HEAD                  where the station stands
                                                V#000001              version 1
                                                R#000001              the decision on version 1
                                                S#000001              which entry of the log version 1 is
                                                X#000001              that version 1 was recalled, and why
                                                R#000001#01 …         the same of what followed its first recall
               <election>                       LOG                   where the writer of the public log stands
                                                LOG#key#<key>#…       which entry of the log this is
    tally      <election>#<contest>#<parent>    <child>               the child's tally as this parent sees it
    pages      <public path>
    keys       <key id>
    uploads    <upload id>

    bucket     key
    uploads    uploads/<upload id>/<file name>
    evidence   scans/<sha256>
    published  v1/…                             the last good copy of the page at that path
               v1/…/editions/<edition>          that page as it was at an edition, for ever
               log/<election>/…                 the public log: checkpoint, tiles, bundles, who witnessed it
               staged/<election>/<sha256>       a batch on its way into it
               refusals/<election>/<sha256>     what a witness refused, and its answer

Ids hold no `#` and no `/` (`domain.strict.ID`), so every key has one reading. All items of one station share a
partition key, as do all children of one region: each is read whole by one query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from realcount.domain.election import ContestKey
from realcount.domain.tally import RowChange, StationChange

ELECTIONS = "#ELECTIONS"
UNIT = "UNIT"
HEAD = "HEAD"
LOG = "LOG"

_CONTEST = "CONTEST#"
_VERSION = "V#"
_REVIEW = "R#"
_SEAL = "S#"
_RECALL = "X#"

SEALS = _SEAL
"""What the sort keys of a station's seals begin with."""

RECALLS = _RECALL
"""What the sort keys of a station's recalls begin with."""


def contest_sort(contest: str) -> str:
    return _CONTEST + _id(contest)


CONTESTS = _CONTEST
"""What the sort keys of an election's contests begin with."""


def unit_partition(election: str, unit: str) -> str:
    return f"{_id(election)}#{_id(unit)}"


def place(contest: ContestKey, unit: str) -> str:
    """The partition of a station in the forms table, or of a parent in the tally table."""
    return f"{_id(contest.election)}#{_id(contest.contest)}#{_id(unit)}"


def places_of(election: str) -> str:
    """What the partitions of all places of an election begin with."""
    return f"{_id(election)}#"


def read_place(partition: str) -> tuple[ContestKey, str]:
    """The reverse of `place`. Raises `ValueError`."""
    parts = partition.split("#")
    if len(parts) != 3 or not all(parts):
        raise ValueError(f"the key {partition!r} is not <election>#<contest>#<unit>")
    return ContestKey(parts[0], parts[1]), parts[2]


def version_sort(version: int) -> str:
    return f"{_VERSION}{version:06d}"


def review_sort(version: int, turn: int = 0) -> str:
    """`turn` is how often the version was recalled before."""
    return _sort(_REVIEW, version, turn)


def seal_sort(version: int, turn: int = 0) -> str:
    return _sort(_SEAL, version, turn)


def recall_sort(version: int, turn: int) -> str:
    return _sort(_RECALL, version, turn)


def turn_of(sort: str) -> int:
    """The turn in a sort key of a review, a seal or a recall."""
    return int(sort.rpartition("#")[2]) if sort.count("#") == 2 else 0


def _sort(kind: str, version: int, turn: int) -> str:
    return f"{kind}{version:06d}" + (f"#{turn:02d}" if turn else "")


def is_version(sort: str) -> bool:
    return sort.startswith(_VERSION)


def is_review(sort: str) -> bool:
    return sort.startswith(_REVIEW)


def upload_object(upload: str, file: str) -> str:
    return f"uploads/{upload}/{file}"


def upload_of(key: str) -> str:
    """The upload that an object of the upload bucket belongs to. Raises `ValueError` for a key nobody was granted."""
    parts = key.split("/")
    if len(parts) != 3 or parts[0] != "uploads" or not all(parts):
        raise ValueError(f"the object {key!r} is not uploads/<upload>/<file>")
    return parts[1]


def evidence_object(sha256: str) -> str:
    return f"scans/{sha256}"


def published_object(path: str) -> str:
    """Where the copy of the page at `path` lies. An address of the bucket then differs from the page's in its host alone."""
    return path.removeprefix("/")


def log_place(election: str) -> tuple[str, str]:
    """Partition and sort key of the head of an election's log, in the table of forms."""
    return _id(election), LOG


def log_mark(election: str, subject: Sequence[str]) -> tuple[str, str]:
    """Where it is noted which entry of an election's log something is that has no item of its own for it."""
    return _id(election), "#".join((LOG, *map(_id, subject)))


def log_object(election: str, path: str) -> str:
    return f"log/{_id(election)}/{path}"


def staged_object(election: str, batch: str) -> str:
    return f"staged/{_id(election)}/{batch}"


def refusal_object(election: str, sha256: str) -> str:
    return f"refusals/{_id(election)}/{sha256}"


def station_change(keys: Mapping[str, Any]) -> StationChange | None:
    """The trigger in the keys of a record of the forms stream, or None if it is not about a head.

    `keys` is the record's `dynamodb.Keys`: `{"pk": {"S": …}, "sk": {"S": …}}`. Versions and reviews never change a
    number by themselves: the head does, in the same transaction.
    """
    if keys["sk"]["S"] != HEAD:
        return None
    return StationChange(*read_place(keys["pk"]["S"]))


def row_change(keys: Mapping[str, Any]) -> RowChange:
    """The trigger in the keys of a record of the tally stream."""
    contest, parent = read_place(keys["pk"]["S"])
    return RowChange(contest, parent, keys["sk"]["S"])


def _id(text: str) -> str:
    if not text or "#" in text:
        raise ValueError(f"{text!r} cannot be an id: it is empty or holds a '#'")
    return text
