"""Each single write on a form's way, lost or done and reported as failed, and then tried again: nothing shows of it.

The table is not written down but found: one undisturbed run lists every write that the use cases make, then each of them
fails once in each of the two ways, in a run of its own. Whatever carries triggers calls again, as Lambda does. At the end
every store must hold exactly what the undisturbed run left, down to the bytes of pages and the order of versions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from realcount.domain.canonical import sha256_hex
from realcount.domain.errors import RealcountError, Unavailable
from realcount.domain.tally import RowChange, StationChange
from realcount.local.memory import (
    KeptKey,
    MemoryCopies,
    MemoryEditions,
    MemoryElections,
    MemoryEvidence,
    MemoryForms,
    MemoryIntake,
    MemoryKeys,
    MemoryLog,
    MemoryPages,
    MemoryTallies,
    MemoryUploadBucket,
    MemoryUploads,
)
from realcount.usecases.count_form import count_form
from realcount.usecases.grant_upload import grant_upload
from realcount.usecases.load_election import load_election
from realcount.usecases.publish_results import publish_results
from realcount.usecases.receive_form import receive_form
from realcount.usecases.review_form import review_form
from realcount.usecases.roll_up import roll_up
from realcount.usecases.seal_forms import seal_forms
from realcount.usecases.seal_totals import seal_totals
from realcount.usecases.sweep_tally import sweep_tally
from tests.small_election import (
    AFTER,
    BEFORE,
    DPRD,
    DUSK,
    ELECTION,
    NOON,
    RECEIPTS,
    SCAN,
    AnyImage,
    PreVerified,
    approver,
    brief,
    election,
    file_entry,
    form_statement,
    request_statement,
    review_statement,
    signed,
    submitter,
    units,
)
from tests.small_election import SCAN_REF as SCAN_REFERENCE

WRITES = frozenset(
    (
        "begin",
        "put_units",
        "complete",
        "put_all",
        "put",
        "grant",
        "settle",
        "keep",
        "keep_all",
        "receive",
        "decide",
        "replace",
        "advance",
        "put_file",
        "put_files",
        "stage",
        "publish",
        "mark",
        "seal",
    )
)
SIGNER = KeptKey("count.example/small", bytes(range(32)))
STATION = "S2"
"""In `dprd` it has two parents, V1 and W1, so that a step can die between two rows."""


@dataclass
class Trouble:
    """Lets write number `at` fail: `lost` before it is done, `landed` after. `seen` are all writes, in their order."""

    at: int | None = None
    how: str = ""
    seen: list[str] = field(default_factory=list)

    def write(self, name: str, do: Callable[[], Any]) -> Any:
        self.seen.append(name)
        hit = len(self.seen) - 1 == self.at
        if hit and self.how == "lost":
            raise Unavailable(f"{name}: the request was lost")
        done = do()
        if hit:
            raise Unavailable(f"{name}: the answer was lost")
        return done


class Troubled:
    """A port whose writes go through `Trouble`; reads are let through."""

    def __init__(self, store: Any, trouble: Trouble) -> None:
        self._store, self._trouble = store, trouble

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in WRITES:
            return method
        label = f"{type(self._store).__name__.removeprefix('Memory').lower()}.{name}"
        return lambda *args, **kwargs: self._trouble.write(label, lambda: method(*args, **kwargs))


class Office:
    """Everything a form's way needs, and the way itself."""

    def __init__(self, trouble: Trouble) -> None:
        self.keys = MemoryKeys()
        self.keys.register(submitter())
        self.keys.register(approver())
        self.stores: dict[str, Any] = {
            "elections": MemoryElections(), "uploads": MemoryUploads(), "evidence": MemoryEvidence(),
            "forms": MemoryForms(self.keys), "tallies": MemoryTallies(),
            "editions": MemoryEditions(), "copies": MemoryCopies(), "pages": MemoryPages(), "log": MemoryLog(),
        }  # fmt: skip
        self.bucket = MemoryUploadBucket()
        self.port = {name: Troubled(store, trouble) for name, store in self.stores.items()}
        self.trouble = trouble
        self.attempts: list[tuple[str, int]] = []

    def do(self, step: str, work: Callable[[], Any]) -> Any:
        """Until it succeeds; a step that reports failed parts has not succeeded."""
        for attempt in range(1, 4):
            try:
                outcome = work()
            except Unavailable:
                continue
            if not getattr(outcome, "failed", None):
                self.attempts.append((step, attempt))
                return outcome
        raise AssertionError(f"{step} did not succeed after one fault")

    def whole_way(self) -> None:
        """A form, its approval, a correction, its return, another correction, its approval, a withdrawal, its approval."""
        self.do(
            "load_election",
            lambda: load_election(election(), units(), **self._only("elections", "editions", "copies", "pages", "log")),
        )
        first = self._submit(1, None, "form", 100)
        self._decide(1, first, "approve")
        second = self._submit(2, first, "correction", 300)
        self._decide(2, second, "return")
        third = self._submit(3, second, "correction", 30)
        self._decide(3, third, "approve")
        self._decide(4, self._submit(4, third, "withdrawal", 0), "approve")
        for root in ("N", "W1"):
            self.do("sweep_tally", lambda root=root: sweep_tally(DPRD, root, overdue=AFTER, **self._only("elections", "forms", "tallies", "editions", "copies", "pages")))  # fmt: skip

    def _submit(self, version: int, previous: str | None, kind: str, votes: int) -> str:
        withdrawn = kind == "withdrawal"
        document = signed(form_statement(
            DPRD, STATION, kind=kind, version=version, prev=previous, reason=None if version == 1 else "as on the paper",
            figures={} if withdrawn else brief(votes + 7, 3), votes={} if withdrawn else {"X": votes, "Y": 7},
            scans=[file_entry(SCAN_REFERENCE)],
        ))  # fmt: skip
        request = signed(request_statement(document, DPRD, STATION))
        grant = self.do("grant_upload", lambda: grant_upload(
            request, NOON, keys=self.keys, verifier=PreVerified(), bucket=self.bucket, intake=MemoryIntake(),
            **self._only("elections", "uploads"),
        ))  # fmt: skip
        self.bucket.put(grant.upload.id, "form", document)
        self.bucket.put(grant.upload.id, "scan-1", SCAN)
        upload = self.do("receive_form", lambda: receive_form(
            grant.upload.id, NOON, keys=self.keys, verifier=PreVerified(), bucket=self.bucket, inspector=AnyImage(),
            receipts=RECEIPTS,
            **self._only("elections", "uploads", "evidence", "forms"),
        ))  # fmt: skip
        assert upload.state == "accepted", upload.refusals
        self._carry()
        return sha256_hex(document.split(b"\n")[0])

    def _decide(self, version: int, form: str, decision: str) -> None:
        document = signed(review_statement(
            version, form, DPRD, STATION, decision=decision, reason=None if decision == "approve" else "cannot be read"
        ))  # fmt: skip
        self.do("review_form", lambda: review_form(
            document, NOON, keys=self.keys, verifier=PreVerified(), **self._only("elections", "forms")
        ))  # fmt: skip
        self._carry()

    def _carry(self) -> None:
        """What the streams do: one trigger after another, up to the roots."""
        change = StationChange(DPRD, STATION)
        self.do("seal_forms", lambda: seal_forms(
            ELECTION, [change], DUSK, keys=self.keys, signer=SIGNER, **self._only("elections", "forms", "log")
        ))  # fmt: skip
        self.do("seal_totals", lambda: seal_totals(
            ELECTION, DUSK, signer=SIGNER, pause=lambda attempt: None, **self._only("elections", "log")
        ))  # fmt: skip
        self.do("count_form", lambda: count_form(change, **self._only("elections", "forms", "tallies")))
        for rows in (["V1", "W1"], ["P1"], ["N"]):
            below = {"V1": STATION, "W1": STATION, "P1": "V1", "N": "P1"}
            changes = [RowChange(DPRD, parent, below[parent]) for parent in rows]
            self.do("roll_up", lambda changes=changes: roll_up(changes, **self._only("elections", "tallies")))
            self.do("publish_results", lambda changes=changes: publish_results(
                changes, **self._only("elections", "forms", "tallies", "editions", "copies", "pages")
            ))  # fmt: skip

    def _only(self, *names: str) -> dict[str, Any]:
        return {name: self.port[name] for name in names}

    def contents(self) -> dict[str, Any]:
        """Everything every store holds, without counters and locks."""
        # Staged batches and the head's number tell of attempts; what was sealed, and how, must be the same.
        ignored = ("writes", "_lock", "_keys", "_on_change", "_staged", "_head")
        return {
            name: {key: value for key, value in vars(store).items() if key not in ignored}
            for name, store in self.stores.items()
        }


def undisturbed() -> Office:
    office = Office(Trouble())
    office.whole_way()
    return office


CLEAN = undisturbed()
TABLE = [(at, how, name) for at, name in enumerate(CLEAN.trouble.seen) for how in ("lost", "landed")]


def test_the_table_knows_every_write_there_is() -> None:
    assert {name.split(".")[1] for name in CLEAN.trouble.seen} == WRITES
    steps = {step for step, _ in CLEAN.attempts}
    assert steps == {"load_election", "grant_upload", "receive_form", "review_form", "seal_forms", "seal_totals", "count_form", "roll_up",
                     "publish_results", "sweep_tally"}  # fmt: skip
    assert all(attempt == 1 for _, attempt in CLEAN.attempts)


@pytest.mark.parametrize(("at", "how", "name"), TABLE, ids=[f"{at:03d}-{name}-{how}" for at, how, name in TABLE])
def test_a_write_that_fails_once_leaves_no_trace(at: int, how: str, name: str) -> None:
    office = Office(Trouble(at, how))
    office.whole_way()
    assert office.trouble.seen[at] == name
    assert sum(attempt - 1 for _, attempt in office.attempts) <= 1, "one fault cost more than one more call"
    assert office.contents() == CLEAN.contents()


@pytest.mark.parametrize("how", ["lost", "landed"])
def test_a_sweep_that_fails_once_goes_on_where_it_was(how: str) -> None:
    """All triggers were lost, so the sweep has everything to do; each of its writes fails once."""

    def behind(trouble: Trouble) -> Office:
        office = Office(Trouble())
        office.do(
            "load_election",
            lambda: load_election(
                election(), units(), **office._only("elections", "editions", "copies", "pages", "log")
            ),
        )
        office._carry = lambda: None  # type: ignore[method-assign]
        office._decide(1, office._submit(1, None, "form", 100), "approve")
        for port in office.port.values():
            port._trouble = trouble
        return office

    def sweep(office: Office) -> None:
        for root in ("N", "W1"):
            office.do("sweep_tally", lambda root=root: sweep_tally(DPRD, root, overdue=BEFORE, **office._only("elections", "forms", "tallies", "editions", "copies", "pages")))  # fmt: skip

    clean = behind(Trouble())
    sweep(clean)
    writes = clean.port["tallies"]._trouble.seen
    assert {"tallies.advance", "tallies.replace", "editions.keep", "copies.keep", "pages.put"} == set(writes)
    for at in range(len(writes)):
        office = behind(Trouble(at, how))
        sweep(office)
        assert office.contents() == clean.contents(), writes[at]


def test_a_revocation_that_fails_once_stands() -> None:
    for how in ("lost", "landed"):
        keys = MemoryKeys()
        keys.register(approver())
        trouble = Trouble(0, how)
        with pytest.raises(RealcountError):
            trouble.write("keys.revoke", lambda keys=keys: keys.revoke("app-1", NOON))
        keys.revoke("app-1", NOON)
        key = keys.find("app-1")
        assert key is not None and key.revoked_at == NOON
