"""What stands in the log: one canonical JSON object per entry, and its `type` says which of these it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from realcount.domain.canonical import decode_object, encode_decoded, require_canonical
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.log.sealed_forms import SEALED_FORM, SealedForm, read_form_entry
from realcount.domain.log.sealed_keys import SEALED_KEY, KeyDistrusted, KeyRegistered, KeyRevoked, read_key_entry
from realcount.domain.log.sealed_recalls import SEALED_RECALL, SealedRecall, read_recall
from realcount.domain.log.snapshots import (
    CONTEST,
    OPENING,
    SNAPSHOT,
    OpenedContest,
    Opening,
    Snapshot,
    read_contest,
    read_opening,
    read_snapshot,
)

Entry = SealedForm | SealedRecall | KeyRegistered | KeyRevoked | KeyDistrusted | Opening | OpenedContest | Snapshot

_READERS: Mapping[str, Callable[[dict[str, Any]], Entry]] = {
    OPENING: read_opening,
    CONTEST: read_contest,
    SEALED_KEY: read_key_entry,
    SEALED_RECALL: read_recall,
    SNAPSHOT: read_snapshot,
}


def read_entry(data: bytes) -> Entry:
    """What an entry says, if by itself it can be true. Raises `Rejected` with every refusal."""
    value = decode_object(data)
    kind = value.get("type")
    if kind == SEALED_FORM:  # Nearly all are, and whoever reads one has encoded it.
        said = read_form_entry(value)
        require_canonical(data, said.to_bytes())
        return said
    require_canonical(data, encode_decoded(value))
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise Rejected(
            [Refusal("bad-entry", "type", f"is {kind!r}; it must be one of {', '.join((*_READERS, SEALED_FORM))}")]
        )
    return read(value)
