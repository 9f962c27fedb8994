"""Public pages beside the log: settled ones are equal, wrong ones are found, and only a log that has grown excuses one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from realcount.domain.tally import Tally
from realcount.rendering.results import region_page
from realcount.verify.audit import Audit
from realcount.verify.pages import ROUNDS, Compared, compare_pages
from realcount.verify.state import State
from tests import small_election as small
from tests.verify.building import LOG, MemorySource, note_of, published, small_log

Pages = dict[str, bytes]
NATION = "v1/elections/e19/contests/ppwp/regions/N"
VILLAGE = "v1/elections/e19/contests/ppwp/regions/V2"


def pages() -> Pages:
    """What `publish_results` would have made of exactly these forms: the real rendering of the real rows."""
    made: Pages = {}
    for contest in small.election().contests:
        growing = {
            station: counted.sums for (key, station), counted in small_log().fold.stations.items() if key == contest.key
        }
        for unit in small.units():
            if not hasattr(unit, "children") or not contest.covers(unit):
                continue
            rows = {}
            for child in unit.children_in(contest):
                found = [growing[s] for s in small.STATIONS if s in growing and s in (child.id, *below(child.id))]
                if found:
                    votes = tuple(sum(sums.votes[i] for sums in found) for i in range(len(contest.options)))
                    n = [sum(sums[i] for sums in found) for i in range(4)]
                    rows[child.id] = Tally(9, votes, n[1], n[2], n[3], n[0], n[0], 0, 0, small.DUSK)
            page = region_page(small.election(), contest, unit, rows)
            made[page.path.removeprefix("/")] = page.bodies.get("identity") or _plain(page.bodies)
    return made


def below(region: str) -> list[str]:
    return [station for station in small.STATIONS if region in small.station(station).ancestors]


def _plain(bodies: Any) -> bytes:
    import gzip

    return gzip.decompress(bodies["gzip"])


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., Compared]:
    def run(
        shown: Pages, log: MemorySource | None = None, pause: Callable[[int], None] = lambda round_: None
    ) -> Compared:
        audit = Audit(log or MemorySource(published(small_log())), LOG.key, State(tmp_path, LOG.key))
        report = audit.run()
        assert report.holds
        return compare_pages(MemorySource(shown), audit, report.size, lambda *done: None, pause)

    return run


Compare = Callable[..., Compared]


def changed(path: str, change: Callable[[dict[str, Any]], object]) -> Pages:
    shown = pages()
    page = json.loads(shown[path])
    change(page)
    return shown | {path: json.dumps(page).encode()}


def one_more(page: dict[str, Any]) -> None:
    """A vote more, in a row and in the total: the page still adds up."""
    page["votes"]["01"] += 1
    page["children"][0]["votes"]["01"] += 1


def test_pages_of_exactly_these_forms_are_equal(compare: Compare) -> None:
    outcome = compare(pages())
    assert outcome.findings == []
    assert (outcome.pages, outcome.unsettled) == (6 + 8 + 7, 0)
    assert outcome.remarks() == ["21 pages of regions compared with the log"]


def test_a_vote_more_is_found_after_looking_again(compare: Compare) -> None:
    pauses: list[int] = []
    (finding,) = compare(changed(VILLAGE, one_more), pause=pauses.append).findings
    assert (finding.code, finding.file, finding.unit) == ("page-differs", VILLAGE, "S4")
    assert pauses == list(range(1, ROUNDS))


def test_a_page_that_was_only_late_is_no_finding(compare: Compare) -> None:
    shown = changed(NATION, one_more)

    def catch_up(round_: int) -> None:
        shown.update(pages())

    assert compare(shown, pause=catch_up).findings == []


def test_a_page_may_know_more_than_the_checkpoint_that_was_checked(compare: Compare) -> None:
    log = MemorySource(published(small_log(), small_log().entries[:-1], note_of(small_log().entries[:-1])))

    def grow(round_: int) -> None:
        log.files = published(small_log())

    outcome = compare(changed(NATION, one_more), log, grow)
    assert (outcome.findings, outcome.unsettled) == ([], 1)
    assert "1 pages differ, but the log has grown since" in outcome.remarks()[1]


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda page: page["votes"].update({"01": 1}), "bad-page", "the sum of its rows"),
        (lambda page: page["children"][0].update(valid=-1), "bad-page", "the sum of its rows"),
        (lambda page: page["votes"].update({"99": 1}), "bad-page", "others than those who stand"),
        (lambda page: page.update(valid="many"), "bad-page", "a number is none"),
        (lambda page: page.update(valid=True), "bad-page", "a number is none"),
        (lambda page: page.pop("children"), "bad-page", "children"),
        (lambda page: page.update(children=[1]), "bad-page", "TypeError"),
        (lambda page: page["children"][0].update(id="S1"), "page-differs", "no row"),
    ],
)
def test_a_page_that_is_none_is_named(
    compare: Compare, change: Callable[[dict[str, Any]], object], code: str, says: str
) -> None:
    (finding,) = compare(changed(VILLAGE, change)).findings
    assert (finding.code, finding.file) == (code, VILLAGE)
    assert says in str(finding)


def test_noise_and_absence_are_findings(compare: Compare) -> None:
    for noise in (b"", b"\xff", b"[" * 100_000, b"[]", b"null"):
        (finding,) = compare(pages() | {VILLAGE: noise}).findings
        assert (finding.code, finding.file) == ("bad-page", VILLAGE)
    shown = pages()
    del shown[VILLAGE]
    (finding,) = compare(shown).findings
    assert (finding.code, finding.file) == ("missing", VILLAGE)
