"""The lists of corrections: of every region the newest, and full chunks of older ones. They are the state as well.

A list is made of nothing but the log's entries, in their order, and of the election's names: so many corrections below a
region are always the same bytes, whoever lists them, and however often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realcount.domain.election import Contest, ContestKey, Election, Region, Station
from realcount.domain.form import Form
from realcount.domain.instants import EPOCH
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.domain.page import Page
from realcount.rendering.deltas import is_upper
from realcount.rendering.encoding import document_of, json_page
from realcount.rendering.lifetimes import CORRECTIONS, FINISHED
from realcount.rendering.paths import (
    all_corrections_path,
    contest_path,
    corrections_path,
    election_path,
    history_path,
    log_path,
    region_path,
    station_path,
)

CHUNK = 100
"""Corrections in a full chunk. The newest document has all that are in none: fewer than two chunks."""

Correction = dict[str, Any]
"""One correction as its document has it. `sealed` names it: there is one entry of the log for each."""


@dataclass(frozen=True, slots=True)
class CorrectionList:
    """The corrections below a region: how many there are, how many of the oldest lie in full chunks, and the others, oldest
    first."""

    count: int = 0
    chunks: int = 0
    newest: tuple[Correction, ...] = ()

    def last_sealed(self) -> int:
        """The entry of the last correction, -1 if there is none."""
        return self.newest[-1]["sealed"] if self.newest else -1


def correction(
    contest: Contest, station: Station, to: SealedForm, to_index: int, earlier: SealedForm, earlier_index: int
) -> Correction:
    """What one entry of the log changed at its station. `earlier` is what counted there until then."""
    options = contest.option_ids()
    return {
        "sealed": to_index,
        "kind": to.form.kind,
        "reason": to.form.reason,
        "approved_at": to.decided_at,
        "station": _station(contest, station),
        "from": _version(earlier.form, earlier_index, options),
        "to": _version(to.form, to_index, options),
    }


def recall_correction(
    contest: Contest, station: Station, said: SealedRecall, index: int, earlier: SealedForm, counts: SealedForm | None
) -> Correction:
    """What a recall changed at its station: `earlier` counted there, and `counts` does now; None: nothing does."""
    options = contest.option_ids()
    return {
        "sealed": index,
        "kind": "recall",
        "reason": said.reason,
        "approved_at": said.at,
        "station": _station(contest, station),
        "from": _version(earlier.form, said.counted, options),
        "to": None if counts is None or said.counts is None else _version(counts.form, said.counts, options),
    }


def corrections_page(contest: Contest, region: Region, of: CorrectionList) -> Page:
    """The newest. Its edition is how many there are in all."""
    page = region_path(contest.key, region.id)
    path = corrections_path(page)
    following = corrections_path(page, of.chunks) if of.chunks else None
    document = {
        **_head(contest, region),
        "count": of.count,
        "corrections": list(reversed(of.newest)),
        "links": {
            "self": path,
            "page": page,
            "history": history_path(page) if is_upper(region) else None,
            "next": following,
        },
    }
    return json_page(
        path,
        document,
        edition=of.count,
        updated_at=max((one["approved_at"] for one in of.newest), default=EPOCH),
        max_age=CORRECTIONS,
        link=_next(following),
    )


def chunk_page(contest: Contest, region: Region, chunk: int, corrections: Sequence[Correction]) -> Page:
    """A full chunk, numbered from 1: the oldest. It never changes."""
    page = region_path(contest.key, region.id)
    path = corrections_path(page, chunk)
    following = corrections_path(page, chunk - 1) if chunk > 1 else None
    document = {
        **_head(contest, region),
        "chunk": chunk,
        "corrections": list(reversed(corrections)),
        "links": {"self": path, "newest": corrections_path(page), "next": following},
    }
    return json_page(
        path,
        document,
        edition=chunk * CHUNK,
        updated_at=max(one["approved_at"] for one in corrections),
        max_age=FINISHED,
        link=_next(following),
    )


def read_corrections(page: Page | None) -> CorrectionList:
    """What `corrections_page` wrote; nothing yet, if there is no page."""
    if page is None:
        return CorrectionList()
    document = document_of(page)
    newest = tuple(reversed(document["corrections"]))
    return CorrectionList(document["count"], (document["count"] - len(newest)) // CHUNK, newest)


def longer(before: CorrectionList, new: Sequence[Correction]) -> tuple[CorrectionList, dict[int, Sequence[Correction]]]:
    """The list with those of `new` that are not in it, and the chunks that became full, by their numbers. `new` is in the
    order of the log."""
    last = before.last_sealed()
    newest = [*before.newest, *(one for one in new if one["sealed"] > last)]
    count, chunks = before.count + len(newest) - len(before.newest), before.chunks
    full: dict[int, Sequence[Correction]] = {}
    while len(newest) >= 2 * CHUNK:
        chunks += 1
        full[chunks], newest = newest[:CHUNK], newest[CHUNK:]
    return CorrectionList(count, chunks, tuple(newest)), full


def listed_page(election: Election, size: int, counts: Mapping[ContestKey, int]) -> Page:
    """How far into the election's log corrections are listed: all among its first `size` entries are, in every list."""
    path = all_corrections_path(election.id)
    document = {
        "election": election.id,
        "size": size,
        "contests": [
            {
                "contest": contest.key.contest,
                "count": counts.get(contest.key, 0),
                "lists": [corrections_path(region_path(contest.key, root)) for root in contest.roots],
                "link": contest_path(contest.key),
            }
            for contest in election.contests
        ],
        "links": {"self": path, "election": election_path(election.id), "log": log_path(election.id)},
    }
    return json_page(path, document, edition=size, updated_at=EPOCH, max_age=CORRECTIONS)


def read_listed(election: str, page: Page | None) -> tuple[int, dict[ContestKey, int]]:
    """What `listed_page` wrote: size of the log, and how many corrections each contest has among its entries."""
    if page is None:
        return 0, {}
    document = document_of(page)
    counts = {ContestKey(election, one["contest"]): one["count"] for one in document["contests"]}
    return document["size"], counts


def _head(contest: Contest, region: Region) -> dict[str, object]:
    return {
        "election": contest.key.election,
        "contest": contest.key.contest,
        "region": {"id": region.id, "level": region.level, "name": region.name},
    }


def _station(contest: Contest, station: Station) -> dict[str, object]:
    return {
        "id": station.id,
        "kind": station.kind,
        "name": station.name,
        "path": [{"id": crumb.id, "name": crumb.name} for crumb in station.path],
        "link": station_path(contest.key, station.id),
    }


def _version(form: Form, index: int, options: Sequence[str]) -> dict[str, object]:
    """What counted, or counts, with null for what is not on the paper. A withdrawal has nothing."""
    withdrawn = form.kind == "withdrawal"
    return {
        "version": form.version,
        "sealed": index,
        "votes": None if withdrawn else {option: form.votes.get(option) for option in options},
        "valid": form.figures.get("valid"),
        "invalid": form.figures.get("invalid"),
        "voters": form.figures.get("voters.total"),
    }


def _next(path: str | None) -> str | None:
    return f'<{path}>; rel="next"' if path else None
