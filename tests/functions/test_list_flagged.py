"""On schedule the flagged stations are listed, with why; one contest that cannot be read keeps no other's lists from being made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from functions.list_flagged import handler
from tests.functions.night import Night, region_path
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import DPR, paper


@pytest.fixture(autouse=True)
def memory() -> Iterator[None]:
    """Another night is another election under the same name."""
    handler._memory.clear()
    yield
    handler._memory.clear()


def test_what_is_flagged_is_found_from_every_level(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    assert night.read(f"{region_path('V1')}/flagged")["stations"] == []
    odd = night.form(figures=paper(150, 120, 5) | {"valid": 900})
    night.submit(odd)
    night.settle()
    metrics()
    assert night.invoke("list_flagged", SCHEDULED) == {"documents": 3, "left": 0, "failed": 0}
    assert metrics() == {"FlaggedLists": 3, "FlaggedLeft": 0, "Failed": 0, "Drift": 0}
    document = night.read(night.read(region_path("N"))["links"]["flagged"])
    while document["holds"] == "regions":
        [below] = [child for child in document["children"] if child["flagged"]]
        assert (document["flagged"], document["waiting"], document["by_finding"]) == (1, 1, below["by_finding"])
        document = night.read(below["link"])
    [station] = document["stations"]
    page = night.read(station["link"])
    [version] = page["versions"]
    assert station["findings"] == list(dict.fromkeys(one["code"] for one in version["findings"]))
    assert (station["edition"], station["updated_at"]) == (page["edition"], page["updated_at"])
    assert (station["counts"], version["state"]) == (False, "received")
    assert document["edition"] == night.read(document["links"]["page"])["edition"]
    night.approve()
    night.settle()
    night.invoke("list_flagged", SCHEDULED)
    assert night.read(f"{region_path('V1')}/flagged")["stations"][0]["counts"] is True
    assert night.read(f"{region_path('N')}/flagged")["waiting"] == 0


def test_without_time_nothing_is_begun(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    night.submit(night.form(figures=paper(150, 120, 5) | {"valid": 900}))
    night.settle()
    metrics()
    assert night.invoke("list_flagged", SCHEDULED, left=[30_000]) == {"documents": 0, "left": 2, "failed": 0}, (
        "V1, and W1, a root"
    )
    assert metrics()["FlaggedLeft"] == 2


def test_a_region_that_is_not_there_is_named_and_counted(
    night: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    night.submit(night.form(figures=paper(150, 120, 5) | {"valid": 900}))
    night.settle()
    del night.elections._regions["e19", "N"]
    metrics()
    assert night.invoke("list_flagged", SCHEDULED)["failed"] == 3
    assert metrics()["Failed"] == 3
    assert "the flagged stations of N in e19/ppwp are not listed" in caplog.text
    assert f"{DPR}" in caplog.text
