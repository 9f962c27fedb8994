"""Every total is sealed: what was counted since the last snapshots is added to the trees they name, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from realcount.domain.election import Region
from realcount.domain.errors import Conflict, Drift, NotFound, Unavailable
from realcount.domain.fold import Fold
from realcount.domain.log.entries import read_entry
from realcount.domain.log.snapshots import Snapshot
from realcount.domain.log.sums_files import ZEROS, node_path
from realcount.domain.log.tiles import TileName
from realcount.domain.sum_tree import Node, sum_tree
from realcount.local.memory import MemoryLog
from realcount.log_ports import LogHead
from realcount.usecases import seal_totals as module
from realcount.usecases.seal_totals import ATTEMPTS, Totals, seal_totals
from tests.small_election import DPR, DPRD, DUSK, ELECTION, PPWP, contest, election, form_statement, signed, units
from tests.unit.usecases.office import SIGNER, Office
from tests.unit.usecases.test_seal_forms import entries

REGIONS = {unit.id: unit for unit in units() if isinstance(unit, Region)}
ROOTS = [(c.key, root) for c in election().contests for root in c.roots]


def total(office: Office, log: MemoryLog | None = None, **given: object) -> Totals:
    return seal_totals(
        ELECTION, DUSK, elections=office.elections, log=log or office.log, signer=SIGNER, pause=lambda attempt: None,
        **given,  # type: ignore[arg-type]  # at_most and each
    )  # fmt: skip


def counted(office: Office, *stations: str, of: object = PPWP, **changes: object) -> None:
    for station in stations:
        office.submit(of, station, **changes)  # type: ignore[arg-type]
        office.decide(of, station)  # type: ignore[arg-type]
        office.seal(of, station)  # type: ignore[arg-type]


def corrected(office: Office, station: str, **changes: object) -> None:
    office.correct(PPWP, station, **changes)
    office.decide(PPWP, station)
    office.seal(PPWP, station)


def withdrawn(office: Office, station: str) -> None:
    head = office.forms.head(PPWP, station)
    assert head is not None
    form = form_statement(
        PPWP,
        station,
        kind="withdrawal",
        version=2,
        prev=head.latest_hash,
        reason="void",
        figures={},
        votes={},
        scans=[],
    )
    office.receive(office.upload(signed(form), PPWP, station, scans=()))
    office.decide(PPWP, station)
    office.seal(PPWP, station)


def snapshots(log: MemoryLog) -> list[Snapshot]:
    return [said for said in map(read_entry, entries(log)) if isinstance(said, Snapshot)]


def newest(log: MemoryLog) -> list[Snapshot]:
    return snapshots(log)[-len(ROOTS) :]


def from_scratch(log: MemoryLog, size: int) -> Iterator[tuple[Snapshot, list[Node]]]:
    """The newest snapshots, each with the tree that the first `size` entries of the log make."""
    fold = Fold()
    fold.take(entries(log)[:size])
    for said in newest(log):
        of = contest(said.contest)

        def children_of(unit: str, of: object = of) -> Sequence[str] | None:
            region = REGIONS.get(unit)
            return None if region is None else sorted({child.id for child in region.children_in(of)})  # type: ignore[arg-type]

        yield said, list(sum_tree(of.key, said.unit, children_of, fold.leaves(of.key), len(of.options)))


def check_newest(log: MemoryLog, size: int) -> None:
    """Every root's snapshot is of what the log says, and every node of it lies there."""
    assert [(said.contest, said.unit) for said in newest(log)] == ROOTS
    for said, nodes in from_scratch(log, size):
        assert (said.size, said.root, said.sums) == (size, nodes[-1].hash(), nodes[-1].sums)
        for node in nodes:
            assert log.files[node_path(node.hash())] == node.to_bytes()


def test_what_is_counted_is_sealed_for_every_root_of_every_contest() -> None:
    office = Office()
    counted(office, "S1", "S4")
    counted(office, "S2", of=DPR)
    size = len(entries(office.log))
    assert total(office) == Totals(snapshots=len(ROOTS), size=size, forms=3)
    check_newest(office.log, size)
    Fold().take(entries(office.log))  # No entry stands where it cannot.


def test_a_station_with_two_parents_is_in_both_trees() -> None:
    office = Office()
    counted(office, "S2", "S6", of=DPRD)
    total(office)
    sums = {(said.contest, said.unit): said.sums for said in newest(office.log)}
    assert sums[DPRD, "N"] == sums[DPRD, "W1"]
    assert sums[DPRD, "N"].stations == 2
    check_newest(office.log, newest(office.log)[0].size)


def test_with_no_new_form_nothing_is_written() -> None:
    office = Office()
    assert total(office) == Totals(), "a log that is not opened is not opened by totals"
    counted(office, "S1")
    total(office)
    before = dict(office.log.files)
    assert total(office) == Totals()
    assert total(office) == Totals()
    assert office.log.files == before


def test_a_correction_and_a_withdrawal_are_carried_up() -> None:
    office = Office()
    counted(office, "S1", "S2")
    total(office)
    corrected(office, "S1", votes={"01": 1, "02": 2})
    withdrawn(office, "S2")
    size = len(entries(office.log))
    assert total(office) == Totals(snapshots=len(ROOTS), size=size, forms=2)
    check_newest(office.log, size)
    assert newest(office.log)[0].sums.votes == (1, 2)


def test_only_nodes_above_what_moved_are_read_and_written() -> None:
    office = Office()
    counted(office, "S1", "S6")
    total(office)
    counted(office, "S4")
    read: list[str] = []

    class Watched(MemoryLog):
        def file(self, path: str) -> bytes:
            if path.startswith("sums/"):
                read.append(path)
            return super().file(path)

    log = _copied(office.log, Watched())
    before = {path for path in log.files if path.startswith("sums/")}
    total(office, log)
    assert len(read) == 3, "N, P1 and V2 of the presidents' contest"
    assert len({path for path in log.files if path.startswith("sums/")} - before) == 3


def test_what_one_run_cannot_add_up_is_the_next_ones() -> None:
    office = Office()
    counted(office, "S1", "S2", "S3")
    size = len(entries(office.log))
    zeros = snapshots(office.log)[0].size
    done = total(office, at_most=size - 1 - zeros)
    assert (done.size, done.left) == (size - 1, 1)
    check_newest(office.log, size - 1)
    rest = total(office)
    assert (rest.size, rest.forms, rest.left) == (size + len(ROOTS), 1, 0)
    check_newest(office.log, size + len(ROOTS))


def test_entries_without_forms_are_passed_by() -> None:
    office = Office()
    counted(office, "S1")
    size = len(entries(office.log))
    while total(office, at_most=len(ROOTS) + 1).left:
        pass
    assert newest(office.log)[0].sums.stations == 1
    assert newest(office.log)[0].size >= size
    Fold().take(entries(office.log))


def test_anothers_snapshots_in_between_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a snapshot of fewer entries would come after one of more."""
    office = Office()
    counted(office, "S1")

    class Overtaken(MemoryLog):
        def stage(self, bundle: bytes, subjects: object) -> str:
            raise AssertionError("nothing is to be appended")

    log = _copied(office.log, Overtaken())
    append = module.append_log

    def after_anothers(*given: object, **named: object) -> int:
        monkeypatch.undo()
        counted(office, "S2")
        total(office)
        _copied(office.log, log)
        return append(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "append_log", after_anothers)
    assert total(office, log) == Totals()
    Fold().take(entries(log))


def test_forms_in_between_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    counted(office, "S1")
    size = len(entries(office.log))
    append = module.append_log

    def after_a_form(*given: object, **named: object) -> int:
        monkeypatch.undo()
        counted(office, "S2")
        return append(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "append_log", after_a_form)
    assert total(office).size == size
    check_newest(office.log, size)
    assert total(office).forms == 1
    check_newest(office.log, newest(office.log)[0].size)


def test_a_batch_of_forms_that_is_in_work_is_waited_for_and_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    counted(office, "S1")
    office.submit(at="S2")
    office.decide(at="S2")

    def die(checkpoint: bytes, was: str | None) -> None:
        raise Unavailable("no answer")

    with monkeypatch.context() as dying:
        dying.setattr(office.log, "publish", die)
        with pytest.raises(Unavailable):
            office.seal(at="S2")
    files, waits = dict(office.log.files), list[int]()
    with pytest.raises(Conflict, match="for whoever seals forms"):
        seal_totals(
            ELECTION, DUSK, elections=office.elections, log=office.log, signer=SIGNER, pause=waits.append
        )  # fmt: skip
    assert waits == list(range(1, ATTEMPTS))
    assert {path for path in office.log.files.keys() - files.keys() if not path.startswith("sums/")} == set()

    def sealer(attempt: int) -> None:
        office.seal(at="S2")

    done = seal_totals(ELECTION, DUSK, elections=office.elections, log=office.log, signer=SIGNER, pause=sealer)
    assert (done.snapshots, done.forms) == (len(ROOTS), 1)
    assert office.forms.seals(PPWP, "S2") != {}


def test_totals_never_mark_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sealer commits just after it was looked whether it is at rest."""
    office = Office()
    counted(office, "S1")
    office.submit(at="S2")
    office.decide(at="S2")
    append = module.append_log

    def just_after(*given: object, **named: object) -> int:
        with monkeypatch.context() as dying:
            dying.setattr(office.log, "publish", lambda checkpoint, was: (_ for _ in ()).throw(Unavailable("gone")))
            with pytest.raises(Unavailable):
                office.seal(at="S2")
        monkeypatch.setattr(module, "append_log", append)
        return append(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "append_log", just_after)
    with pytest.raises(Conflict):
        total(office)
    assert office.forms.seals(PPWP, "S2") == {}
    head = office.log.head()
    assert head.batch is not None, "and the sealer's batch is left to it"


def test_its_own_batch_is_finished_by_whoever_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    for finishes in ("totals", "forms"):
        office = Office()
        counted(office, "S1")
        size = len(entries(office.log))
        with monkeypatch.context() as dying:
            dying.setattr(office.log, "publish", lambda checkpoint, was: (_ for _ in ()).throw(Unavailable("gone")))
            with pytest.raises(Unavailable):
                total(office)
        assert len(entries(office.log)) == size
        if finishes == "totals":
            assert total(office) == Totals(), "what was committed is enough"
        else:
            office.seal()
        check_newest(office.log, size)
        assert office.log.head().batch is None


def test_a_node_that_is_gone_or_another_is_for_a_person() -> None:
    office = Office()
    counted(office, "S1")
    total(office)
    counted(office, "S2")
    root = node_path(newest(office.log)[0].root)
    kept = office.log.files.pop(root)
    with pytest.raises(Drift, match=f"{root}, the node of N in e19/ppwp, is gone"):
        total(office)
    office.log.files[root] = kept.replace(b'"P1"', b'"P9"')
    with pytest.raises(Drift, match="is not the node of N in e19/ppwp that it was"):
        total(office)
    office.log.files[root] = kept[:-1]
    with pytest.raises(Drift, match="is no node"):
        total(office)
    office.log.files[root] = kept
    assert total(office).forms == 1


def test_a_bundle_that_was_changed_is_not_added_up() -> None:
    office = Office()
    counted(office, "S1")
    bundle = TileName(-1, 0, len(entries(office.log))).path
    office.log.files[bundle] = office.log.files[bundle].replace(b'"01":150', b'"01":151')
    with pytest.raises(Drift, match=f"{bundle} does not hold what the log was made of"):
        total(office)


def test_a_form_of_a_station_that_the_election_does_not_know_stops_it() -> None:
    """To pass it by would be to sign a total without it."""
    office = Office()
    counted(office, "S1")
    del office.elections._stations[ELECTION, "S1"]
    with pytest.raises(Drift, match="'S1' has forms in the log, and is no unit of e19/ppwp"):
        total(office)


def test_first_sums_that_are_missing_or_of_another_election_are_said() -> None:
    office = Office()
    with pytest.raises(NotFound, match="no election"):
        seal_totals("e18", DUSK, elections=office.elections, log=MemoryLog(), signer=SIGNER, pause=lambda attempt: None)
    assert ZEROS in office.log.files


def _copied(log: MemoryLog, into: MemoryLog) -> MemoryLog:
    into.files, into.checkpoints = dict(log.files), list(log.checkpoints)
    into._staged, into._marks = dict(log._staged), dict(log._marks)
    into.advance(into.head(), log.head())
    return into


def test_a_head_that_moved_is_asked_for_again_and_at_last_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    counted(office, "S1")
    advance, losing = office.log.advance, [2]

    def late(was: LogHead, now: LogHead) -> LogHead:
        if losing[0]:
            losing[0] -= 1
            advance(was, replace(was, seq=was.seq + 1))
        return advance(was, now)

    monkeypatch.setattr(office.log, "advance", late)
    assert total(office).snapshots == len(ROOTS)
    counted(office, "S2")
    losing[0] = ATTEMPTS
    with pytest.raises(Conflict):
        total(office)
