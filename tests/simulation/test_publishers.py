"""Every interleaving of publishers of one page: its copy is never older than the page, and neither ever goes back.

The real use case and the real S3 adapter, over a bucket and a table that give way before each request. Publishers hold
different editions, as they do when one read its rows earlier than another. A request may be lost, or done and reported
as failed; the publisher then gives up, and nobody comes after it: the worst that its page and its copy will ever see.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pytest
from greenlet import getcurrent, greenlet

from realcount.aws import copies_s3
from realcount.domain.page import Page, Stored
from realcount.domain.tally import RowChange
from realcount.local.memory import MemoryPages
from realcount.usecases import publish_results
from tests.faults.mutants import MUTANTS
from tests.simulation.interleavings import LANDED, LOST, Broken, Choices, Steps, every_run, interleave
from tests.simulation.objects import LineToObjects, Object, objects_of
from tests.small_election import PPWP

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PATH = "/v1/x"


class Edition(NamedTuple):
    edition: int
    rendering: int


def page(of: Edition) -> Page:
    body = f"{of.edition}.{of.rendering}".encode()
    return Page(PATH, of.edition, of.rendering, body.decode(), "text/plain", 5, "", {"identity": body})


FIRST = page(Edition(0, 1))


class Table:
    def __init__(self, steps: Steps, pages: MemoryPages) -> None:
        self._steps, self._pages = steps, pages

    def put(self, page: Page) -> Stored:
        return self._steps.write("put", lambda: self._pages.put(page))


class NoRegions:
    """The page is a station's, or a village's: it has a copy, and nothing beside it."""

    def region(self, election: str, unit: str) -> None: ...


class Run:
    """One run, decision by decision."""

    def __init__(self, editions: tuple[Edition, ...], faults: int, choices: Choices) -> None:
        self.choices = choices
        steps = Steps(getcurrent())
        self._pages = MemoryPages()
        self._pages.put(FIRST)
        objects = LineToObjects(cast(Any, steps), objects_of([FIRST]), self._copy_put)
        self._objects = objects.objects
        copies = copies_s3.S3Copies(cast("S3Client", objects), "published", pause=lambda attempt: None)
        changes = [RowChange(PPWP, "-", f"{of.edition}.{of.rendering}") for of in editions]
        publishers = [
            greenlet(
                lambda change=change: publish_results.publish_results(
                    [change], elections=cast(Any, NoRegions()), forms=cast(Any, None), tallies=cast(Any, None),
                    editions=cast(Any, None), copies=copies, pages=cast(Any, Table(steps, self._pages)),
                )
            )
            for change in changes
        ]  # fmt: skip
        failed = interleave(publishers, choices, self._look, faults=faults, fates=(LOST, LANDED))
        newest = max(editions)
        if not failed and (self._page() != newest or self._copy() != newest):
            raise Broken(f"at rest: the page is {self._page()}, its copy {self._copy()}, the newest was {newest}")

    def _page(self) -> Edition:
        return Edition(*self._pages.editions([PATH])[PATH])

    def _copy(self) -> Edition:
        there = self._objects[PATH.removeprefix("/")]
        return Edition(there.edition, there.rendering)

    def _look(self) -> None:
        if self._copy() < self._page():
            raise Broken(f"the page is {self._page()}, its copy {self._copy()}")

    def _copy_put(self, key: str, was: Object | None, now: Object) -> None:
        if was is not None and (now.edition, now.rendering) < (was.edition, was.rendering):
            raise Broken(f"the copy went back from {was} to {now}")


def runs(editions: tuple[Edition, ...], faults: int) -> Iterator[Run]:
    return every_run(lambda choices: Run(editions, faults, choices))


@pytest.fixture(autouse=True)
def rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit's name says which page a publisher has come to."""
    made = {f"{e}.{r}": page(Edition(e, r)) for e in range(5) for r in (1, 2)}
    monkeypatch.setattr(publish_results, "render", lambda contest, unit, **_: made[unit])
    monkeypatch.setattr(publish_results.log, "disabled", True)


CASES = {
    "two editions, two faults": ((Edition(1, 1), Edition(2, 1)), 2),
    "one edition twice, two faults": ((Edition(1, 1), Edition(1, 1)), 2),
    "an old release and a new one, two faults": ((Edition(2, 1), Edition(1, 2)), 2),
    "three editions": ((Edition(1, 1), Edition(2, 1), Edition(3, 1)), 0),
    "three, of which two alike": ((Edition(2, 1), Edition(1, 1), Edition(2, 1)), 0),
}


@pytest.mark.parametrize("case", CASES)
def test_no_interleaving_leads_to_a_copy_older_than_its_page(case: str) -> None:
    assert sum(1 for _ in runs(*CASES[case])) > 400


@pytest.mark.parametrize("name", ["page-before-copy", "copy-without-condition", "copy-lost-race-is-success"])
def test_every_simplification_is_wrong_in_some(name: str) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    with mutant.applied(), pytest.raises(Broken):
        for _ in runs(*CASES["two editions, two faults"]):
            pass
