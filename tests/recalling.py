"""An office in which keys turn out not to be trusted: three submitters and three approvers, and a clock that moves."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from realcount.domain.errors import Conflict, Forbidden
from realcount.domain.fold import Fold
from realcount.domain.instants import from_instant, to_instant
from realcount.domain.ledger import APPROVE, RECEIVED, Review
from realcount.usecases.revoke_key import revoke_key
from realcount.usecases.seal_forms import Sealed, seal_untold
from realcount.usecases.seal_totals import Totals, seal_totals
from tests import small_election as small
from tests.small_election import ELECTION, NOON, PPWP, PreVerified
from tests.unit.usecases.office import SIGNER, Office

SUBMITTERS = ("sub-1", "sub-2", "sub-3")
APPROVERS = ("app-1", "app-2", "app-3")
REASON = "the key was in other hands"


class RecallOffice(Office):
    """`minute` is the time, of the day's noon on; every act takes one."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.minute = 0
        for name in SUBMITTERS[1:]:
            self.keys.register(small.submitter(name, f"person-{name}"))
        for name in APPROVERS[1:]:
            self.keys.register(small.approver(name, f"person-{name}"))

    def now(self, minute: int | None = None) -> str:
        return to_instant(from_instant(NOON) + timedelta(minutes=self.minute if minute is None else minute))

    def hand_in(self, station: str = "S1", votes: tuple[int, int] = (150, 120), key: str = "sub-1") -> None:
        """The station's next version, whatever it is."""
        self.minute += 1
        head = self.forms.head(PPWP, station)
        changes: dict[str, object] = {"key": key, "signed_at": self.now(), "figures": small.paper(*votes, 5)}
        changes["votes"] = {"01": votes[0], "02": votes[1]}
        if head is not None:
            changes |= {"kind": "correction", "version": head.latest + 1, "prev": head.latest_hash, "reason": "a slip"}
        document = small.signed(small.form_statement(PPWP, station, **changes))
        request = small.signed(small.request_statement(document, PPWP, station, key=key, signed_at=self.now()))
        granted = self.grant(request, self.now())
        self.bucket.put(granted.upload.id, "form", document)
        self.bucket.put(granted.upload.id, "scan-1", small.SCAN)
        upload = self.receive(granted.upload.id, self.now())
        assert upload.state == "accepted", upload.refusals

    def judge(self, station: str = "S1", key: str = "app-1", decision: str = APPROVE) -> Review:
        """The decision on the latest version. Raises as `review_form`."""
        self.minute += 1
        head = self.forms.head(PPWP, station)
        assert head is not None
        changes = {"decision": decision, "key": key, "signed_at": self.now()}
        changes |= {} if decision == APPROVE else {"reason": "unreadable"}
        statement = small.review_statement(head.latest, head.latest_hash, PPWP, station, **changes)
        return self.review(small.signed(statement), self.now())

    def revoke(self, key: str, since: int | None = None) -> None:
        """Strike a key off, now, and what it signed from that minute on."""
        self.minute += 1
        reason = None if since is None else REASON
        revoke_key(key, self.now(), None if since is None else self.now(since), reason, keys=self.keys)

    def schedule(self) -> Sealed:
        return seal_untold(
            ELECTION, self.now(), elections=self.elections, forms=self.forms, keys=self.keys, log=self.log,
            signer=SIGNER,
        )  # fmt: skip

    def approved_and_sealed(self, station: str = "S1", votes: tuple[int, int] = (150, 120), **keys: str) -> None:
        self.hand_in(station, votes, keys.get("submitter", "sub-1"))
        self.judge(station, keys.get("approver", "app-1"))
        self.seal(PPWP, station, self.now())

    def settle(self) -> None:
        """What streams and schedules come to when nobody acts any more."""
        for _ in range(8):
            self.schedule()
            for station in small.STATIONS:
                with suppress(Conflict):
                    self.seal(PPWP, station, self.now())

    def totals(self) -> Totals:
        return seal_totals(
            ELECTION, self.now(), elections=self.elections, log=self.log, signer=SIGNER, pause=lambda attempt: None
        )

    def counted(self, station: str = "S1") -> tuple[int, int, str, int]:
        """Of the head: the version that counts, the last approved, the latest's state, and how often any was recalled."""
        head = self.forms.head(PPWP, station)
        assert head is not None
        return head.counted, head.approved, head.latest_state, sum(times for _, times in head.recalls)


def fold_of(entries: list[bytes]) -> Fold:
    """The log's own count, every signature and every recall checked."""
    fold = Fold(verify=PreVerified().verify)
    fold.take(entries)
    assert not fold.owed, "the log ends with forms that it should have recalled"
    return fold


def try_to_judge(office: RecallOffice, station: str, key: str, decision: str = APPROVE) -> None:
    """As anybody might, entitled or not."""
    head = office.forms.head(PPWP, station)
    if head is not None and head.latest_state == RECEIVED:
        with suppress(Forbidden):
            office.judge(station, key, decision)
