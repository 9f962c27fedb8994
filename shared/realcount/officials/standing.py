"""What became of a form that has a receipt, by everything the public can see: the receipt's key, the station's page, the log.

A receipt does not know of an approval, and the log not of a form that was returned. The page knows both; so a form that the
page calls approved, and that the log has not after the promised delay, is a breach, and is said loudly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from realcount.domain.instants import from_instant
from realcount.domain.log.receipts import Receipt
from realcount.domain.official import SUBMITTER
from realcount.verify.receipt import CONTRADICTED, ENTRY, SUPERSEDED, Standing

SEALED_SECONDS = 120
"""The promise: so long after its approval a form is in the public log at the latest (`usecases.recount` asks the same)."""

SHOWN_SECONDS = 900
"""So long after it was received a station's page shows a form: five minutes of its lifetime, and as many for a lost trigger
to be found."""

LOUD = frozenset({"bad-receipt", "contradicted", "not-in-log", "not-on-page", "other-on-page"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` is one of `LOUD`, or `sealed`, `superseded`, `approved`, `waits`, `returned`, `unread`; `said` are its values."""

    code: str
    said: Mapping[str, object] = field(default_factory=dict)

    @property
    def loud(self) -> bool:
        return self.code in LOUD


def judge(receipt: Receipt | None, page: Mapping[str, Any] | None, standing: Standing | None, now: str) -> Verdict:
    """`receipt` is None if it is not signed by the published key; `page` and `standing` if they could not be read."""
    if receipt is None:
        return Verdict("bad-receipt")
    if standing is not None:
        values = {"entry": standing.index, "size": standing.size, "later": standing.later}
        if standing.state in (ENTRY, SUPERSEDED, CONTRADICTED):
            return Verdict({ENTRY: "sealed"}.get(standing.state, standing.state), values)
    if page is None:
        return Verdict("unread")
    shown = next((one for one in page["versions"] if one["version"] == receipt.version), None)
    age = _seconds(receipt.received_at, now)
    if shown is None:
        return Verdict("not-on-page", {"age": age}) if age > SHOWN_SECONDS else Verdict("waits", {"age": age})
    if shown["hash"] != receipt.form:
        return Verdict("other-on-page", {"hash": shown["hash"]})
    review = shown["review"] or {}
    if shown["state"] == "returned":
        return Verdict("returned", {"reason": review.get("reason")})
    last = shown.get("recalls", [{}])[-1]
    if shown["state"] == "recalled" and last.get("role") == SUBMITTER:
        return Verdict("returned", {"reason": last.get("reason")})
    if shown["state"] != "approved":
        return Verdict("waits", {"age": age})
    since = _seconds(review["at"], now)
    if standing is None:
        return Verdict("unread")
    return Verdict("not-in-log" if since > SEALED_SECONDS else "approved", {"age": since, "size": standing.size})


def _seconds(since: str, now: str) -> int:
    return max(0, int((from_instant(now) - from_instant(since)).total_seconds()))
