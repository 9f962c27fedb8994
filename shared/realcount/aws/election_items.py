"""The shapes of the elections table's items. A unit is one JSON text: nobody queries inside it, and it never changes.

Lists that get long (`children`) are arrays in the order of the dataclass's fields, which halves them. An item has room
for 400 KB; a unit that might not fit is refused when it is loaded, not when a form for it arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from realcount.aws.attributes import document, item_key, read_document, read_text, text
from realcount.aws.keys import ELECTIONS, UNIT, contest_sort, unit_partition
from realcount.domain.election import (
    Child,
    Contest,
    ContestKey,
    Crumb,
    Election,
    Option,
    Parent,
    Region,
    Shape,
    Station,
)
from realcount.domain.errors import Refusal, Rejected

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from realcount.aws.attributes import Item

MAX_BYTES = 350_000
"""Of one JSON text. DynamoDB takes 400 KB with keys; a region of 1,000 children needs 44 KB."""


def election_item(election: Election) -> dict[str, AttributeValueTypeDef]:
    """The claim on the id, and the frame without its contests, which are items of their own (there may be thousands)."""
    frame = {
        "name": election.name,
        "held_on": election.held_on,
        "label": election.label,
        "licence": election.licence,
        "attribution": election.attribution,
        "hierarchies": election.hierarchies,
        "levels": election.levels,
        "contests": [contest.key.contest for contest in election.contests],
        "levels_as": election.levels_as,
        "shapes": [
            [shape.name, shape.parties, shape.listed_at, shape.revised_at, shape.psu] for shape in election.shapes
        ],
    }
    return {
        **item_key(ELECTIONS, election.id),
        "digest": text(election.digest),
        "complete": {"BOOL": False},
        "frame": _bounded(frame, f"election {election.id!r}"),
    }


def is_complete(item: Item) -> bool:
    return item["complete"]["BOOL"]


def read_election(item: Item, contests: Mapping[str, Contest]) -> Election:
    """The election with its contests in their order. Raises `KeyError` if one of them is missing."""
    frame = read_document(item, "frame")
    return Election(
        id=read_text(item, "sk"),
        name=frame["name"],
        held_on=frame["held_on"],
        label=frame["label"],
        licence=frame["licence"],
        attribution=frame["attribution"],
        hierarchies=tuple(frame["hierarchies"]),
        levels=tuple(frame["levels"]),
        contests=tuple(contests[contest] for contest in frame["contests"]),
        digest=read_text(item, "digest"),
        # An election of an earlier release has none.
        levels_as=tuple((level, kind) for level, kind in frame.get("levels_as", ())),
        shapes=tuple(Shape(*shape) for shape in frame.get("shapes", ())),
    )


def contest_item(contest: Contest) -> dict[str, AttributeValueTypeDef]:
    shape = {
        "id": contest.key.contest,
        "name": contest.name,
        "options": [
            _without_last_nones(
                *(option.id, option.number, option.name, option.parent),
                *(option.full_name, option.colour, option.local, option.serial),
            )
            for option in contest.options
        ],
        "hierarchies": contest.hierarchies,
        "roots": contest.roots,
        "fields": contest.fields,
    }
    return {
        **item_key(contest.key.election, contest_sort(contest.key.contest)),
        "contest": _bounded(shape, f"contest {contest.key}"),
    }


def read_contest(item: Item) -> Contest:
    shape = read_document(item, "contest")
    return Contest(
        key=ContestKey(read_text(item, "pk"), shape["id"]),
        name=shape["name"],
        options=tuple(Option(*option) for option in shape["options"]),
        hierarchies=tuple(shape["hierarchies"]),
        roots=tuple(shape["roots"]),
        fields=tuple(shape["fields"]),
    )


def unit_item(unit: Region | Station) -> dict[str, AttributeValueTypeDef]:
    """Raises `Rejected` for a unit too large to store (a region with several thousand children)."""
    shape: dict[str, Any] = {
        "election": unit.election,
        "id": unit.id,
        "name": unit.name,
        "parents": unit.parents,
        "ancestors": unit.ancestors,
        "path": [
            [crumb.id, crumb.name, crumb.level] + ([crumb.outside] if crumb.outside else []) for crumb in unit.path
        ],
        "registered": unit.registered,
    }
    if isinstance(unit, Region):
        shape |= {
            "level": unit.level,
            "holds": unit.holds,
            "expected": unit.expected,
            "children": [
                [child.id, child.name, child.hierarchy, child.expected, child.registered]
                + ([child.kind] if child.kind or child.serial is not None else [])
                + ([] if child.serial is None else [child.serial])
                for child in unit.children
            ],
        }
    else:
        shape |= {"kind": unit.kind}
    return {
        **item_key(unit_partition(unit.election, unit.id), UNIT),
        "unit": _bounded(shape, f"unit {unit.id!r} of election {unit.election!r}"),
    }


def read_unit(item: Item) -> Region | Station:
    shape = read_document(item, "unit")
    parents = tuple(Parent(*parent) for parent in shape["parents"])
    ancestors = tuple(shape["ancestors"])
    path = tuple(Crumb(unit, name, level, tuple(*outside)) for unit, name, level, *outside in shape["path"])
    if "kind" in shape:
        return Station(
            shape["election"], shape["id"], shape["kind"], shape["name"], parents, ancestors, path, shape["registered"]
        )
    return Region(
        shape["election"],
        shape["id"],
        shape["level"],
        shape["name"],
        parents,
        ancestors,
        path,
        tuple(Child(*child) for child in shape["children"]),
        shape["holds"],
        shape["expected"],
        shape["registered"],
    )


def _without_last_nones(*members: object) -> Sequence[object]:
    """Thousands of options lie in one item, and of most nothing is said but the first three members."""
    length = len(members)
    while length and members[length - 1] is None:
        length -= 1
    return members[:length]


def _bounded(shape: Mapping[str, Any], what: str) -> AttributeValueTypeDef:
    attribute = document(shape)
    size = len(attribute["S"].encode("utf-8"))
    if size > MAX_BYTES:
        longest = max((name for name in shape if isinstance(shape[name], list)), key=lambda name: len(shape[name]))
        raise Rejected(
            [
                Refusal(
                    "too-large",
                    longest,
                    f"{what} has {len(shape[longest])} {longest} and takes {size} bytes; at most {MAX_BYTES} can be"
                    " stored. Put a level of units in between.",
                )
            ]
        )
    return attribute
