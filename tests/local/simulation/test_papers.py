"""The papers of the simulation are forms the system takes, with exactly the oddities the demo promises."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from realcount.cli.election_files import read_election
from realcount.domain.findings import find, is_flagged, is_incomplete
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_form
from realcount.evidence.images import PillowInspector
from realcount.local.simulation.election import SimulatedElection, invent, write_files
from realcount.local.simulation.officials import appoint
from realcount.local.simulation.papers import TOO_HIGH, Filing, write_papers
from realcount.local.simulation.totals import of_papers


@pytest.fixture(scope="module")
def election() -> SimulatedElection:
    return invent(7)


@pytest.fixture(scope="module")
def filings(election: SimulatedElection) -> list[Filing]:
    return write_papers(election, appoint(election).submitters)


def test_every_station_files_and_the_papers_are_what_they_say(
    election: SimulatedElection, filings: list[Filing], tmp_path: Path
) -> None:
    write_files(election, tmp_path)
    contest = read_election(tmp_path).election.contests[0]
    registered = {station: people for station, people, _ in election.stations()}
    assert {filing.station for filing in filings} == registered.keys()
    seen: Counter[str] = Counter()
    for filing in filings:
        for paper in filing.papers:
            form = parse_form(split_document(paper.form).payload)
            assert (form.station, form.kind, form.hash) == (filing.station, paper.kind, paper.hash)
            assert [scan.ref() for scan in paper.scans] == list(form.scans)
            findings = find(form, contest, registered[filing.station])
            seen[paper.kind] += 1
            seen["flagged"] += is_flagged(findings)
            seen["incomplete"] += is_incomplete(findings)
    corrected = seen["flagged"] - 6
    assert corrected == 1, "the version that is corrected does not add up either"
    assert seen == Counter({"form": len(filings), "correction": 1, "withdrawal": 1, "flagged": 7, "incomplete": 4})


def test_the_scans_are_images_the_inspector_takes(filings: list[Filing]) -> None:
    inspector = PillowInspector()
    for filing in filings[:5]:
        for scan in filing.papers[0].scans:
            assert inspector.inspect(scan.content, scan.media) is None


def test_the_same_seed_signs_the_same_papers(election: SimulatedElection, filings: list[Filing]) -> None:
    again = write_papers(election, appoint(election).submitters)
    assert [paper.hash for filing in again for paper in filing.papers] == [
        paper.hash for filing in filings for paper in filing.papers
    ]


def test_a_correction_takes_votes_away_and_a_withdrawal_all_of_them(filings: list[Filing]) -> None:
    corrected = next(filing for filing in filings if filing.papers[-1].kind == "correction")
    first, second = (parse_form(split_document(paper.form).payload) for paper in corrected.papers)
    assert second.votes["01"] == first.votes["01"] - TOO_HIGH
    assert second.previous == first.hash
    withdrawn = next(filing for filing in filings if filing.papers[-1].kind == "withdrawal")
    assert withdrawn.counts is None
    totals = of_papers(filings, ["01", "02"])
    assert totals.stations_in == len(filings) - 1
    assert of_papers([withdrawn], ["01", "02"]).votes == {"01": 0, "02": 0}
