"""The member `shapes` of election.json: which older systems the election is answered in the words of.

A claim is only taken of an election that those words can say: it has a contest `ppwp`, with one root.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from realcount.domain import strict
from realcount.domain.election import PRESIDENT, SHAPES, Contest, Shape

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def read_shapes(outer: strict.Members, contests: Sequence[Contest]) -> tuple[Shape, ...]:
    """The claims, in the order of the file. What is wrong with them is refused in `outer`."""
    claims = outer.take("shapes", _object) or {}
    known = {contest.key.contest: contest for contest in contests}
    found: list[Shape] = []
    for name, entry in claims.items():
        if name not in SHAPES:
            outer.refuse(f"shapes.{name}", "unknown", f"must be one of {', '.join(SHAPES)}")
            continue
        if PRESIDENT not in known:
            outer.refuse(f"shapes.{name}", "bad-value", f"answers the contest {PRESIDENT!r}, and there is none")
        elif len(known[PRESIDENT].roots) != 1:
            outer.refuse(f"shapes.{name}", "bad-value", f"knows one root, and {PRESIDENT!r} has more")
        found.append(_shape(name, entry, outer))
        if found[-1].parties is not None and found[-1].parties not in known:
            outer.refuse(f"shapes.{name}.parties", "unknown", f"{found[-1].parties!r} is no contest of the election")
    return tuple(found)


def colour(value: object) -> str:
    if isinstance(value, str) and _COLOUR.fullmatch(value):
        return value
    raise ValueError("must be a colour of the form #00FF00")


def yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")


def _shape(name: str, entry: object, outer: strict.Members) -> Shape:
    members = strict.Members(entry, f"shapes.{name}", outer.refusals)
    said = entry if isinstance(entry, dict) else {}
    shape = Shape(
        name,
        parties=members.take("parties", strict.identifier) if "parties" in said else None,
        listed_at=members.take("listed_at", strict.instant) if "listed_at" in said else None,
        revised_at=members.take("revised_at", strict.instant) if "revised_at" in said else None,
        psu=members.take("psu", strict.text) if "psu" in said else None,
    )
    members.close()
    return shape


def _object(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    raise ValueError(f'must be an object: {{ "{SHAPES[0]}": {{}}, … }}')
