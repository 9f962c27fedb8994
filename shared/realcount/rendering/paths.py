"""The public paths. A page's path is its key in the page store, so reading one is looking it up."""

from __future__ import annotations

from realcount.domain.election import ContestKey

INDEX = "/v1"
ELECTIONS = "/v1/elections"


def election_path(election: str) -> str:
    return f"{ELECTIONS}/{election}"


def log_path(election: str) -> str:
    return f"{election_path(election)}/log"


def contest_path(contest: ContestKey) -> str:
    return f"{ELECTIONS}/{contest.election}/contests/{contest.contest}"


def region_path(contest: ContestKey, region: str) -> str:
    return f"{contest_path(contest)}/regions/{region}"


def station_path(contest: ContestKey, station: str) -> str:
    return f"{contest_path(contest)}/stations/{station}"


def proof_path(contest: ContestKey, station: str) -> str:
    return f"{station_path(contest, station)}/proof"
