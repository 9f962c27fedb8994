"""One report: an election with one contest, its candidates and counts, and the places they are about.

What the specification has no place for, and where it went:

- Invalid votes are of a contest here, and it knows rejected ballots alone, of a place (`BallotCounts.BallotsRejected`). As
  a report has one contest, they are the same, and `Notes` says so.
- A level is `Type` only if the election's files translate it (`levels_as`); else it is `other`, with its word in `OtherType`.
- The state of the count: the number of entries of the public log is an `ExternalIdentifier` of the report.

Counts that are not known are left out: a station from which nothing counts has none, and is `not-processed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from realcount.domain.election import Contest, Election, Option
from realcount.domain.unit_kinds import OTHER

Object = dict[str, Any]

SUMMARY, PRECINCT = "summary-contest", "precinct-level"

VENDOR = "realcount"

LANGUAGE = "und"
"""Of names: the election's files do not say in which they are."""

POLLING_PLACE = "polling-place"

NOTES = (
    "{label} Licence: {licence}. Counted from the signed forms of polling stations out of the first {size} entries of the public "
    "log; not the certified result. BallotsRejected are the invalid votes of the one contest in this report, and BallotsCast its valid "
    "and invalid votes together; VotersParticipated are the voters that the forms state. A figure that a form does not have is left out, "
    "and adds nothing to a sum."
)


class Unit(NamedTuple):
    """A place in a report. `level` is None for a polling station; `children` are those that are in the report too; `counts` says
    whether its numbers are; `votes` and the figures are None where they are not known."""

    id: str
    level: str | None
    name: str
    children: Sequence[str]
    expected: int
    counted: int
    registered: int | None
    counts: bool
    votes: Sequence[int | None] = ()
    valid: int | None = None
    invalid: int | None = None
    voters: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about. `format` is `SUMMARY` or `PRECINCT`; `number` of `of` is its place in the series of its format;
    `root` is the root region that it lies under, whose unit is in the report; `counted` of `expected` are its stations."""

    format: str
    number: int
    of: int
    root: str
    size: int
    sealed_at: str
    expected: int
    counted: int


def report(election: Election, contest: Contest, scope: Scope, units: Iterable[Unit]) -> Object:
    kinds = dict(election.levels_as)
    listed = list(units)
    complete = scope.counted >= scope.expected
    parties = [option for option in contest.options if option.id in {one.parent for one in contest.options}]
    return _object(
        "ElectionReport",
        Election=[_election(election, contest, scope, listed)],
        ExternalIdentifier=[_identifier("log-size", str(scope.size))],
        Format=scope.format,
        GeneratedDate=_whole_seconds(scope.sealed_at),
        GpUnit=[_unit(unit, kinds) for unit in listed],
        Issuer=election.attribution,
        IssuerAbbreviation=election.id,
        Notes=NOTES.format(label=election.label, licence=election.licence, size=scope.size),
        Party=[_object("Party", id_of("party", party.id), Name=_text(party.name)) for party in parties],
        SequenceStart=scope.number,
        SequenceEnd=scope.of,
        Status="unofficial-complete" if complete else "unofficial-partial",
        VendorApplicationId=VENDOR,
    )


def id_of(kind: str, name: str) -> str:
    """An id of ours as one that XML takes (xsd:ID): it may not begin with a digit nor hold a colon, which a middle dot stands
    for: no id of ours has one."""
    return f"{kind}-{name.replace(':', '·')}"


def _election(election: Election, contest: Contest, scope: Scope, units: Sequence[Unit]) -> Object:
    return _object(
        "Election",
        BallotCounts=[counts for unit in units if (counts := _ballots(unit)) is not None],
        Candidate=[_candidate(option) for option in contest.options],
        Contest=[_contest(contest, scope, units)],
        ElectionScopeId=id_of("unit", scope.root),
        ExternalIdentifier=[_identifier("election", election.id)],
        Name=_text(election.name),
        StartDate=election.held_on,
        EndDate=election.held_on,
        Type="general",
    )


def _contest(contest: Contest, scope: Scope, units: Sequence[Unit]) -> Object:
    selections = []
    for place, option in enumerate(contest.options):
        counts = [
            _object("VoteCounts", GpUnitId=id_of("unit", unit.id), Type="total", Count=unit.votes[place])
            for unit in units
            if unit.counts and unit.votes[place] is not None
        ]
        selections.append(
            _object(
                "CandidateSelection",
                id_of("selection", option.id),
                SequenceOrder=place + 1,
                VoteCounts=counts,
                CandidateIds=[id_of("candidate", option.id)],
            )
        )
    return _object(
        "CandidateContest",
        id_of("contest", contest.key.contest),
        ContestSelection=selections,
        CountStatus=[_status(scope.counted, scope.expected)],
        ElectionDistrictId=id_of("unit", scope.root),
        ExternalIdentifier=[_identifier("contest", contest.key.contest)],
        Name=contest.name,
        SubUnitsReported=scope.counted,
        TotalSubUnits=scope.expected,
        VotesAllowed=1,
    )


def _candidate(option: Option) -> Object:
    return _object(
        "Candidate",
        id_of("candidate", option.id),
        BallotName=_text(option.name),
        ExternalIdentifier=[_identifier("option", option.id), _identifier("ballot-number", option.number)],
        PartyId=id_of("party", option.parent) if option.parent else None,
    )


def _ballots(unit: Unit) -> Object | None:
    if not unit.counts or unit.invalid is None:
        return None
    cast = None if unit.valid is None else unit.valid + unit.invalid
    return _object(
        "BallotCounts",
        GpUnitId=id_of("unit", unit.id),
        Type="total",
        BallotsCast=cast,
        BallotsRejected=unit.invalid,
    )


def _unit(unit: Unit, kinds: dict[str, str]) -> Object:
    kind = POLLING_PLACE if unit.level is None else kinds.get(unit.level, OTHER)
    return _object(
        "ReportingUnit",
        id_of("unit", unit.id),
        ComposingGpUnitIds=[id_of("unit", child) for child in unit.children],
        ExternalIdentifier=[_identifier("unit", unit.id)],
        Name=_text(unit.name),
        CountStatus=[_status(unit.counted, unit.expected)] if unit.counts else [],
        SubUnitsReported=unit.counted if unit.counts else None,
        TotalSubUnits=unit.expected,
        Type=kind,
        OtherType=unit.level if kind == OTHER else None,
        VotersParticipated=unit.voters if unit.counts else None,
        VotersRegistered=unit.registered,
    )


def _status(counted: int, expected: int) -> Object:
    status = "completed" if counted >= expected else "in-process" if counted else "not-processed"
    return _object("CountStatus", Status=status, Type="total")


def _identifier(what: str, value: str) -> Object:
    """The id by which the election's own files know something."""
    return _object("ExternalIdentifier", Type="other", OtherType=f"{VENDOR}-{what}", Value=value)


def _text(text: str) -> Object:
    return _object("InternationalizedText", Text=[_object("LanguageString", Content=text, Language=LANGUAGE)])


def _object(class_: str, id_: str | None = None, /, **members: object) -> Object:
    """Members that are None or empty lists are left out."""
    named: Object = {"@type": f"ElectionResults.{class_}"}
    if id_ is not None:
        named["@id"] = id_
    return named | {name: value for name, value in members.items() if value is not None and value != []}


def _whole_seconds(instant: str) -> str:
    """The specification takes no fraction of a second."""
    return f"{instant[:19]}Z"
