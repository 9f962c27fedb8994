"""The public paths. A page's path is its key in the page store, so reading one is looking it up."""

from __future__ import annotations

from collections.abc import Mapping

from realcount.domain.election import ContestKey

INDEX = "/v1"
ELECTIONS = "/v1/elections"
DESCRIPTION = "/v1/openapi.json"
DOCS = "/docs/"
"""The manual for readers, a page for browsers that the edge serves."""
CHANGELOG = "/docs/#changes"


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


def history_path(region: str, day: str | None = None) -> str:
    """The curve of all days, or of one UTC day, such as `2019-04-17`."""
    return f"{region}/history/{day}" if day else f"{region}/history"


def corrections_path(region: str, chunk: int | None = None) -> str:
    """The newest corrections below a region, or a full chunk of older ones."""
    return f"{region}/corrections/{chunk}" if chunk else f"{region}/corrections"


def flagged_path(region: str, part: int = 1) -> str:
    """The flagged stations below an upper region; parts from the second on have a number."""
    return f"{region}/flagged/{part}" if part > 1 else f"{region}/flagged"


def milestones_path(region: str) -> str:
    """Of a root."""
    return f"{region}/milestones"


def all_corrections_path(election: str) -> str:
    """How far into the public log corrections are listed."""
    return f"{election_path(election)}/corrections"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def search_path(election: str, prefix: str = "", part: int = 1) -> str:
    """By what begins with `prefix`; parts from the second on have a number. The root has no prefix.

    Letters a-z and digits 0-9 stand for themselves, any other character is its code point between underscores, such as
    `_5d0_`: no two prefixes have the same path, and eight characters come to 64 at most.
    """
    segment = "".join(one if one in _PLAIN else f"_{ord(one):x}_" for one in prefix)
    path = f"{election_path(election)}/search"
    if prefix:
        path += f"/{segment}"
    return f"{path}.{part}" if part > 1 else path


FEEDS: Mapping[str, str] = {"feed": "id", "feed.en": "en"}
"""The Atom feeds of a contest, and in which language each is."""


def feed_path(contest: ContestKey, feed: str) -> str:
    return f"{contest_path(contest)}/{feed}"


def station_path(contest: ContestKey, station: str) -> str:
    return f"{contest_path(contest)}/stations/{station}"


def proof_path(contest: ContestKey, station: str) -> str:
    return f"{station_path(contest, station)}/proof"
