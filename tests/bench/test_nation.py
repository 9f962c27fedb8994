"""The bench of the nation counts what the use cases write, and notices a count that does not come out right."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.nation import cascade, passed
from bench.nation.tree import Tree
from realcount.domain.tally import RowChange
from tests.cli.invented_situng import InventedSitung

ONE_BY_ONE = {"count_form": 1, "roll_up": 1}
AT_ONCE = {"count_form": 1_000, "roll_up": 1_000}
LEVELS = 5
"""Regions above a station: village, district, regency, province, nation."""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(InventedSitung().write(tmp_path / "data"))


def test_alone_in_its_window_a_change_writes_its_row_and_one_of_every_region_above(tree: Tree) -> None:
    del tree.stations[1:]
    row = cascade.live(tree, AT_ONCE, rate=1, seconds=1)
    assert (row["forms"], row["changes"]) == (1, 2), "received, and a minute later approved"
    assert row["per_change"] == 1 + LEVELS
    assert row["regions_per_form"] == 2 * LEVELS


def test_the_nation_is_behind_by_a_second_for_each_level_but_the_first(tree: Tree) -> None:
    row = cascade.live(tree, AT_ONCE, rate=1, seconds=len(tree.stations))
    assert row["seconds_behind"] == LEVELS - 1


def test_changes_of_one_window_share_the_regions_above(tree: Tree) -> None:
    forms = len(tree.stations)
    row = cascade.live(tree, AT_ONCE, rate=forms, seconds=1)
    assert 1 < row["per_change"] < 1 + LEVELS  # type: ignore[operator]


@pytest.mark.parametrize("function", ["count_form", "roll_up"])
def test_a_backlog_is_cheaper_the_larger_its_batches(tree: Tree, function: str) -> None:
    forms = len(tree.stations)
    small, large = (cascade.backlog(tree, sizes, forms, function) for sizes in (ONE_BY_ONE, AT_ONCE))
    assert small["changes"] == large["changes"] == forms, "the head says where the station stands; the rest is known"
    assert large["per_change"] <= small["per_change"] < 1 + LEVELS  # type: ignore[operator]


def test_one_shard_holds_all_children_of_a_region_and_a_second_takes_what_was_there() -> None:
    stream = cascade.Stream[RowChange](lambda change: change.parent, batch_size=3)
    changes = [RowChange(cascade.CONTEST, f"V{i % 7}", f"S{i}") for i in range(40)]
    for change in changes:
        stream.send(change)
    batches: list[list[RowChange]] = []

    def deliver(batch: object) -> None:
        batches.append(list(batch))  # type: ignore[call-overload]
        stream.send(changes[0])  # comes while it is worked on

    stream.second(deliver)
    assert sorted(change for batch in batches for change in batch) == sorted(changes)
    assert max(map(len, batches)) == 3
    assert stream.waiting() == len(batches)


def test_a_nation_that_lacks_a_form_is_no_result(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cascade.Night, "approved", lambda night: len(tree.stations) - 1)
    with pytest.raises(SystemExit, match=f"shows {len(tree.stations) - 1} of {len(tree.stations)} forms"):
        cascade.backlog(tree, AT_ONCE, len(tree.stations), "roll_up")


def test_what_is_promised() -> None:
    def writes(kind: str, per_change: float, growth: float = 1.0) -> dict[str, list[dict[str, object]]]:
        return {"writes": [{"kind": kind, "per_change": per_change, "growth": growth}]}

    assert passed(writes("live", 4.5)) and passed(writes("backlog", 2.7)) and passed({})
    assert not passed(writes("live", 4.51))
    assert not passed(writes("backlog", 2.71))
    assert not passed(writes("live", 3.0, growth=1.5))
