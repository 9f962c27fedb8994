"""The check of the checks: a run that came out right, in which somebody then moves one vote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from realcount.domain.tally import RowChange
from realcount.rendering.paths import region_path
from tests.simulation.simulate import plain_pages_and_no_log
from tests.simulation.watch import Violation
from tests.simulation.world import Parts, World
from tests.small_election import PPWP, STATIONS


@pytest.fixture
def world() -> Iterator[World]:
    """The first seed that counts a form of the presidential contest, at rest and right."""
    with plain_pages_and_no_log():
        for seed in range(100):
            world = World(seed, Parts())
            world.run()
            world.settle_accounts()
            nation = world.rows.row(PPWP, "-", "N")
            if nation is not None and nation.votes[0] > 0:
                yield world
                return


def test_one_vote_in_the_nations_row(world: World) -> None:
    rows = world.rows._rows[PPWP, "-"]  # Past every port, as an insider would.
    rows["N"] = replace(rows["N"], valid=rows["N"].valid + 1)
    with pytest.raises(Violation, match="I4: the product itself found drift"):
        world.settle_accounts()


def test_one_vote_in_a_stations_row_at_the_moment_it_is_written(world: World) -> None:
    station, parent = next((s, p) for s in STATIONS for p in ("V1", "V2", "V3") if world.rows.row(PPWP, p, s))
    row = world.rows.row(PPWP, parent, station)
    assert row is not None
    world.rows._rows[PPWP, parent][station] = replace(row, sv=row.sv + 1, votes=(row.votes[0], row.votes[1] + 1))
    with pytest.raises(Violation, match=r"ID: .* is not the sum of any forms"):
        world.watch.row_moved(RowChange(PPWP, parent, station))


def test_one_vote_on_a_page(world: World) -> None:
    path = region_path(PPWP, "N")
    page = world.public.get(path)
    assert page is not None
    body = page.bodies["identity"].replace(b'"invalid":', b'"invalid":1', 1)
    world.public._pages[path] = replace(page, bodies={"identity": body})
    with pytest.raises(Violation, match="I6: the page"):
        world.settle_accounts()


def test_a_form_that_is_gone_from_the_ledger(world: World) -> None:
    at = next(at for at, versions in world.ledger._versions.items() if versions)
    world.ledger._versions[at].pop()
    with pytest.raises((Violation, AttributeError)):
        world.settle_accounts()


def test_a_review_that_was_acknowledged_and_is_another(world: World) -> None:
    review = world.officials.acknowledged[0]
    world.officials.acknowledged[0] = replace(review, key="somebody-else")
    with pytest.raises(Violation, match="P1: an acknowledged review"):
        world.settle_accounts()
