"""The model of an election night: its formula against a count, its sums against themselves, its results against others'."""

from __future__ import annotations

import hashlib
import json
import random
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import model
from bench.model import ingestion, money
from bench.model.anchors import compare
from bench.model.demand import catalogue, demand
from bench.model.inputs import Input, Inputs, load_inputs
from bench.model.limits import checks, stretch
from bench.model.measured import FIGURES, against_spike, figure
from bench.model.page_sizes import sizes
from bench.model.reading import ARRANGEMENTS, COPIES, NO_EDGE, REGIONAL, SHIELD, answer_bytes, load
from bench.model.renewal import fetches, simulated_fetches
from bench.options import RESULTS, Options
from bench.records import keep, machine

NONE = Path("no-results-here")


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return load_inputs(NONE)


# ---- the formula -----------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    rate=st.floats(0.01, 200),
    lifetime=st.floats(0.5, 300),
    caches=st.sampled_from([1, 2, 13]),
    seed=st.integers(0, 2**32),
)
def test_the_formula_is_what_a_count_of_readers_finds(rate: float, lifetime: float, caches: int, seed: int) -> None:
    """Long enough for some hundred fetches, which scatter by a few per cent: five of their deviations are allowed."""
    expected = fetches(rate, lifetime, caches)
    readers = min(60_000, int(400 * rate / expected) + 1)
    counted = simulated_fetches(rate, lifetime, caches, readers, random.Random(seed))
    seen = expected * readers / rate
    assert counted == pytest.approx(expected, rel=5 / seen**0.5 + caches / seen)


def test_a_page_is_fetched_at_most_once_per_lifetime_and_at_most_as_often_as_it_is_asked_for() -> None:
    assert fetches(1e9, 5) == pytest.approx(1 / 5)
    assert fetches(0.001, 5) == pytest.approx(0.001, rel=0.01)


# ---- who asks for what -----------------------------------------------------------------------------------------------------


def test_every_request_is_for_some_page_and_every_page_is_counted(inputs: Inputs) -> None:
    pages = demand(inputs)
    assert sum(page.count * page.share for page in pages) == pytest.approx(1)
    assert sum(page.count for page in pages) == pytest.approx(5 * (91_540 + 813_350))
    assert sum(page.count * page.share for page in pages if page.level == 0) == pytest.approx(inputs("nation_share"))


@pytest.mark.parametrize("zipf", [0.0, 0.8, 1.0, 1.2])
def test_runs_of_ranks_stand_for_each_of_them(zipf: float) -> None:
    pages, rate, lifetime = 91_540, 100_000.0, 15.0
    weights = [rank**-zipf for rank in range(1, pages + 1)]
    exact = sum(fetches(rate * weight / sum_, lifetime) for sum_ in (sum(weights),) for weight in weights)
    grouped = sum(count * fetches(rate * share, lifetime) for count, share in catalogue(pages, zipf))
    assert grouped == pytest.approx(exact, rel=1e-4)


def test_pages_have_the_size_that_rendering_gives_them(inputs: Inputs) -> None:
    nation, *_, station = sizes(inputs, 3)
    assert 1_500 < nation.sent < 2_500, "35 provinces, three options"
    assert nation.stored > 2 * nation.sent, "stored in gzip too"
    assert station.stored == 2_000
    assert sizes(inputs, 18)[0].sent > nation.sent


# ---- the load --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrangement", ARRANGEMENTS[1:], ids=lambda each: each.name)
def test_ten_times_the_readers_are_less_than_ten_times_the_load(inputs: Inputs, arrangement: model.Arrangement) -> None:
    origins = [load(inputs, 10.0**power, arrangement).origin for power in range(3, 8)]
    assert all(low < high < 10 * low for low, high in pairwise(origins))


def test_the_nation_is_fetched_as_often_as_its_lifetime_says_however_many_look(inputs: Inputs) -> None:
    lifetime, keys = inputs.all("lifetimes")[0], inputs("contests") * len(inputs.all("codings"))
    assert load(inputs, 1e6, SHIELD).by_level[0] == pytest.approx(keys / lifetime, rel=0.01)


def test_a_shield_helps_and_copies_take_the_load_from_lambda(inputs: Inputs) -> None:
    loads = {each: load(inputs, 1e5, each) for each in ARRANGEMENTS}
    assert loads[NO_EDGE].origin == pytest.approx(1e5)
    assert loads[SHIELD].origin < loads[REGIONAL].origin < loads[NO_EDGE].origin
    assert loads[COPIES].origin == loads[SHIELD].origin
    assert loads[COPIES].environments == loads[COPIES].read_units == 0


def test_without_an_edge_the_national_item_is_too_hot(inputs: Inputs) -> None:
    """10,000 environments ask for it once a second each, and one partition gives 3,000 units."""
    hot = next(check for check in checks(inputs, load(inputs, 1e5, NO_EDGE)) if check.input_name == "partition_reads")
    assert hot.used > hot.limit
    cold = next(check for check in checks(inputs, load(inputs, 1e6, SHIELD)) if check.input_name == "partition_reads")
    assert cold.used < cold.limit / 100


def test_complete_pages_are_asked_for_less_often(inputs: Inputs) -> None:
    origins = [load(inputs.but(complete_share=share), 1e5, SHIELD).origin for share in (0, 0.5, 1)]
    assert origins == sorted(origins, reverse=True)


def test_stretched_lifetimes_bring_the_load_to_the_limit_and_no_further(inputs: Inputs) -> None:
    factor = stretch(inputs, 1e5, SHIELD, 10_000)
    assert factor is not None
    longer = inputs.but(lifetimes=[seconds * factor for seconds in inputs.all("lifetimes")])
    assert 0.97 * 8_000 < load(longer, 1e5, SHIELD).origin <= 8_000
    assert stretch(inputs, 1e3, SHIELD, 10_000) == 1.0
    assert stretch(inputs, 1e6, SHIELD, 100) is None


# ---- money -----------------------------------------------------------------------------------------------------------------


def test_a_volume_is_paid_for_step_by_step() -> None:
    tiers = (10, 2.0, 20, 1.0, 5, 0.5)
    assert money.tiered(5, tiers) == 10
    assert money.tiered(15, tiers) == 25
    assert money.tiered(40, tiers) == 20 + 20 + 5


def test_an_hour_of_a_hundred_thousand_costs_what_a_hand_reckons(inputs: Inputs) -> None:
    """360 million requests at $1.20, $0.10 and $0.60 a million, and their bytes at $0.12 a GB."""
    parts = money.bill(inputs, [(load(inputs, 1e5, SHIELD), 1.0)])
    assert parts["edge, requests"] == pytest.approx(432)
    assert parts["edge, function"] == pytest.approx(36)
    assert parts["firewall"] == pytest.approx(216)
    assert parts["edge, bytes"] == pytest.approx(360e6 * answer_bytes(inputs) / 1e9 * 0.12)
    assert "bytes out of the region" not in parts


def test_a_night_is_its_hours(inputs: Inputs) -> None:
    flat = inputs.but(night=[2, 1.0])
    hour = money.bill(flat, [(load(flat, 1e4, SHIELD), 1.0)])
    night = money.night(flat, 1e4, SHIELD)
    assert night.pop("Lambda") == pytest.approx(2 * hour.pop("Lambda"), rel=0.01), "it starts once"
    assert night == pytest.approx({part: 2 * dollars for part, dollars in hour.items()})


# ---- forms -----------------------------------------------------------------------------------------------------------------


def test_the_units_of_a_form_are_those_of_the_decision(inputs: Inputs) -> None:
    assert sum(inputs.all("form_units")) == 31, "docs/decisions/0006-items-and-their-price.md"
    assert ingestion.units_per_form(inputs.but(region_steps=0)) == 31


def test_the_narrowest_stage_is_found(inputs: Inputs) -> None:
    stages = ingestion.stages(inputs.but(receive_concurrency=1), 2.5)
    assert ingestion.narrowest(stages).name == "receive_form"
    assert ingestion.narrowest(stages).now == pytest.approx(1 / 0.6)


# ---- inputs ----------------------------------------------------------------------------------------------------------------


def test_every_input_names_its_unit_its_source_and_its_day(inputs: Inputs) -> None:
    for each in inputs.listed():
        assert each.unit and each.source and each.day, each.name
        assert each.origin in ("published", "assumed", "template", "lifetimes")


def test_an_input_is_set_on_the_command_line() -> None:
    assert load_inputs(NONE, ["viewers=5", "codings=0.5, 0.5"]).all("codings") == (0.5, 0.5)
    with pytest.raises(SystemExit, match="the model has no input zip"):
        load_inputs(NONE, ["zip=1"])
    with pytest.raises(SystemExit, match="--set zipf=steep: write NAME=NUMBER"):
        load_inputs(NONE, ["zipf=steep"])


def test_a_measured_figure_takes_the_place_of_what_was_assumed(tmp_path: Path) -> None:
    assert next(each for each in load_inputs(tmp_path).listed() if each.name == "start_ms").origin == "assumed"
    keep("cold", {"rows": {"read_results": {"cpu_ms": 123.0}}}, datetime.now(UTC), 1, machine(), tmp_path)
    measured = next(each for each in load_inputs(tmp_path).listed() if each.name == "start_ms")
    assert (measured.values, measured.origin) == ((123.0,), "bench")


def test_rows_above_the_station_are_those_of_the_dearest_story(tmp_path: Path) -> None:
    writes = [
        {"kind": "live", "regions_per_form": 6.1},
        {"kind": "live", "regions_per_form": 5.0},
        {"kind": "backlog", "regions_per_form": 3.2},
    ]
    keep("nation", {"writes": writes}, datetime.now(UTC), 1, machine(), tmp_path)
    measured = load_inputs(tmp_path)
    assert (measured("region_steps"), measured("backlog_steps")) == pytest.approx((6.1, 3.2))
    keep("nation", {"rows": []}, datetime.now(UTC), 1, machine(), tmp_path)
    assert load_inputs(tmp_path)("region_steps") == 7, "only the other part has been run"


def test_the_formula_is_shown_beside_what_the_spike_counted(tmp_path: Path, inputs: Inputs) -> None:
    crowd = {"viewers_per_second": 400.2, "origin_per_second": 31.0, "expected_per_second": 30.1}
    keep("spike", {"crowds": [crowd]}, datetime.now(UTC), 1, machine(), tmp_path)
    shown = model.table(model.calculate(inputs, Options(quick=True, out=tmp_path)))
    assert "| 400 | 31.0 | 30.1 | 1.03 |" in shown


@pytest.mark.parametrize("bench", ["cold", "warm", "nation", "spike"])
def test_a_bench_that_has_been_run_is_used(bench: str) -> None:
    """Their results may be given other names; the model would silently go on assuming."""
    if (RESULTS / f"{bench}.json").is_file():
        names = [name for name, (of, _) in FIGURES.items() if of == bench]
        assert all(figure(name, RESULTS) is not None for name in names)
        assert bench != "spike" or against_spike(RESULTS)


# ---- what others published, and what is kept -------------------------------------------------------------------------------


def test_the_model_comes_near_what_others_published(inputs: Inputs) -> None:
    for anchor in compare(inputs):
        assert anchor.holds, f"{anchor.who}, {anchor.figure}: {anchor.published} published, {anchor.model} by the model"


def test_the_anchors_would_notice_a_wrong_formula(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every lifetime were a tenth."""
    monkeypatch.setattr("bench.model.anchors.fetches", lambda rate, lifetime: fetches(rate, lifetime / 10))
    assert not all(anchor.holds for anchor in compare(inputs))


def test_the_kept_result_is_of_todays_inputs() -> None:
    """The template's parameters, the lifetimes and prices may have moved on since. What is measured moves with every run
    of a bench: the document names the figure it used, and a third is not worth another run."""
    kept = {each["name"]: each for each in kept_model()["inputs"]}
    for today in load_inputs(RESULTS).listed():
        used = kept.pop(today.name)["values"]
        if today.origin == "bench":
            assert used == pytest.approx(today.values, rel=0.33), f"{today.name}: run make bench-model plots"
        else:
            assert used == pytest.approx(today.values), f"{today.name}: run make bench-model plots"
    assert not kept, "run make bench-model plots"


def test_the_kept_result_is_what_the_model_makes_of_its_inputs() -> None:
    kept = kept_model()
    inputs = Inputs({each["name"]: Input(**{**each, "values": tuple(each["values"])}) for each in kept["inputs"]})
    again = json.loads(json.dumps(model.calculate(inputs, Options())))
    again["spike"] = kept["spike"]  # measured, not calculated
    assert again == kept, "run make bench-model plots"


def kept_model() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / "model.json").read_text())["result"]
    return found


def test_the_drawing_is_of_the_kept_result() -> None:
    drawn = hashlib.sha256(json.dumps(kept_model()["curve"]).encode()).hexdigest()
    assert f"curve {drawn}" in (RESULTS.parents[1] / "docs" / "model.svg").read_text(), "run make plots"
