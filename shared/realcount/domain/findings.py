"""What is odd about a form, in plain words. A finding never changes a number and never keeps a form from being counted.

Indonesian law has the form entered as it is, even where it is wrong; what the public is owed is to be told. The nine
arithmetic rules are those that auditors of 2019 and 2024 applied (docs/glossary.md names the paper's fields):

1. the votes of all options add up to the valid votes                                      `votes-sum`
2. valid and invalid votes add up to the total                                             `total-sum`
3. the total is the number of voters, and the number of ballots used                       `total-voters`, `total-used`
4. voters from DPT, DPTb and DPK add up to all voters; so do the registered                `group-sum`
5. men and women add up to the group's total                                               `sex-sum`
6. DPT voters are at most the DPT; all voters at most the ballots received                 `voters-registered`, `voters-received`
7. ballots received are those used, returned and unused together                           `ballots-sum`
8. no option has more votes than there were voters                                         `votes-voters`
9. a figure that the contest asks for is missing                                           `missing`

A rule whose members are not all present says nothing: absence is rule 9's business alone. Beyond the nine there is one
plausibility check against the election's own register (`turnout`): more ballots than 102 % of the registered voters
plus 50. It is the check that would have caught 117 read as 617.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realcount.domain.election import Contest
from realcount.domain.form import BALLOTS, GROUPS, REGISTERED_GROUPS, VOTER_GROUPS, Form

INCOMPLETE = "incomplete"
INCONSISTENT = "inconsistent"

_COLUMNS = ("male", "female", "total")
_SUMS_OF_PEOPLE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    *(
        ("group-sum", f"{whole}.{column}", tuple(f"{part}.{column}" for part in parts))
        for *parts, whole in (VOTER_GROUPS, REGISTERED_GROUPS)
        for column in _COLUMNS
    ),
    *(("sex-sum", f"{group}.total", (f"{group}.male", f"{group}.female")) for group in GROUPS),
)
"""Rules 4 and 5, written out once: code, the figure that is a sum, and its parts. A form is checked in microseconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation: `code` is stable, `kind` is incomplete or inconsistent, `fields` are the members concerned.

    `found` and `expected` are the two numbers that disagree; both are None for a missing figure.
    """

    code: str
    kind: str
    fields: tuple[str, ...]
    found: int | None = None
    expected: int | None = None


def find(form: Form, contest: Contest, registered: int | None) -> tuple[Finding, ...]:
    """All findings on a form, in the order of the rules. `registered` is the register's count for the station, if known.

    A withdrawal has no numbers and so no findings. Pure and total: never raises.
    """
    if form.kind == "withdrawal":
        return ()
    return tuple(_findings(form, contest, registered))


def is_flagged(findings: tuple[Finding, ...]) -> bool:
    return any(finding.kind == INCONSISTENT for finding in findings)


def is_incomplete(findings: tuple[Finding, ...]) -> bool:
    return any(finding.kind == INCOMPLETE for finding in findings)


def _findings(form: Form, contest: Contest, registered: int | None) -> Iterator[Finding]:
    figures, votes, options = form.figures, form.votes, contest.option_ids()
    all_voters = figures.get("voters.total")

    if all(option in votes for option in options):  # 1
        yield from _equal("votes-sum", ("valid",), figures.get("valid"), sum(votes[option] for option in options))
    yield from _sum(figures, "total-sum", "total", ("valid", "invalid"))  # 2
    yield from _equal("total-voters", ("total", "voters.total"), figures.get("total"), all_voters)  # 3
    yield from _equal("total-used", ("total", "ballots.used"), figures.get("total"), figures.get("ballots.used"))
    for code, whole, parts in _SUMS_OF_PEOPLE:  # 4, 5
        yield from _sum(figures, code, whole, parts)
    for column in _COLUMNS:  # 6
        name, limit = f"voters.dpt.{column}", f"registered.dpt.{column}"
        yield from _at_most("voters-registered", (name, limit), figures.get(name), figures.get(limit))
    received = figures.get("ballots.received")
    yield from _at_most("voters-received", ("voters.total", "ballots.received"), all_voters, received)
    yield from _sum(
        figures, "ballots-sum", "ballots.received", [name for name in BALLOTS if name != "ballots.received"]
    )  # 7
    for option in options:  # 8
        yield from _at_most("votes-voters", (f"votes.{option}", "voters.total"), votes.get(option), all_voters)
    for name in contest.fields:  # 9
        if name not in figures:
            yield Finding("missing", INCOMPLETE, (name,))
    for option in options:
        if option not in votes:
            yield Finding("missing", INCOMPLETE, (f"votes.{option}",))

    if registered is not None:
        limit_papers = registered * 102 // 100 + 50
        for name in ("total", "voters.total"):
            yield from _at_most("turnout", (name,), figures.get(name), limit_papers)


def _equal(code: str, fields: tuple[str, ...], found: int | None, expected: int | None) -> Iterator[Finding]:
    if found is not None and expected is not None and found != expected:
        yield Finding(code, INCONSISTENT, fields, found, expected)


def _at_most(code: str, fields: tuple[str, ...], found: int | None, limit: int | None) -> Iterator[Finding]:
    if found is not None and limit is not None and found > limit:
        yield Finding(code, INCONSISTENT, fields, found, limit)


def _sum(figures: Mapping[str, int], code: str, whole: str, parts: list[str] | tuple[str, ...]) -> Iterator[Finding]:
    """`whole` against the sum of `parts`; silent unless every one of them is on the form."""
    found = figures.get(whole)
    if found is None:
        return
    expected = 0
    for part in parts:
        figure = figures.get(part)
        if figure is None:
            return
        expected += figure
    if found != expected:
        yield Finding(code, INCONSISTENT, (whole, *parts), found, expected)
