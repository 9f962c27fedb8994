"""The form of one polling station (C1), as the official wrote it down.

A form holds figures (counts of people and ballot papers) and votes per option. Every figure may be missing: a missing
figure makes the form incomplete, which is another thing than inconsistent, and is never filled in from others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_FIGURE = 9_999_999
"""The largest number a form can carry. Above it the input is no form; below it, however absurd, it is recorded."""

REGISTERED_GROUPS = ("registered.dpt", "registered.dptb", "registered.dpk", "registered")
VOTER_GROUPS = ("voters.dpt", "voters.dptb", "voters.dpk", "voters")
DISABLED_GROUPS = ("disabled.registered", "disabled.voters")
GROUPS = REGISTERED_GROUPS + VOTER_GROUPS + DISABLED_GROUPS
"""Groups of people that the form splits by sex (L laki-laki, P perempuan, J jumlah)."""

BALLOTS = ("ballots.received", "ballots.returned", "ballots.unused", "ballots.used")
"""IV: papers received (incl. the 2 % reserve), returned as damaged or mismarked, not used, used."""

RESULTS = ("valid", "invalid", "total")
"""VI: valid votes, invalid votes, both together."""

FIGURES: tuple[str, ...] = (
    *(f"{group}.{column}" for group in GROUPS for column in ("male", "female", "total")),
    *BALLOTS,
    *RESULTS,
)
"""Every figure of a C1-PPWP in the order of the paper: I registered, II voters, III disabled, IV ballots, VI results.
V, the votes, is not among them: options are data of the contest."""

FIGURE_NAMES = frozenset(FIGURES)

KINDS = ("form", "correction", "withdrawal")


@dataclass(frozen=True, slots=True)
class ScanRef:
    """A scan of the paper, named by what it is: SHA-256 (hex), size in bytes, media type.

    `page` is the page of the paper it shows, from 1, so that a page nobody photographed keeps its place; None where the
    form does not say, as no form did before there was a word for it.
    """

    sha256: str
    size: int
    media: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """What one signed manifest says about one station.

    Version 1 has no predecessor; version n > 1 names the hash of version n-1 and gives a reason. A withdrawal carries
    no numbers: it says the station has no valid form. `hash` is the SHA-256 of the exact bytes that were signed.
    """

    kind: str
    election: str
    contest: str
    station: str
    version: int
    previous: str | None
    figures: Mapping[str, int]
    votes: Mapping[str, int]
    scans: tuple[ScanRef, ...]
    reason: str | None
    key: str
    signed_at: str
    hash: str
