"""What becomes an entry of the public log, in which order, and what counts from then on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from realcount.domain.canonical import canonical_bytes, parse_canonical
from realcount.domain.election import ContestKey, Option
from realcount.domain.errors import Conflict, Drift, NotFound, Rejected, Unavailable
from realcount.domain.fold import Fold
from realcount.domain.ledger import RETURN, Seal
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.entries import read_entry
from realcount.domain.log.notes import read_note
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import KeyRegistered, KeyRevoked
from realcount.domain.log.snapshots import OpenedContest, Opening, Snapshot
from realcount.domain.log.sums_files import ZEROS, node_path, read_zeros, zeros_file
from realcount.domain.log.tiles import MAX_ENTRY, decode_bundle, tile_names
from realcount.domain.sum_tree import read_node
from realcount.domain.tally import StationChange
from realcount.local.memory import MemoryLog
from realcount.log_ports import LogHead
from realcount.usecases.seal_forms import Sealed, seal_forms, seal_untold
from realcount.usecases.seal_marks import ATTEMPTS
from realcount.usecases.seal_totals import seal_totals
from realcount.usecases.zero_report import lay_down_zeros
from tests.small_election import DPR, DUSK, ELECTION, NOON, PPWP, PreVerified, approver, contest, submitter, units
from tests.unit.usecases.office import SIGNER, Office


def entries(log: MemoryLog) -> list[bytes]:
    """Of the published log, as a reader finds it."""
    if not log.checkpoints:
        return []
    size = read_checkpoint(read_note(log.checkpoints[-1]).text).size
    return [entry for name in tile_names(size) if name.level < 0 for entry in decode_bundle(name, log.file(name.path))]


def story(log: MemoryLog) -> Iterator[str]:
    for entry in entries(log):
        match read_entry(entry):
            case Opening(election):
                yield f"opening {election}"
            case OpenedContest(contest):
                yield f"contest {contest.contest}"
            case KeyRegistered(key):
                yield f"registered {key.id}"
            case KeyRevoked(_, key):
                yield f"revoked {key}"
            case Snapshot(contest, unit, size, sums):
                yield f"snapshot {contest.contest} {unit} {sums.stations}/{size}"
            case SealedForm(form):
                yield f"{form.kind} {form.contest} {form.station} {form.version}"


OPENED = [
    *(
        f"opening {ELECTION}",
        "contest ppwp",
        "contest dpr",
        "contest dprd",
        "snapshot ppwp N 0/4",
        "snapshot dpr N 0/4",
    ),
    *("snapshot dpr D1 0/4", "snapshot dpr D2 0/4", "snapshot dprd N 0/4", "snapshot dprd W1 0/4"),
]
FIRST = len(OPENED) + 2
"""The index of the first form, behind its two keys."""


def revoke(office: Office) -> Sealed:
    return seal_untold(
        ELECTION, DUSK, elections=office.elections, forms=office.forms, keys=office.keys, log=office.log, signer=SIGNER
    )


def test_the_first_form_comes_after_the_opening_all_contests_and_its_two_keys() -> None:
    office = Office()
    office.submit()
    office.decide()
    sealed = office.seal()
    assert list(story(office.log)) == [*OPENED, "registered sub-1", "registered app-1", "form ppwp S1 1"]
    assert sealed == Sealed(entries=FIRST + 1, forms=1, since=NOON)
    head = office.forms.head(PPWP, "S1")
    assert head is not None and (head.approved, head.counted) == (1, 1)
    assert office.forms.seals(PPWP, "S1") == {1: FIRST}


def test_a_parliaments_districts_are_opened_one_by_one_and_are_too_many_for_one_entry() -> None:
    """Ballots of 2024 had up to 18 parties with ten names or so each, in 84 districts."""
    office = Office()
    options = tuple(Option(f"{party:02}.{person:03}", str(person), "?") for party in range(18) for person in range(9))
    districts = [
        replace(contest(DPR), key=ContestKey(ELECTION, f"dpr-{i:04}"), options=options, roots=(f"D{i:04}",))
        for i in range(84)
    ]
    known = office.elections._complete[ELECTION]
    office.elections._complete[ELECTION] = known = replace(known, contests=(*known.contests, *districts))
    del office.log.files[ZEROS]
    lay_down_zeros(known, units(), office.log)
    office.submit()
    office.decide()
    assert office.seal().entries == 1 + 3 + 84 + 6 + 84 + 2 + 1
    opened = entries(office.log)[4:88]
    assert sum(map(len, opened)) > MAX_ENTRY > 20 * max(map(len, opened))
    fold = Fold(verify=PreVerified().verify)
    fold.take(entries(office.log))
    assert fold.contests[districts[83].key].options == districts[83].option_ids()


def test_the_log_alone_gives_what_the_ledger_gives() -> None:
    office = Office()
    for station in ("S1", "S2"):
        office.submit(at=station)
        office.decide(at=station)
        office.seal(at=station)
    office.correct(votes={"01": 1, "02": 2})
    office.decide()
    office.seal()
    fold = Fold(verify=PreVerified().verify)
    fold.take(entries(office.log))
    assert {station: counted.sums.votes for (_, station), counted in fold.stations.items()} == {
        "S1": (1, 2),
        "S2": (150, 120),
    }


def test_a_key_and_the_opening_are_said_once() -> None:
    office = Office()
    for station in ("S1", "S2"):
        office.submit(DPR, station)
        office.decide(DPR, station)
        office.seal(DPR, station)
    assert list(story(office.log))[FIRST:] == ["form dpr S1 1", "form dpr S2 1"]


def test_what_is_not_approved_is_no_entry() -> None:
    office = Office()
    office.submit()
    assert office.seal() == Sealed()
    office.decide(decision=RETURN, reason="cannot be read")
    assert office.seal() == Sealed()
    assert office.seal(at="S2") == Sealed()
    assert (office.log.checkpoints, office.log.head()) == ([], LogHead())


def test_a_trigger_that_comes_again_seals_nothing_again() -> None:
    office = Office()
    office.submit()
    office.decide()
    office.seal()
    before = dict(office.log.files)
    assert office.seal() == Sealed()
    assert office.log.files == before


def test_two_versions_that_wait_are_two_entries_in_their_order() -> None:
    """The sealer stood still while a form was approved, corrected and approved again; the one between was returned."""
    office = Office()
    office.submit()
    office.decide()
    office.correct()
    office.decide(decision=RETURN, reason="cannot be read")
    office.correct(votes={"01": 1, "02": 2})
    office.decide()
    assert office.seal().forms == 2
    assert list(story(office.log))[FIRST:] == ["form ppwp S1 1", "correction ppwp S1 3"]
    assert office.forms.seals(PPWP, "S1") == {1: FIRST, 3: FIRST + 1}
    head = office.forms.head(PPWP, "S1")
    assert head is not None and head.counted == 3


def test_a_station_that_was_corrected_many_times_while_the_sealer_stood_still() -> None:
    office = Office()
    office.submit()
    office.decide()
    for votes in range(ATTEMPTS + 2):
        office.correct(votes={"01": votes, "02": 2})
        office.decide()
    assert office.seal().forms == ATTEMPTS + 3
    head = office.forms.head(PPWP, "S1")
    assert head is not None and head.counted == head.approved == ATTEMPTS + 3


def test_a_station_at_which_officials_act_all_the_time_is_left_for_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = Office()
    office.submit()
    office.decide()
    looks: list[int] = []

    def always_late(seals: Sequence[Seal]) -> Sequence[Seal]:
        looks.append(len(seals))
        return seals

    monkeypatch.setattr(office.forms, "seal", always_late)
    with pytest.raises(Conflict, match="were acted on at each of 8 looks"):
        office.seal()
    assert looks == [1] * ATTEMPTS
    monkeypatch.undo()
    office.seal()
    assert office.forms.seals(PPWP, "S1") == {1: FIRST}


def test_a_revoked_keys_form_is_sealed_with_its_revocation() -> None:
    """It was approved while the key was good: that cannot be undone, and everybody sees both."""
    office = Office()
    office.submit()
    office.decide()
    office.keys.revoke("sub-1", DUSK)
    office.seal()
    assert list(story(office.log))[len(OPENED) :] == [
        "registered sub-1",
        "revoked sub-1",
        "registered app-1",
        "form ppwp S1 1",
    ]


def test_a_revocation_of_a_key_that_signs_nothing_more_is_said_too_and_once() -> None:
    office = Office()
    assert revoke(office).entries == len(OPENED)
    assert revoke(office) == Sealed()
    office.keys.revoke("app-0", DUSK)
    assert revoke(office).entries == 2
    assert list(story(office.log)) == [*OPENED, "registered app-0", "revoked app-0"]
    assert revoke(office) == Sealed()


def test_the_log_is_opened_with_zeros_before_any_form_and_once() -> None:
    office = Office()
    assert revoke(office).entries == len(OPENED)
    assert list(story(office.log)) == OPENED
    fold = Fold()
    fold.take(entries(office.log))
    said = [snapshot for _, snapshot in fold.snapshots]
    assert all(read_node(office.log.file(node_path(one.root))).sums == one.sums for one in said)
    office.submit()
    office.decide()
    assert office.seal().entries == 3


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda zeros: zeros | {"contests": zeros["contests"][1:]}, "of other contests or roots"),
        (lambda zeros: zeros | {"type": "realcount/gossip/v1"}, "is not what was laid down"),
        (lambda zeros: _swapped(zeros), "is not the node of N in e19/ppwp before anything came in"),
    ],
)
def test_zeros_that_are_not_this_elections_open_nothing(damage: Callable[[Any], Any], why: str) -> None:
    office = Office()
    office.log.files[ZEROS] = canonical_bytes(damage(parse_canonical(office.log.files[ZEROS])))
    with pytest.raises(Drift, match=why):
        revoke(office)
    assert office.log.checkpoints == []


def _swapped(zeros: Any) -> Any:
    first, second, *_ = zeros["contests"]
    first["roots"][0]["hash"] = second["roots"][0]["hash"]
    return zeros


def test_a_tree_that_counts_something_is_no_zero_report() -> None:
    office = Office()
    office.submit()
    office.decide()
    office.seal()
    seal_totals(ELECTION, DUSK, elections=office.elections, log=office.log, signer=SIGNER, pause=lambda attempt: None)
    counted = next(said for said in map(read_entry, entries(office.log)[-6:]) if isinstance(said, Snapshot))
    fresh = Office()
    fresh.log.files |= {path: data for path, data in office.log.files.items() if path.startswith("sums/")}
    zeros = read_zeros(fresh.log.files[ZEROS])
    fresh.log.files[ZEROS] = zeros_file({**zeros, "ppwp": {"N": counted.root}})
    with pytest.raises(Drift, match="is not the node of N in e19/ppwp before anything came in"):
        revoke(fresh)


def test_without_the_first_sums_nothing_is_opened() -> None:
    office = Office()
    del office.log.files[ZEROS]
    with pytest.raises(NotFound, match="load the election again"):
        revoke(office)


def test_a_batch_that_nobody_finished_is_finished_by_whoever_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    office.submit()
    office.decide()

    def die(checkpoint: bytes, was: str | None) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(office.log, "publish", die)
    with pytest.raises(Unavailable):
        office.seal()
    monkeypatch.undo()
    head = office.forms.head(PPWP, "S1")
    assert head is not None and head.counted == 0, "nobody can see it yet"
    revoke(office)
    assert office.forms.seals(PPWP, "S1") == {1: FIRST}
    assert office.log.head().batch is None


def test_a_form_whose_key_is_gone_waits_and_keeps_no_other() -> None:
    office = Office()
    office.keys.register(approver("app-9", "person-9"))
    for station, key in (("S1", "app-1"), ("S2", "app-9")):
        office.submit(at=station)
        office.decide(at=station, key=key)
    del office.keys._keys["app-9"]
    sealed = seal_forms(
        ELECTION, [StationChange(PPWP, "S2"), StationChange(PPWP, "S1")], DUSK, elections=office.elections,
        forms=office.forms, keys=office.keys, log=office.log, signer=SIGNER,
    )  # fmt: skip
    assert list(sealed.failed) == [StationChange(PPWP, "S2")]
    assert isinstance(sealed.failed[StationChange(PPWP, "S2")], NotFound)
    assert sealed.forms == 1
    waiting = office.forms.head(PPWP, "S2")
    assert waiting is not None and (waiting.approved, waiting.counted) == (1, 0)


def test_an_approval_of_other_numbers_is_never_sealed() -> None:
    """Somebody changed the ledger behind its back."""
    office = Office()
    office.submit()
    review = office.decide()
    office.forms._reviews[PPWP, "S1"][1, 0] = replace(review, payload=review.payload.replace(b'"S1"', b'"S2"'))
    failed = office.seal().failed
    assert isinstance(failed[StationChange(PPWP, "S1")], Rejected)
    assert entries(office.log) == []


def test_without_the_elections_tree_nothing_is_opened() -> None:
    office = Office()
    office.submit()
    office.decide()
    del office.log.files["units"]
    with pytest.raises(NotFound, match="units"):
        office.seal()


def test_a_lost_race_leaves_what_waits_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    office.submit()
    office.decide()
    head = office.log.head

    def late() -> LogHead:
        seen = head()
        office.log.advance(seen, replace(seen, seq=seen.seq + 1))
        return seen

    monkeypatch.setattr(office.log, "head", late)
    with pytest.raises(Conflict):
        office.seal()
    monkeypatch.undo()
    assert office.seal().forms == 1


def test_an_act_of_an_official_in_between_moves_the_head_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A correction comes in just before the station's head takes the step of its seal."""
    office = Office()
    office.submit()
    office.decide()
    seal = office.forms.seal

    def overtaken(seals: object) -> object:
        monkeypatch.undo()
        office.correct()
        return seal(seals)  # type: ignore[arg-type]

    monkeypatch.setattr(office.forms, "seal", overtaken)
    office.seal()
    head = office.forms.head(PPWP, "S1")
    assert head is not None and (head.latest, head.approved, head.counted) == (2, 1, 1)


def test_signers_of_one_office_are_asked_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    asked: list[list[str]] = []
    find_all = office.keys.find_all
    monkeypatch.setattr(office.keys, "find_all", lambda keys: (asked.append(list(keys)), find_all(keys))[1])
    for station in ("S1", "S2", "S3"):
        office.submit(at=station)
        office.decide(at=station)
    seal_forms(
        ELECTION, [StationChange(PPWP, station) for station in ("S1", "S2", "S3")], DUSK, elections=office.elections,
        forms=office.forms, keys=office.keys, log=office.log, signer=SIGNER,
    )  # fmt: skip
    assert asked == [[submitter().id, approver().id]]
