"""What holds of every real national body holds of ours, whatever has come in: the chart is the sum of the table, and the
percentage is that of the stations."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.election import Child, Contest, ContestKey, Election, Option, Region
from realcount.domain.tally import Tally
from realcount.rendering.results import region_page
from realcount.rendering.sirekap2024 import results as sirekap
from realcount.rendering.situng2019 import results as situng
from realcount.usecases.stored_documents import document_of
from tests.shapes.strict import faults, sirekap_region, situng_region

KEY = ContestKey("random", "ppwp")
counts = st.integers(0, 9_999_999)


@cache
def frame(options: int) -> Contest:
    ids = tuple(f"{100_025 + number}" for number in range(options))
    return Contest(KEY, "President", tuple(Option(i, i, i) for i in ids), ("region",), ("0",), ())


@st.composite
def nights(draw: st.DrawFn) -> tuple[Contest, Region, dict[str, Tally]]:
    """A region of some children, of which some have been heard of."""
    contest = frame(draw(st.integers(1, 5)))
    holds = draw(st.sampled_from(["regions", "stations"]))
    expected = draw(st.lists(st.integers(1, 1 if holds == "stations" else 60_000), min_size=1, max_size=8))
    children = tuple(Child(f"{10 + i}", f"Place {i}", "region", many, None) for i, many in enumerate(expected))
    region = Region("random", "0", "nation", "Nation", (), (), (), children, holds, sum(expected), 0)
    rows = {}
    for child in children:
        approved = draw(st.integers(0, child.expected))
        votes = draw(st.lists(counts, min_size=len(contest.options), max_size=len(contest.options)))
        if approved:
            at = draw(st.sampled_from(["2024-02-14T16:59:59.999Z", "2024-02-14T17:00:00.000Z"]))
            rows[child.id] = Tally(approved, tuple(votes), 0, 0, 0, approved, approved, 0, 0, at)
    return contest, region, rows


@given(nights())
def test_both_systems_show_the_sum_of_what_they_list(night: tuple[Contest, Region, dict[str, Tally]]) -> None:
    contest, region, rows = night
    election = Election("random", "R", "2024-02-14", "SIMULATION", "", "", ("region",), (), (contest,), "")
    document = document_of(region_page(election, contest, region, rows))
    options, of_stations = contest.option_ids(), region.holds == "stations"

    found = sirekap.region_results(document, "Reguler", None)
    assert faults(found, sirekap_region(options, of_stations)) == []
    for option in options:
        assert found["chart"][option] == sum(row.get(option, 0) for row in found["table"].values())
    progress = found["progres"]
    assert progress == {"total": region.expected, "progres": sum(row.approved for row in rows.values())}
    assert found["chart"]["persen"] == round(100 * progress["progres"] / progress["total"], 2)
    assert found["ts"] in (None, "2024-02-14 23:59:59", "2024-02-15 00:00:00")

    other = situng.region_results(document)
    assert faults(other, situng_region(options, of_stations)) == []
    assert other["chart"] == {option: found["chart"][option] for option in options}
    for option in options:
        assert other["chart"][option] == sum(row[option] or 0 for row in other["table"].values())
    assert other["progress"] == {"proses": progress["progres"], "total": progress["total"]}
    assert list(other["table"]) == list(found["table"]) == [child.id for child in region.children]
    for child in region.children:
        counted = child.id in rows
        assert (other["table"][child.id] == dict.fromkeys(options)) is (of_stations and not counted)
        assert found["table"][child.id]["status_progress"] is counted
