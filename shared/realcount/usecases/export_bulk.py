"""Write a whole contest as files, at one exact state: what counted at every station when the totals were sealed last.

It counts again out of the public log, and publishes nothing whose sums are not the ones that were sealed. The order of the
writes: the files of a folder, its index, the page's copy, the page; then what nobody is led to any more is let go. Whoever
dies in between leaves the old page, which leads to whole files; the next run writes the same bytes to the same names.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from realcount.domain.contest_tree import ContestTree, part_of
from realcount.domain.election import ContestKey, Election
from realcount.domain.errors import RealcountError
from realcount.domain.log.notes import NoteKey, Verify
from realcount.domain.paper import Paper
from realcount.domain.sum_tree import Sums
from realcount.file_ports import BulkFiles
from realcount.log_ports import PublishedLog
from realcount.ports import ElectionStore, PageCopies, PageStore
from realcount.rendering.bulk.columns import StationColumns, region_columns, region_rows
from realcount.rendering.bulk.index import (
    INDEX,
    File,
    Folder,
    Listed,
    bulk_page,
    download_name,
    folder_index,
    folder_path,
    kept,
    listed,
)
from realcount.rendering.bulk.parquet import ParquetTable
from realcount.rendering.bulk.tables import GZIP_MEDIA, PARQUET_MEDIA, CsvTable, NdjsonTable, Table
from realcount.rendering.encoding import JSON_MEDIA
from realcount.rendering.paths import bulk_path
from realcount.usecases.contest_trees import grow_tree
from realcount.usecases.recount_log import GoesOn
from realcount.usecases.renew_sums import Each
from realcount.usecases.sealed_state import Standing, folder_of, sealed_sums
from realcount.usecases.stored_documents import document_of

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Exported:
    """What one run came to. `folders` were published, with so many `files`; `behind` is 1 if there was no time to read all that
    is needed, which the next run goes on with; `failed` are contests of which nothing was published, and why."""

    folders: list[str] = field(default_factory=list)
    files: int = 0
    behind: int = 0
    failed: dict[ContestKey, RealcountError] = field(default_factory=dict)


def export_bulk(
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
) -> Exported:
    """One run for one election. Raises `Drift` if the log is not what it must be, `Unavailable` if it cannot be read."""
    done = Exported()
    count = standing.count
    if count.follow(log, key, holds, goes_on):
        done.behind = 1
        return done
    for contest in election.contests:
        try:
            folder = folder_of(count, contest)
            newest, was = _newest(contest.key, pages)
            if folder is None or (was and (was["size"] == folder.size or count.last_form(contest.key) < was["size"])):
                continue
            tree, whole = grow_tree(
                standing.trees.get(contest.key), election, contest, elections=elections, each=each, goes_on=goes_on
            )
            standing.trees[contest.key] = tree
            if not whole:
                done.behind = 1
                return done
            index = _finished(election, tree, folder, count.papers(contest.key), bulk, done)
            page = bulk_page(election, contest, json.loads(index.data), listed(_at(folder), index), kept(newest))
            copies.keep(page)
            pages.put(page)
            # If we die here, what the page no longer leads to stays for ever. It is in nobody's way.
            _let_go([entry for entry in newest if entry not in kept(newest)], bulk)
        except RealcountError as error:
            logger.error("nothing of %s was exported: %s", contest.key, error)
            done.failed[contest.key] = error
            continue
        done.folders.append(_at(folder))
    return done


def _newest(contest: ContestKey, pages: PageStore) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """What the page leads to, newest first, as entries of `older`; and the page."""
    page = pages.get(bulk_path(contest))
    if page is None:
        return [], None
    was: dict[str, Any] = document_of(page)
    return [{"size": was["size"], "sealed_at": was["sealed_at"], "index": was["index"]["path"]}, *was["older"]], was


def _finished(
    election: Election,
    tree: ContestTree,
    folder: Folder,
    papers: Mapping[str, Paper],
    bulk: BulkFiles,
    done: Exported,
) -> File:
    """The index of the folder, with all that it names written before it. Raises `Drift` before anything is written."""
    sums = sealed_sums(tree, folder, papers)
    at, contest = _at(folder), tree.contest
    known = bulk.read(f"{at}/{INDEX}")
    if known is not None:  # The run before died between the index and the page.
        return File(INDEX, JSON_MEDIA, None, known)
    columns = StationColumns(tree)
    written: list[Listed] = []
    for file in _files(tree, sums, papers, columns):
        bulk.write(f"{at}/{file.name}", file.data, file.media, download_name(contest.key, folder.size, file.name))
        written.append(listed(at, file))
    done.files += len(written)
    index = File(INDEX, JSON_MEDIA, None, folder_index(election, contest, folder, columns.columns, written))
    bulk.finish(f"{at}/{INDEX}", index.data, JSON_MEDIA, download_name(contest.key, folder.size, INDEX))
    return index


def _files(
    tree: ContestTree, sums: Mapping[str, Sums], papers: Mapping[str, Paper], columns: StationColumns
) -> Iterator[File]:
    """Each once it is full: that of a part when the walk leaves it, those of the whole at the end."""
    whole: tuple[tuple[str, str, Table], ...] = (
        ("stations.csv.gz", GZIP_MEDIA, CsvTable(columns.columns)),
        ("stations.ndjson.gz", GZIP_MEDIA, NdjsonTable(columns.columns)),
        ("stations.parquet", PARQUET_MEDIA, ParquetTable(columns.columns)),
    )
    seen: set[str] = set()
    part = _Part("", columns)
    for region, way in tree.walk():
        here = part_of(way)
        name = f"{here.level}/{here.id}.csv.gz" if here else ""
        if name != part.name:
            yield from part.close()
            part = _Part(name, columns)
        for station in tree.stations(region, seen):
            row = columns.row(way, station, papers.get(station.id))
            part.table.add(row)
            part.rows += 1
            for _, _, table in whole:
                table.add(row)
    yield from part.close()
    for name, media, table in whole:
        yield File(name, media, len(seen), table.close())
    regions = CsvTable(region_columns(tree.contest))
    rows = list(region_rows(tree, sums))
    for row in rows:
        regions.add(row)
    yield File("regions.csv.gz", GZIP_MEDIA, len(rows), regions.close())


class _Part:
    """The file of a part of the tree; without a name, of what lies above all parts, which has no stations."""

    def __init__(self, name: str, columns: StationColumns) -> None:
        self.name = name
        self.table = CsvTable(columns.columns)
        self.rows = 0

    def close(self) -> Iterator[File]:
        if self.rows:
            yield File(self.name, GZIP_MEDIA, self.rows, self.table.close())


def _let_go(entries: Sequence[Mapping[str, Any]], bulk: BulkFiles) -> None:
    for entry in entries:
        index = bulk.read(entry["index"])
        if index is not None:
            bulk.let_go([*(file["path"] for file in json.loads(index)["files"]), entry["index"]])


def _at(folder: Folder) -> str:
    return folder_path(folder.contest, folder.size)
