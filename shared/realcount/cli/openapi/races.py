"""What is answered in the shape of AP's Elections API: members are spelt as AP spells them."""

# ruff: noqa: N815

from __future__ import annotations

from typing import Literal

from pydantic import Field

from realcount.cli.openapi.values import Count, Date, Document, Edition, Id, Instant, Text


class RaceLink(Document):
    rel: Literal["results"]
    href: str


class RaceDate(Document):
    electionDate: Date
    testResults: bool
    liveResults: bool
    links: list[RaceLink]


class RaceDates(Document):
    """The dates that have races."""

    elections: list[RaceDate]


class Candidate(Document):
    last: Text
    party: Text
    candidateID: Text
    polID: Literal["0"]
    polNum: Text
    ballotOrder: Count
    ballotNumber: Text
    voteCount: Count = Field(default=0, description="Absent where results are omitted.")


class ReportingUnit(Document):
    statePostal: Literal["US"]
    level: Literal["state", "subunit", "FIPSCode", "district"]
    reportingunitID: Id
    reportingunitName: Text
    precinctsReporting: Count
    precinctsTotal: Count
    precinctsReportingPct: float = Field(ge=0, le=100)
    electorate: Count | None
    lastUpdated: Instant = Field(default="", description="Absent before anything happened.")
    candidates: list[Candidate]


class Race(Document):
    test: bool
    raceID: Text
    raceType: Literal["General"]
    raceTypeID: Literal["G"]
    officeID: Id
    officeName: Text
    national: bool
    statePostal: Literal["US"]
    uncontested: Literal[False]
    edition: Edition
    seatName: Text = Field(default="", description="Where a contest has several roots.")
    lastUpdated: Instant = Field(default="", description="Absent before anything happened.")
    candidates: list[Candidate] = Field(default=[], description="Where results are omitted.")
    reportingUnits: list[ReportingUnit] = Field(default=[], description="The root, and its children if asked for.")


class Races(Document):
    """The races of a date; with no news the next address alone."""

    electionDate: Date = ""
    timestamp: Instant = ""
    races: list[Race] = Field(default=[])
    isTruncated: bool = False
    nextrequest: str
