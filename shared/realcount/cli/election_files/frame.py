"""election.json: the frame of an election and its contests, checked as far as this file alone can be.

Whether a contest's roots exist, the regions must say; that is for `references`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from realcount.cli.election_files.finding import FileFinding
from realcount.cli.election_files.positions import NotJSON, Positions
from realcount.cli.election_files.shapes import colour, read_shapes, yes_or_no
from realcount.domain import strict
from realcount.domain.election import Contest, ContestKey, Election, Option
from realcount.domain.form import FIGURE_NAMES
from realcount.domain.statements import MAX_OPTIONS
from realcount.domain.unit_kinds import UNIT_KINDS

MAX_SERIAL = 999_999_999
MAX_LIST = 10_000
"""Contests of one election, roots of one contest. Indonesia's largest day had about 2,600 ballots that differ."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What election.json says. `line` finds the line of a member by its path, for findings of later checks."""

    file: str
    election: Election
    line: Callable[[str], int]

    def finding(self, path: str, problem: str) -> FileFinding:
        return FileFinding(self.file, self.line(path), path, problem)


def read_frame(file: str, text: str, digest: str, findings: list[FileFinding]) -> Frame | None:
    """The frame, with whatever could be read of it; None if the file is no JSON object. Findings go to `findings`."""
    try:
        positions = Positions(text, lambda line, path: findings.append(FileFinding(file, line, path, "is there twice")))
    except NotJSON as error:
        findings.append(FileFinding(file, error.line, "", str(error)))
        return None
    if not isinstance(positions.value, dict):
        findings.append(FileFinding(file, 1, "", 'must be an object: { "id": …, "name": …, … }'))
        return None
    members = strict.Members(positions.value)
    election = _election(members, digest)
    findings.extend(
        FileFinding(file, positions.line(refusal.field), refusal.field, refusal.detail) for refusal in members.refusals
    )
    return Frame(file, election, positions.line)


def name(value: object) -> str:
    """A name for people: printable, and not only or partly white space at its ends."""
    found = strict.text(value)
    if found != found.strip():
        raise ValueError("must not begin or end with a space")
    return found


def _date(value: object) -> str:
    try:
        if isinstance(value, str) and date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    raise ValueError("must be a date of the form 2019-04-17")


def _election(members: strict.Members, digest: str) -> Election:
    election = members.take("id", strict.identifier) or ""
    hierarchies = _ids(members, "hierarchies")
    for i, hierarchy in enumerate(hierarchies):
        if ":" in hierarchy:
            members.refuse(f"hierarchies[{i}]", "bad-value", "must not contain ':': it separates hierarchy and unit")
    found = Election(
        id=election,
        name=members.take("name", name) or "",
        held_on=members.take("held_on", _date) or "",
        label=members.take("label", name) or "",
        licence=members.take("licence", name) or "",
        attribution=members.take("attribution", name) or "",
        hierarchies=hierarchies,
        levels=_ids(members, "levels"),
        contests=tuple(
            _contest(entry, f"contests[{i}]", election, hierarchies, members)
            for i, entry in enumerate(members.take("contests", strict.array(1, MAX_LIST)) or ())
        ),
        digest=digest,
    )
    if members.raw("levels_as") is not None:
        found = replace(found, levels_as=_levels_as(members, found.levels))
    if members.raw("shapes") is not None:
        found = replace(found, shapes=read_shapes(members, found.contests))
    _refuse_twice(members, [(f"contests[{i}].id", c.key.contest) for i, c in enumerate(found.contests)])
    members.close()
    return found


def _levels_as(members: strict.Members, levels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    entries = members.take("levels_as", _object) or {}
    for level, kind in entries.items():
        if level not in levels:
            members.refuse(f"levels_as.{level}", "unknown", f"{level!r} is not one of the election's levels")
        if kind not in UNIT_KINDS:
            members.refuse(f"levels_as.{level}", "bad-value", f"must be one of {', '.join(UNIT_KINDS)}")
    return tuple((level, kind) for level, kind in entries.items() if isinstance(kind, str))


def _object(value: object) -> dict[str, object]:
    if isinstance(value, dict):
        return value
    raise ValueError('must be an object: { "province": "state", … }')


def _contest(entry: object, where: str, election: str, hierarchies: Sequence[str], outer: strict.Members) -> Contest:
    members = strict.Members(entry, where, outer.refusals)
    contest = Contest(
        key=ContestKey(election, members.take("id", strict.identifier) or ""),
        name=members.take("name", name) or "",
        options=tuple(
            _option(option, f"{where}.options[{i}]", outer)
            for i, option in enumerate(members.take("options", strict.array(1, MAX_OPTIONS)) or ())
        ),
        hierarchies=_ids(members, "hierarchies"),
        roots=_ids(members, "roots"),
        fields=_ids(members, "fields"),
    )
    for i, hierarchy in enumerate(contest.hierarchies):
        if hierarchy and hierarchy not in hierarchies:
            members.refuse(f"hierarchies[{i}]", "unknown", f"{hierarchy!r} is not one of the election's hierarchies")
    for i, figure in enumerate(contest.fields):
        if figure and figure not in FIGURE_NAMES:
            members.refuse(f"fields[{i}]", "unknown", f"{figure!r} is not a figure of a form")
    _check_options(contest.options, where, outer)
    members.close()
    return contest


def _option(entry: object, where: str, outer: strict.Members) -> Option:
    members = strict.Members(entry, where, outer.refusals)
    said = entry if isinstance(entry, dict) else {}
    option = Option(
        members.take("id", strict.identifier) or "",
        members.take("number", name) or "",
        members.take("name", name) or "",
        parent=members.take("parent", strict.identifier) if "parent" in said else None,
        full_name=members.take("full_name", name) if "full_name" in said else None,
        colour=members.take("colour", colour) if "colour" in said else None,
        local=members.take("local", yes_or_no) if "local" in said else None,
        serial=members.take("serial", strict.integer(0, MAX_SERIAL)) if "serial" in said else None,
    )
    members.close()
    return option


def _check_options(options: Sequence[Option], where: str, outer: strict.Members) -> None:
    _refuse_twice(outer, [(f"{where}.options[{i}].id", option.id) for i, option in enumerate(options)])
    known = {option.id: option for option in options}
    numbers: set[tuple[str | None, str]] = set()
    for i, option in enumerate(options):
        at = f"{where}.options[{i}]"
        if option.parent is not None:
            parent = known.get(option.parent)
            if parent is None:
                outer.refuse(f"{at}.parent", "unknown", f"{option.parent!r} is not an option of this contest")
            elif option.parent == option.id:
                outer.refuse(f"{at}.parent", "bad-value", "is the option itself")
            elif parent.parent is not None:
                outer.refuse(f"{at}.parent", "bad-value", f"{parent.id!r} has a parent itself: options nest once only")
        if option.number and (option.parent, option.number) in numbers:
            outer.refuse(f"{at}.number", "duplicate", f"{option.number!r} is the number of another option beside it")
        numbers.add((option.parent, option.number))


def _ids(members: strict.Members, member: str) -> tuple[str, ...]:
    """A list of at least one id, none of them twice. An entry that is no id is refused and stands as an empty text."""
    found: list[tuple[str, str]] = []
    for i, entry in enumerate(members.take(member, strict.array(1, MAX_LIST)) or ()):
        path = f"{member}[{i}]"
        try:
            found.append((path, strict.identifier(entry)))
        except ValueError as error:
            members.refuse(path, "bad-value", str(error))
            found.append((path, ""))
    _refuse_twice(members, found)
    return tuple(identifier for _, identifier in found)


def _refuse_twice(members: strict.Members, found: Sequence[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for path, identifier in found:
        if identifier and identifier in seen:
            members.refuse(path, "duplicate", f"{identifier!r} is listed twice")
        seen.add(identifier)
