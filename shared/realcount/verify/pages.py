"""The public API's pages of regions against the fold of the log.

A page is made of rows, each of which follows the log at its own pace, so that while forms come in, a page need not be the
fold at any one size: one child's row may be a moment ahead of another's. What can be held against a page is this. It must
add up by itself, always. Every row that is settled equals the fold at the checkpoint that was checked. A row that differs
is read again after a pause; if it still differs, and the log has not grown meanwhile, there is nothing that could excuse
it. If the log has grown, the page may know more than the checkpoint: the row is counted as not settled, and another check,
against the newer checkpoint, will tell.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound
from realcount.domain.sum_tree import Sums, nothing
from realcount.verify.audit import Audit
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import Finding, Findings
from realcount.verify.rehash import Progress
from realcount.verify.sources import Source, TooLarge, ahead
from realcount.verify.sums import GrowingSums

MAX_PAGE = 16 * 1024 * 1024
ROUNDS = 4
"""How often a page that differs is read again before it is called wrong."""


def a_while(_round: int) -> None:
    """Between two readings: longer than a page is made of anew, and than caches keep it while forms are missing."""
    time.sleep(20)


@dataclass(slots=True)
class Compared:
    pages: int = 0
    unsettled: int = 0
    findings: list[Finding] = field(default_factory=list)

    def remarks(self) -> list[str]:
        said = [f"{self.pages:,} pages of regions compared with the log"]
        if self.unsettled:
            said.append(f"{self.unsettled:,} pages differ, but the log has grown since: check again later")
        return said


def compare_pages(
    api: Source, audit: Audit, size: int, progress: Progress, pause: Callable[[int], None] = a_while
) -> Compared:
    """Every region's page of every contest, with the numbers that `audit` counted. Raises `Unavailable`."""
    assert audit.counting is not None, "the log is counted first"
    outcome = Compared()
    waiting = list(_pages(audit.counting.settle_all()))
    total = len(waiting)
    for round_ in range(ROUNDS):
        if round_:
            pause(round_)
        differing: list[tuple[_Page, Finding]] = []
        for page, finding in ahead(lambda page: (page, page.difference(api)), waiting, api.at_once):
            outcome.pages += not round_
            if finding is not None and finding.code == "page-differs":
                differing.append((page, finding))
            elif finding is not None:
                outcome.findings.append(finding)
            if not round_:
                progress("pages", outcome.pages, total)
        if not differing:
            return outcome
        waiting = [page for page, _ in differing]
    if _grown(audit, size):
        outcome.unsettled = len(differing)
    else:
        outcome.findings += [finding for _, finding in differing]
    return outcome


def _grown(audit: Audit, size: int) -> bool:
    word = read_word(audit.source, audit.key, (), 0, Findings())
    return word is not None and word.checkpoint.size > size


def _pages(sums: dict[tuple[ContestKey, str], GrowingSums]) -> Iterator[_Page]:
    seen = set()
    for (contest, _), growing in sums.items():
        for region in growing.tree.depth:
            if (contest, region) not in seen:
                seen.add((contest, region))
                yield _Page(contest, region, growing)


@dataclass(frozen=True, slots=True)
class _Page:
    contest: ContestKey
    region: str
    sums: GrowingSums

    @property
    def path(self) -> str:
        return f"v1/elections/{self.contest.election}/contests/{self.contest.contest}/regions/{self.region}"

    def difference(self, api: Source) -> Finding | None:
        options = self.sums.options
        try:
            page = json.loads(api.get(self.path, MAX_PAGE))
            own = _numbers(page, options)
            rows = {str(child["id"]): _numbers(child, options) for child in page["children"]}
        except NotFound as error:
            return Finding("missing", self.path, str(error), "the region's page", unit=self.region)
        except TooLarge as error:
            return Finding("too-large", self.path, str(error), "a page", unit=self.region)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            found = f"{type(error).__name__}: {error}"
            return Finding("bad-page", self.path, found, "the numbers of a region and its children", unit=self.region)
        added = nothing(len(options))
        for row in rows.values():
            added = added.plus(row)
        if added != own:
            return Finding("bad-page", self.path, f"says {own}", f"{added}, the sum of its rows", unit=self.region)
        node = self.sums.node(self.region)
        for branch in node.branches:
            shown = rows.get(branch.unit)
            if shown != branch.sums:
                found = "no row" if shown is None else str(shown)
                return Finding("page-differs", self.path, found, f"{branch.sums}, by the log", unit=branch.unit)
        if more := rows.keys() - {branch.unit for branch in node.branches}:
            unit = min(more)
            return Finding("page-differs", self.path, "a row", f"none: {unit} does not lie there", unit=unit)
        return None


def _numbers(part: object, options: tuple[str, ...]) -> Sums:
    """Raises `ValueError`, `KeyError` or `TypeError` for what has no numbers."""
    if not isinstance(part, dict):
        raise TypeError("is no object")
    votes = part["votes"]
    if set(votes) != set(options):
        raise ValueError("votes for others than those who stand")
    numbers = (part["stations"]["approved"], part["valid"], part["invalid"], part["voters"])
    if any(type(number) is not int for number in (*numbers, *votes.values())):
        raise TypeError("a number is none")
    return Sums(*numbers, tuple(votes[option] for option in options))
