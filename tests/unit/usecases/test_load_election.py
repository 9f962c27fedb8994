"""An election comes into being: whole, once, with every page at zero."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from realcount.domain.errors import Conflict, Unavailable
from realcount.domain.log.unit_lists import UNITS, read_unit_list
from realcount.local.memory import MemoryCopies, MemoryElections, MemoryLog, MemoryPages
from realcount.rendering.paths import ELECTIONS, region_path, station_path
from realcount.usecases.load_election import load_election
from tests.small_election import DPR, PPWP, election, units


def test_every_page_exists_before_the_polls_close() -> None:
    pages = MemoryPages()
    assert (
        load_election(
            election(), units(), elections=MemoryElections(), copies=MemoryCopies(), pages=pages, log=MemoryLog()
        )
        == "new"
    )
    nation = pages.get(region_path(PPWP, "N"))
    assert nation is not None
    document = json.loads(nation.bodies["identity"])
    assert (document["edition"], document["votes"], document["updated_at"]) == (0, {"01": 0, "02": 0}, None)
    assert document["stations"] == {"expected": 6, "received": 0, "approved": 0, "flagged": 0, "incomplete": 0}
    assert pages.get(station_path(DPR, "S6")) is not None
    assert pages.get(region_path(PPWP, "D1")) is None, "the presidents' contest knows no electoral districts"


def test_the_same_election_again_changes_nothing() -> None:
    elections, pages = MemoryElections(), MemoryPages()
    load_election(election(), units(), elections=elections, copies=MemoryCopies(), pages=pages, log=MemoryLog())
    writes = pages.writes
    assert (
        load_election(election(), units(), elections=elections, copies=MemoryCopies(), pages=pages, log=MemoryLog())
        == "complete"
    )
    assert pages.writes == writes


def test_other_files_under_the_same_id_are_refused() -> None:
    elections, pages = MemoryElections(), MemoryPages()
    load_election(election(), units(), elections=elections, copies=MemoryCopies(), pages=pages, log=MemoryLog())
    with pytest.raises(Conflict):
        load_election(
            replace(election(), digest="e" * 64),
            units(),
            elections=elections,
            copies=MemoryCopies(),
            pages=pages,
            log=MemoryLog(),
        )


def test_a_load_that_died_is_invisible_and_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    elections, pages = MemoryElections(), MemoryPages()

    def die(units: object) -> None:
        raise Unavailable("the store went away")

    monkeypatch.setattr(elections, "put_units", die)
    with pytest.raises(Unavailable):
        load_election(election(), units(), elections=elections, copies=MemoryCopies(), pages=pages, log=MemoryLog())
    assert elections.election("e19") is None
    monkeypatch.undo()
    assert (
        load_election(election(), units(), elections=elections, copies=MemoryCopies(), pages=pages, log=MemoryLog())
        == "resumed"
    )
    listed = pages.get(ELECTIONS)
    assert listed is not None and b'"id":"e19"' in listed.bodies["identity"]


def test_its_tree_is_laid_down_in_its_log_whole_and_once() -> None:
    log, elections = MemoryLog(), MemoryElections()
    load_election(election(), units(), elections=elections, copies=MemoryCopies(), pages=MemoryPages(), log=log)
    listed = {unit.id: unit for unit in read_unit_list(log.file(UNITS).splitlines(keepends=True))}
    assert listed.keys() == {unit.id for unit in units()}
    assert listed["S1"].station and not listed["N"].station
    log.files[UNITS] = b"as it was"
    load_election(election(), units(), elections=elections, copies=MemoryCopies(), pages=MemoryPages(), log=log)
    assert log.file(UNITS) == b"as it was"
