"""The recount beside everything that it audits, in every weather: not one false alarm, and at rest it finds all equal.

It reads over the same failing lines, gives way at every read, dies and begins again, while officials, sealers, counters and
publishers go on. Every other order of its reads accuses somebody within seconds.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from random import Random

import pytest

from realcount.domain.errors import Drift, Unavailable
from realcount.domain.tally import RowChange
from realcount.evidence.signatures import holds
from realcount.usecases import recount_regions
from realcount.usecases.recount import Standing, recount
from realcount.usecases.recount_report import Recounted
from tests.faults.mutation import Edit, Mutant
from tests.simulation.simulate import plain_pages_and_no_log
from tests.simulation.watch import Violation, require
from tests.simulation.world import SIGNER, Parts, World
from tests.small_election import ELECTION

SEEDS = 100
ENOUGH_SEEDS = 400


class Audited(World):
    """A world in which a recount runs now and then, one at a time."""

    def __init__(self, seed: int, parts: Parts) -> None:
        self.standing = Standing(ELECTION)
        self.runs = self.compared = 0
        self._auditing = False
        self._chance = Random(seed)
        super().__init__(seed, parts)

    def _on_row(self, change: RowChange) -> None:
        super()._on_row(change)
        if not self._auditing and self._chance.random() < 0.3:
            self._auditing = True
            self.scheduler.spawn("recount", self._audit, self._died)

    def _died(self) -> None:
        """Sometimes with all that it remembered."""
        self._auditing = False
        if self._chance.random() < 0.5:
            self.standing = Standing(ELECTION)

    def _audit(self) -> None:
        try:
            self.recount()
        except Unavailable:
            pass
        finally:
            self._auditing = False

    def recount(self, goes_on: Callable[[], bool] | None = None) -> Recounted:
        goes_on = goes_on or (lambda: self._chance.random() < 0.99)
        self.runs += 1
        try:
            found = recount(
                self.standing, self.clock.now(0), self.runs, elections=self.elections, forms=self._forms,
                tallies=self._tallies, pages=self._pages, log=self._log, key=SIGNER.key, holds=holds, goes_on=goes_on,
                share=self._chance.choice((5, 100)),
            )  # fmt: skip
        except Drift as error:
            raise Violation(f"the recount cried wolf: {error}") from error
        require(not found.differences, "RC", "the recount cried wolf:", *map(str, found.differences))
        for error in found.failed.values():
            require(isinstance(error, Unavailable), "RC", "the recount cried wolf:", error)
        self.compared += found.regions
        return found


def audit(seed: int, parts: Parts | None = None) -> Audited:
    with plain_pages_and_no_log():
        world = Audited(seed, parts or Parts())
        try:
            world.run()
            world.settle_accounts()
            found = world.recount(lambda: True)
            at_rest = (found.behind, found.left, found.failed, found.late)
            require(at_rest == (0, 0, {}, []), "RC", "at rest the recount came to", at_rest)
        finally:
            world.scheduler.bury()
    return world


@pytest.mark.parametrize("chunk", range(4))
def test_nobody_is_accused_of_anything_in_any_interleaving(chunk: int) -> None:
    """In every other chunk the first look is left out: the second alone must be certain."""
    edits = (Edit(recount_regions, _FIRST, ""),) if chunk % 2 else ()
    with Mutant("the second look alone", "", (), edits).applied():
        _audit_chunk(chunk)


def _audit_chunk(chunk: int) -> None:
    runs = compared = 0
    gc.disable()
    try:
        for seed in range(chunk * SEEDS // 4, (chunk + 1) * SEEDS // 4):
            world = audit(seed)
            runs, compared = runs + world.runs, compared + world.compared
            if seed % 50 == 0:
                gc.collect()
    finally:
        gc.enable()
    assert runs > 2 * SEEDS // 4
    assert compared > 10 * SEEDS // 4


_PAGES = """    found = sources.pages.find_all(wanted.values())
    pages = {unit: found.get(path) for unit, path in wanted.items()}
"""
_OWN = "    own = {parent: sources.tallies.row(contest, parent, region) for parent in tree.parents(region)}\n"
_ROWS = "    rows = sources.tallies.children(contest, region)\n"
_SETTLED = "        settled = sources.log.head().edge.size\n"
_HEADS = "        heads = dict(sources.forms.heads(contest, stations))\n"
_RETURN = "    return _Seen("
_FIRST = "    if not seen.judge(count, overdue).differences:\n        return seen.judge(count, overdue)\n"
_FOLLOW = "if count.follow("

ORDERS = {
    "a page after the rows": ((_PAGES, ""), (_RETURN, _PAGES + _RETURN)),
    "the own row after its children's": ((_OWN, ""), (_ROWS, _ROWS + _OWN)),
    "heads before rows": (
        (_OWN, "    heads = dict(sources.forms.heads(contest, stations))\n" + _OWN),
        ("    settled, heads = 0, dict[str, Head]()\n", "    settled = 0\n"),
        (_HEADS, ""),
    ),
    "the writer's place after the heads": ((_SETTLED, ""), (_HEADS, _HEADS + _SETTLED)),
    "the log as it was before": ((_FOLLOW, "if False and count.follow("),),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_another_order_of_reads_cries_wolf(name: str) -> None:
    """The second look alone, in another order. The first, in whatever order, would only make it rarer."""
    edits = tuple(Edit(recount_regions, old, new) for old, new in ORDERS[name])
    once = Edit(recount_regions, _FIRST, "")
    with Mutant(name, "", (), (*edits, once)).applied(), pytest.raises(Violation, match="cried wolf"):
        for seed in range(ENOUGH_SEEDS):
            audit(seed)
