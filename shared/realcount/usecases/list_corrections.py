"""Every minute: what the public log says was corrected becomes a line in the list of every region above.

A correction is a form that counts after another one at the same station: it is corrected, withdrawn, or there again after
a withdrawal; or a form that was recalled, with what counts instead, which may be nothing. Numbers, reason and time are the log's; from the ledger comes only where in the log the earlier one stands.

    1  how far corrections are listed: the document of the election's corrections
    2  the entries that came since, each bundle held to the log's edge, and for each correction what counted before
    3  for each region above: chunks that became full, then the newest document, each with its copy first
    4  the document of 1, with the new size

A region's list knows its last entry, so what is in it is never put in again; and so many corrections are always the same
bytes. Dying anywhere before 4 has the same entries read again. Two runs at once write the same pages.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from realcount.domain.election import Contest, ContestKey, Election, Region
from realcount.domain.errors import Drift, NotFound, RealcountError, Rejected
from realcount.domain.ledger import Recall, sealed_before
from realcount.domain.log.bundles import Bundles, Leaf
from realcount.domain.log.entries import read_entry
from realcount.domain.log.proofs import NotProven
from realcount.domain.log.sealed_forms import SEALED_FORM, SealedForm
from realcount.domain.log.sealed_recalls import SEALED_RECALL, SealedRecall
from realcount.domain.log.tiles import WIDTH
from realcount.log_ports import LogReader
from realcount.ports import ElectionStore, FormStore, PageCopies, PageStore
from realcount.rendering.corrections import (
    Correction,
    chunk_page,
    correction,
    corrections_page,
    listed_page,
    longer,
    read_corrections,
    read_listed,
    recall_correction,
)
from realcount.rendering.paths import all_corrections_path, corrections_path, region_path
from realcount.usecases.renew_sums import Each, in_steps
from realcount.usecases.upper_regions import regions_above

log_lines = logging.getLogger(__name__)

AT_MOST = 50_000
"""Entries that one run reads. What came beyond is the next one's."""

BUNDLES_AT_ONCE = 8
"""Read ahead; each is half a megabyte."""

_SAYS = tuple(f'"type":"{kind}"'.encode() for kind in (SEALED_FORM, SEALED_RECALL))


@dataclass(frozen=True, slots=True)
class Listed:
    """What one call came to: corrections listed, how many entries of the log are looked through by now, and how many were
    left for the next run."""

    corrections: int = 0
    size: int = 0
    left: int = 0


class _Place(NamedTuple):
    contest: ContestKey
    region: str


def list_corrections(
    election: str,
    *,
    elections: ElectionStore,
    forms: FormStore,
    log: LogReader,
    copies: PageCopies,
    pages: PageStore,
    each: Each = map,
    at_most: int = AT_MOST,
) -> Listed:
    """List what was corrected among the entries that came since the last run.

    Raises `Unavailable`, `NotFound` if the election is not loaded, and `Drift` if log and ledger are not what they must be.
    What was listed by then is listed, and the size stands where it stood.
    """
    frame = elections.election(election)
    if frame is None:
        raise NotFound(f"there is no election {election!r}")
    path = all_corrections_path(election)
    since, counts = read_listed(election, pages.find_all([path]).get(path))
    edge = log.head().edge  # Whatever lies below it is marked in the ledger: that was before it moved (append_log).
    if edge.size < since:
        raise Drift(f"the log of {election} has {edge.size} entries, and corrections are listed up to {since}")
    size = min(edge.size, since + at_most)
    if size == since:
        return Listed(size=size)
    try:
        found = list(_corrections(frame, Bundles(edge, log.file), since, size, elections, forms, each))
    except NotProven as error:
        raise Drift(f"the log of {election} is not what was sealed: {error}") from None
    regions: dict[_Place, tuple[Contest, Region, list[Correction]]] = {}
    for contest, above, one in found:
        counts[contest.key] = counts.get(contest.key, 0) + 1
        for region in above:
            regions.setdefault(_Place(contest.key, region.id), (contest, region, []))[2].append(one)
    _list(list(regions.values()), copies, pages, each)
    last = listed_page(frame, size, counts)
    copies.keep(last)
    pages.put(last)
    return Listed(len(found), size, edge.size - size)


def _corrections(
    frame: Election,
    bundles: Bundles,
    since: int,
    size: int,
    elections: ElectionStore,
    forms: FormStore,
    each: Each,
) -> Iterator[tuple[Contest, Sequence[Region], Correction]]:
    """Each correction among these entries with the regions above it, in the order of the log."""
    before = lru_cache(BUNDLES_AT_ONCE)(bundles.leaves)
    for leaves in in_steps(each, bundles.leaves, bundles.holding(since, size), BUNDLES_AT_ONCE):
        for leaf in leaves:
            if not since <= leaf.at < size or not any(says in leaf.entry for says in _SAYS):
                continue
            said = _read(leaf)
            if said is None or (isinstance(said, SealedForm) and said.form.version == 1):
                continue
            key, at = _place_of(said)
            contest = frame.contest(key.contest)
            if contest is None or key.election != frame.id:
                raise Drift(f"entry {leaf.at} of the log of {frame.id} is of {key}, which it has not")
            if isinstance(said, SealedForm):
                index = _earlier(said, leaf.at, forms.seals(key, at), forms.recalls(key, at))
            else:
                index = None if said.counts == said.counted else said.counted
            if index is None:
                continue
            earlier = _form(before, index, key, at)
            station = elections.station(frame.id, at)
            if station is None:
                raise Drift(f"entry {leaf.at} of the log of {frame.id} is of station {at!r}, which it has not")
            if isinstance(said, SealedForm):
                line = correction(contest, station, said, leaf.at, earlier, index)
            else:
                counts = None if said.counts is None else _form(before, said.counts, key, at)
                line = recall_correction(contest, station, said, leaf.at, earlier, counts)
            yield contest, regions_above(contest, station, elections), line


def _place_of(said: SealedForm | SealedRecall) -> tuple[ContestKey, str]:
    if isinstance(said, SealedRecall):
        return said.contest, said.station
    return ContestKey(said.form.election, said.form.contest), said.form.station


def _form(before: Callable[[int], Sequence[Leaf]], index: int, contest: ContestKey, station: str) -> SealedForm:
    said = _read(before(index // WIDTH)[index % WIDTH])
    if not isinstance(said, SealedForm) or _place_of(said) != (contest, station):
        raise Drift(f"entry {index} of the log of {contest.election} is no form of station {station!r}")
    return said


def _earlier(to: SealedForm, at: int, seals: Mapping[int, int], recalls: Sequence[Recall]) -> int | None:
    """The entry of what counted until then; None if nothing did."""
    version = to.form.version
    noted = {seals.get(version), *(recall.entry for recall in recalls if recall.version == version)}
    if at not in noted:
        raise Drift(
            f"version {version} of {to.form.station!r} is entry {at} of the log, and noted as {seals.get(version)}"
        )
    sealed = sealed_before(seals, recalls, at)
    return sealed[max(sealed)] if sealed else None


def _read(leaf: Leaf) -> SealedForm | SealedRecall | None:
    try:
        said = read_entry(leaf.entry)
    except Rejected as error:
        raise Drift(f"entry {leaf.at} of the log is none: {error}") from None
    return said if isinstance(said, SealedForm | SealedRecall) else None


def _list(
    regions: Sequence[tuple[Contest, Region, Sequence[Correction]]], copies: PageCopies, pages: PageStore, each: Each
) -> None:
    """Bring the lists of these regions up to date. Raises what the first that failed met, after all others are done."""
    paths = [corrections_path(region_path(contest.key, region.id)) for contest, region, _ in regions]
    stored = pages.find_all(paths)

    def bring(one: tuple[str, tuple[Contest, Region, Sequence[Correction]]]) -> RealcountError | None:
        path, (contest, region, new) = one
        before = read_corrections(stored.get(path))
        after, full = longer(before, new)
        if after == before:
            return None
        try:
            for chunk, corrections in full.items():
                page = chunk_page(contest, region, chunk, corrections)
                copies.keep(page)
                pages.put(page)
            page = corrections_page(contest, region, after)
            copies.keep(page)
            pages.put(page)
        except RealcountError as error:
            log_lines.error("the corrections of %s in %s are not listed: %s", region.id, contest.key, error)
            return error
        return None

    failed = [error for error in each(bring, zip(paths, regions, strict=True)) if error is not None]
    if failed:
        raise failed[0]
