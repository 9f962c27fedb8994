"""Write the reports of NIST SP 1500-100 for each contest, at the state of the totals that were sealed last.

As `export_bulk`, from the same count and held to the same sealed sums, with the same order of writes: reports, their index,
the page's copy, the page; then what no index leads to any more is let go. A report whose numbers are those that it had is not
written again: the new index names it where it lies.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from realcount.domain.contest_tree import ContestTree
from realcount.domain.election import ContestKey, Election
from realcount.domain.errors import Drift, RealcountError
from realcount.domain.log.notes import NoteKey, Verify
from realcount.domain.paper import Paper
from realcount.domain.sum_tree import Sums
from realcount.file_ports import BulkFiles
from realcount.log_ports import PublishedLog
from realcount.ports import ElectionStore, PageCopies, PageStore
from realcount.rendering.bulk.index import INDEX, File, Folder, download_name, kept, listed
from realcount.rendering.encoding import JSON_MEDIA
from realcount.rendering.nist.index import (
    entry,
    nist_folder,
    nist_index,
    nist_page,
    report_files,
    report_name,
    state_of,
)
from realcount.rendering.nist.references import faults_of
from realcount.rendering.nist.report import PRECINCT, SUMMARY, Object, Scope, report
from realcount.rendering.nist.units import Plan, plans_of, precinct_units, stations_of, summary_units
from realcount.rendering.paths import nist_path
from realcount.usecases.contest_trees import grow_tree
from realcount.usecases.recount_log import GoesOn
from realcount.usecases.renew_sums import Each
from realcount.usecases.sealed_state import Standing, folder_of, sealed_sums
from realcount.usecases.stored_documents import document_of

logger = logging.getLogger(__name__)

NIST_INDEX = f"nist/{INDEX}"

Entry = Mapping[str, Any]


@dataclass(slots=True)
class Reported:
    """What one run came to: `contests` of which a new index was published, with so many `reports` written; `behind` and `failed`
    as `export_bulk.Exported`."""

    contests: list[ContestKey] = field(default_factory=list)
    reports: int = 0
    behind: int = 0
    failed: dict[ContestKey, RealcountError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _State:
    """What all reports of a contest are made from."""

    election: Election
    tree: ContestTree
    folder: Folder
    papers: Mapping[str, Paper]
    sums: Mapping[str, Sums]


def export_nist(
    standing: Standing,
    election: Election,
    *,
    elections: ElectionStore,
    log: PublishedLog,
    key: NoteKey,
    holds: Verify,
    bulk: BulkFiles,
    copies: PageCopies,
    pages: PageStore,
    goes_on: GoesOn,
    each: Each = map,
) -> Reported:
    """One run for one election. Raises `Drift` if the log is not what it must be, `Unavailable` if it cannot be read."""
    done = Reported()
    count = standing.count
    if count.follow(log, key, holds, goes_on):
        done.behind = 1
        return done
    for contest in election.contests:
        try:
            folder = folder_of(count, contest)
            page = pages.get(nist_path(contest.key))
            was: dict[str, Any] | None = document_of(page) if page else None
            if folder is None or (was and (was["size"] == folder.size or count.last_form(contest.key) < was["size"])):
                continue
            tree, whole = grow_tree(
                standing.trees.get(contest.key), election, contest, elections=elections, each=each, goes_on=goes_on
            )
            standing.trees[contest.key] = tree
            if not whole:
                done.behind = 1
                return done
            papers = count.papers(contest.key)
            state = _State(election, tree, folder, papers, sealed_sums(tree, folder, papers))
            index = _finished(state, _index(was["index"]["path"] if was else None, bulk), bulk, done)
            newest = (
                [{"size": was["size"], "sealed_at": was["sealed_at"], "index": was["index"]["path"]}, *was["older"]]
                if was
                else []
            )
            new = nist_page(contest, json.loads(index.data), listed(nist_folder(folder), index), kept(newest))
            copies.keep(new)
            pages.put(new)
            # If we die here, what the page no longer leads to stays for ever. It is in nobody's way.
            _let_go([one for one in newest if one not in kept(newest)], [index.data], kept(newest), bulk)
        except RealcountError as error:
            logger.error("no reports of %s were exported: %s", contest.key, error)
            done.failed[contest.key] = error
            continue
        done.contests.append(contest.key)
    return done


def _finished(state: _State, before: Entry | None, bulk: BulkFiles, done: Reported) -> File:
    """The index, with all that it names written before it. Raises `Drift` if a report refers to what is not in it."""
    at, contest = nist_folder(state.folder), state.tree.contest
    known = bulk.read(f"{at}/{NIST_INDEX}")
    if known is not None:  # The run before died between the index and the page.
        return File(NIST_INDEX, JSON_MEDIA, None, known)
    there = {(one["region"], one["format"]): one for one in (before["reports"] if before else ())}
    plans = list(plans_of(state.tree))
    of = {series: sum(plan.format == series for plan in plans) for series in (SUMMARY, PRECINCT)}
    number = dict.fromkeys(of, 0)
    entries: list[Entry] = []
    for plan in plans:
        number[plan.format] += 1
        digest = state_of(state.election, plan, _numbers(plan, state))
        same = there.get((plan.region.id, plan.format))
        if same is not None and same["state"] == digest:
            entries.append(same)
            continue
        made = _report(plan, state, number[plan.format], of[plan.format])
        if faults := faults_of(made):
            raise Drift(f"the report {report_name(plan)} of {contest.key} is not whole: {faults[0]}")
        files = report_files(plan, made)
        for file in files:
            bulk.write(
                f"{at}/{file.name}",
                file.data,
                file.media,
                download_name(contest.key, state.folder.size, file.name),
            )
        done.reports += 1
        entries.append(entry(plan, state.folder.size, digest, [listed(at, file) for file in files]))
    index = File(NIST_INDEX, JSON_MEDIA, None, nist_index(state.election, contest, state.folder, entries))
    bulk.finish(f"{at}/{NIST_INDEX}", index.data, JSON_MEDIA, download_name(contest.key, state.folder.size, NIST_INDEX))
    return index


def _numbers(plan: Plan, state: _State) -> Sequence[object]:
    """What the report says that can change."""
    if plan.format == PRECINCT or plan.region.holds == "stations":
        stations = stations_of(plan) if plan.format == PRECINCT else plan.region.children_in(state.tree.contest)
        return [(child.id, paper.entry) for child in stations if (paper := state.papers.get(child.id)) is not None]
    children = [child.id for child in plan.region.children_in(state.tree.contest)]
    return [state.sums[unit] for unit in (plan.region.id, *children)]


def _report(plan: Plan, state: _State, number: int, of: int) -> Object:
    if plan.format == SUMMARY:
        units = summary_units(plan, state.tree, state.sums, state.papers)
        expected, counted = plan.region.expected, state.sums[plan.region.id].stations
    else:
        units = precinct_units(plan, state.tree, state.papers)
        stations = [unit for unit in units if unit.level is None]
        expected, counted = len(stations), sum(unit.counted for unit in stations)
    scope = Scope(
        *(plan.format, number, of, plan.way[0].id, state.folder.size, state.folder.sealed_at, expected, counted)
    )
    return report(state.election, state.tree.contest, scope, units)


def _index(path: str | None, bulk: BulkFiles) -> Entry | None:
    data = bulk.read(path) if path else None
    found: Entry | None = None if data is None else json.loads(data)
    return found


def _let_go(gone: Sequence[Entry], newest: Sequence[bytes], stays: Sequence[Entry], bulk: BulkFiles) -> None:
    """Files of these indexes that no index which stays names."""
    if not gone:
        return
    kept_files = {path for data in newest for path in _paths(json.loads(data))}
    for one in stays:
        kept_files |= _paths(_index(one["index"], bulk))
    for one in gone:
        bulk.let_go([*sorted(_paths(_index(one["index"], bulk)) - kept_files), one["index"]])


def _paths(index: Entry | None) -> set[str]:
    return {file["path"] for report in (index["reports"] if index else ()) for file in report["files"]}
