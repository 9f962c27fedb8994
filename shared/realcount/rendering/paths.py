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


def bulk_path(contest: ContestKey) -> str:
    return f"{contest_path(contest)}/bulk"


def nist_path(contest: ContestKey) -> str:
    return f"{contest_path(contest)}/nist"


def region_path(contest: ContestKey, region: str) -> str:
    return f"{contest_path(contest)}/regions/{region}"


def editions_path(region: str) -> str:
    """`region` is a region's path, here and below. A slash and the number of an edition follow."""
    return f"{region}/editions"


def edition_path(region: str, edition: int) -> str:
    return f"{editions_path(region)}/{edition}"


def now_path(region: str) -> str:
    return f"{region}/now"


def changes_path(region: str) -> str:
    return f"{region}/changes"


def history_path(region: str) -> str:
    return f"{region}/history"


def corrections_path(region: str) -> str:
    return f"{region}/corrections"


def station_path(contest: ContestKey, station: str) -> str:
    return f"{contest_path(contest)}/stations/{station}"


def proof_path(contest: ContestKey, station: str) -> str:
    return f"{station_path(contest, station)}/proof"
