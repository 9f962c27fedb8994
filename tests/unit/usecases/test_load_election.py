"""An election comes into being: whole, once, with every page at zero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realcount.domain.errors import Conflict, Unavailable
from realcount.domain.log.sums_files import ZEROS, node_path, read_zeros
from realcount.domain.log.unit_lists import UNITS, read_unit_list
from realcount.domain.sum_tree import Branch, node_of, nothing, read_node
from realcount.local.memory import MemoryCopies, MemoryEditions, MemoryElections, MemoryLog, MemoryPages
from realcount.rendering.encoding import body_of, document_of
from realcount.rendering.paths import ELECTIONS, region_path, station_path
from realcount.usecases.load_election import load_election
from tests.small_election import DPR, PPWP, election, units


def test_every_page_exists_before_the_polls_close() -> None:
    pages = MemoryPages()
    assert (
        load_election(
            election(),
            units(),
            elections=MemoryElections(),
            editions=MemoryEditions(),
            copies=MemoryCopies(),
            pages=pages,
            log=MemoryLog(),
        )
        == "new"
    )
    nation = pages.get(region_path(PPWP, "N"))
    assert nation is not None
    document = document_of(nation)
    assert (document["edition"], document["votes"], document["updated_at"]) == (0, {"01": 0, "02": 0}, None)
    assert document["stations"] == {"expected": 6, "received": 0, "approved": 0, "flagged": 0, "incomplete": 0}
    assert pages.get(station_path(DPR, "S6")) is not None
    assert pages.get(region_path(PPWP, "D1")) is None, "the presidents' contest knows no electoral districts"


def test_upper_regions_have_their_first_edition_and_what_stands_beside_their_pages() -> None:
    editions, copies, pages = MemoryEditions(), MemoryCopies(), MemoryPages()
    load_election(
        election(), units(), elections=MemoryElections(), editions=editions, copies=copies, pages=pages, log=MemoryLog()
    )
    path = region_path(PPWP, "V1")
    page = pages.get(path)
    assert page is not None
    assert editions.find(path, 0) == body_of(page)
    assert {where for where, _ in editions.kept()} == {
        where for where in pages._pages if "/regions/" in where and "/" not in where.split("/regions/")[1]
    }
    for beside in ("now", "changes"):
        found = pages.get(f"{path}/{beside}")
        assert found is not None and found.edition == 0
        assert copies.get(f"{path}/{beside}") is None, "nobody falls back on these"


def test_the_same_election_again_changes_nothing() -> None:
    elections, pages = MemoryElections(), MemoryPages()
    load_election(
        election(),
        units(),
        elections=elections,
        editions=MemoryEditions(),
        copies=MemoryCopies(),
        pages=pages,
        log=MemoryLog(),
    )
    writes = pages.writes
    assert (
        load_election(
            election(),
            units(),
            elections=elections,
            editions=MemoryEditions(),
            copies=MemoryCopies(),
            pages=pages,
            log=MemoryLog(),
        )
        == "complete"
    )
    assert pages.writes == writes


def test_other_files_under_the_same_id_are_refused() -> None:
    elections, pages = MemoryElections(), MemoryPages()
    load_election(
        election(),
        units(),
        elections=elections,
        editions=MemoryEditions(),
        copies=MemoryCopies(),
        pages=pages,
        log=MemoryLog(),
    )
    with pytest.raises(Conflict):
        load_election(
            replace(election(), digest="e" * 64),
            units(),
            elections=elections,
            editions=MemoryEditions(),
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
        load_election(
            election(),
            units(),
            elections=elections,
            editions=MemoryEditions(),
            copies=MemoryCopies(),
            pages=pages,
            log=MemoryLog(),
        )
    assert elections.election("e19") is None
    monkeypatch.undo()
    assert (
        load_election(
            election(),
            units(),
            elections=elections,
            editions=MemoryEditions(),
            copies=MemoryCopies(),
            pages=pages,
            log=MemoryLog(),
        )
        == "resumed"
    )
    listed = pages.get(ELECTIONS)
    assert listed is not None and b'"id":"e19"' in listed.bodies["identity"]


def test_its_tree_is_laid_down_in_its_log_whole_and_once() -> None:
    log, elections = MemoryLog(), MemoryElections()
    load_election(
        election(),
        units(),
        elections=elections,
        editions=MemoryEditions(),
        copies=MemoryCopies(),
        pages=MemoryPages(),
        log=log,
    )
    listed = {unit.id: unit for unit in read_unit_list(log.file(UNITS).splitlines(keepends=True))}
    assert listed.keys() == {unit.id for unit in units()}
    assert listed["S1"].station and not listed["N"].station
    log.files[UNITS] = b"as it was"
    load_election(
        election(),
        units(),
        elections=elections,
        editions=MemoryEditions(),
        copies=MemoryCopies(),
        pages=MemoryPages(),
        log=log,
    )
    assert log.file(UNITS) == b"as it was"


def test_the_sums_of_nothing_are_laid_down_whole_and_once_and_listed_last() -> None:
    order: list[str] = []

    class Watched(MemoryLog):
        def put_file(self, path: str, data: bytes) -> None:
            order.append(path)
            super().put_file(path, data)

    log, elections = Watched(), MemoryElections()
    load_election(
        election(),
        units(),
        elections=elections,
        editions=MemoryEditions(),
        copies=MemoryCopies(),
        pages=MemoryPages(),
        log=log,
    )
    assert order[-1] == ZEROS
    zeros = read_zeros(log.file(ZEROS))
    assert {contest: tuple(roots) for contest, roots in zeros.items()} == {
        contest.key.contest: contest.roots for contest in election().contests
    }
    village = next(node for node in map(read_node, _nodes(log)) if (node.contest, node.unit) == (DPR, "V1"))
    assert village == node_of(DPR, "V1", [Branch(station, nothing(3), None) for station in ("S1", "S2", "S3")], 3)
    nation = read_node(log.file(node_path(zeros["dpr"]["N"])))
    province = read_node(log.file(node_path(nation.branches[0].hash or b"")))
    assert [branch.unit for branch in (*nation.branches, *province.branches)] == ["P1", "P2", "V1", "V2"]
    assert province.branch("V1") == Branch("V1", village.sums, village.hash())

    order.clear()
    load_election(
        election(),
        units(),
        elections=elections,
        editions=MemoryEditions(),
        copies=MemoryCopies(),
        pages=MemoryPages(),
        log=log,
    )
    assert order == [UNITS], "what is there is not made again"


def test_an_election_that_was_loaded_before_there_were_sums_gets_them_by_loading_it_again() -> None:
    log, elections = MemoryLog(), MemoryElections()
    load_election(
        election(),
        units(),
        elections=elections,
        editions=MemoryEditions(),
        copies=MemoryCopies(),
        pages=MemoryPages(),
        log=log,
    )
    before = dict(log.files)
    log.files = {UNITS: log.files[UNITS]}
    load_election(
        election(),
        units(),
        elections=elections,
        editions=MemoryEditions(),
        copies=MemoryCopies(),
        pages=MemoryPages(),
        log=log,
    )
    assert log.files == before


def _nodes(log: MemoryLog) -> list[bytes]:
    return [data for path, data in log.files.items() if path.startswith("sums/")]
