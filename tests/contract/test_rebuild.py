"""Tally, pages and copies are dropped, and rebuilt from log and ledger: row by row and byte by byte what they were.

The election has every kind of history: corrections, a withdrawal, a returned version, forms that wait.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import pytest

from realcount.domain.election import ContestKey
from realcount.domain.errors import Drift, NotFound, Unavailable
from realcount.domain.page import Page
from realcount.domain.tally import Row
from realcount.evidence.signatures import holds
from realcount.local.memory import MemoryForms, MemoryTallies
from realcount.rendering.paths import (
    ELECTIONS,
    INDEX,
    contest_path,
    election_path,
    region_path,
    search_path,
    station_path,
)
from realcount.usecases.load_election import zero_pages
from realcount.usecases.rebuild_tally import Rebuilt, rebuild_tally
from realcount.usecases.rebuild_tally import Stores as Rebuilding
from realcount.usecases.sweep_tally import sweep_tally
from tests.contract.engines import AWSStores, Copy, MemoryStores, Stores
from tests.small_election import DPRD, ELECTION, PPWP, approver, contest, election, region, submitter, units
from tests.tampering.pokes import POKES
from tests.tampering.stage import ALL, counted_election, fork, recounted
from tests.unit.usecases.office import SIGNER, Office

SERVERS = ("memory", "ministack")


def office_on(stores: Stores, contests: Sequence[ContestKey] = ALL) -> Office:
    """Officials' files stay in memory; all that is rebuilt, and all it is rebuilt from, lies in the engine."""
    for key in (submitter(), approver()):
        stores.keys.register(key)
    kept: dict[str, Any] = {
        name: getattr(stores, name) for name in ("keys", "elections", "tallies", "editions", "copies", "pages", "log")
    }
    office = Office(**kept)
    office.forms = cast("MemoryForms", stores.forms)
    return counted_election(office, contests)


def paths() -> list[str]:
    found = [INDEX, ELECTIONS, election_path(ELECTION), search_path(ELECTION), *map(contest_path, ALL)]
    for of in ALL:
        for unit in filter(contest(of).covers, units()):
            found.append((region_path if hasattr(unit, "children") else station_path)(of, unit.id))
    return found


def everything(stores: Stores) -> tuple[list[Row], dict[str, Page], dict[str, Copy | None]]:
    rows = sorted(stores.tallies.all_rows(ELECTION))
    return rows, dict(stores.pages.find_all(paths())), {path: stores.copy_at(path) for path in paths()}


def drop(stores: Stores) -> None:
    """As whoever loses two tables and a bucket."""
    if isinstance(stores, MemoryStores):
        cast("MemoryTallies", stores.tallies)._rows.clear()
        stores.pages._pages.clear()  # type: ignore[attr-defined]
        stores.copies._copies.clear()
        return
    assert isinstance(stores, AWSStores)
    for table in (stores.tallies._table, stores.pages_table):  # type: ignore[attr-defined]
        for item in stores.dynamodb.scan(TableName=table)["Items"]:
            key = {name: item[name] for name in ("pk", "sk") if name in item}
            stores.dynamodb.delete_item(TableName=table, Key=key)
    for entry in stores.s3.list_objects_v2(Bucket=stores.published_bucket, Prefix="v1")["Contents"]:
        stores.s3.delete_object(Bucket=stores.published_bucket, Key=entry["Key"])


BEGUN = re.compile("/regions/[^/]+/(corrections|history|milestones)$")


def rebuild(stores: Stores, **instead: Any) -> Rebuilt:
    ports = {
        name: getattr(stores, name) for name in ("elections", "forms", "tallies", "editions", "copies", "pages", "log")
    }
    return rebuild_tally(ELECTION, Rebuilding(**{**ports, **instead}), key=SIGNER.key, holds=holds)


@pytest.mark.engines(*SERVERS)
def test_what_was_dropped_comes_back_byte_for_byte(stores: Stores) -> None:
    office_on(stores, [DPRD])  # In which stations lie under two parents.
    before = everything(stores)
    assert len(before[1]) == len(paths()) and None not in before[2].values()
    drop(stores)
    assert everything(stores)[:2] == ([], {})
    done = rebuild(stores)
    assert everything(stores) == before
    assert (done.stations, done.regions, done.pages) == (8, 7, 87)
    begun = {page.path for page in zero_pages(election(), units()) if BEGUN.search(page.path)}
    assert len(begun) == 48 and set(stores.pages.editions(begun)) == begun
    again = rebuild(stores)
    assert (again.stations, again.regions, again.pages) == (0, 0, 0)


@pytest.fixture(scope="module")
def counted() -> Office:
    return counted_election()


@pytest.fixture
def memory(counted: Office) -> tuple[MemoryStores, Office]:
    stores, office = MemoryStores(), fork(counted)
    for name in ("keys", "elections", "forms", "tallies", "editions", "copies", "pages", "log"):
        setattr(stores, name, getattr(office, name))
    return stores, office


def test_a_rebuild_that_died_anywhere_is_run_again(memory: tuple[MemoryStores, Office]) -> None:
    stores, _ = memory
    before = everything(stores)
    drop(stores)

    class Dying:
        """Lets so many writes through and no more."""

        def __init__(self, store: Any, left: list[int]) -> None:
            self._store, self._left = store, left

        def __getattr__(self, name: str) -> Any:
            method = getattr(self._store, name)
            return method if name not in ("advance", "replace", "keep", "put") else lambda *a: self._write(method, *a)

        def _write(self, method: Any, *arguments: Any) -> Any:
            if not self._left[0]:
                raise Unavailable("dead")
            self._left[0] -= 1
            return method(*arguments)

    deaths = 0
    while True:
        left = [7]
        try:
            rebuild(
                stores,
                **{name: Dying(getattr(stores, name), left) for name in ("tallies", "editions", "copies", "pages")},
            )
        except Unavailable:
            deaths += 1
            if deaths > 60:
                rebuild(stores)
                break
            continue
        break
    assert deaths > 5
    assert everything(stores) == before


@pytest.mark.parametrize(
    "poke",
    [poke for poke in POKES if poke.store in ("ledger", "log") and poke.unit != "head"],
    ids=lambda poke: poke.name,
)
def test_nothing_is_rebuilt_from_a_ledger_or_a_log_that_does_not_hold(
    memory: tuple[MemoryStores, Office], poke: Any
) -> None:
    stores, office = memory
    drop(stores)
    poke.do(office)
    with pytest.raises(Drift):
        rebuild(stores)
    assert poke.unit not in {row.child for row in stores.tallies.all_rows(ELECTION) if row.contest == PPWP}


def test_an_election_that_is_not_there_is_not_rebuilt(memory: tuple[MemoryStores, Office]) -> None:
    stores, _ = memory
    with pytest.raises(NotFound):
        rebuild_tally(
            "e18",
            Rebuilding(
                stores.elections, stores.forms, stores.tallies, stores.editions, stores.copies, stores.pages, stores.log
            ),
            key=SIGNER.key,
            holds=holds,
        )


@pytest.mark.parametrize(
    "poke",
    [poke for poke in POKES if poke.store in ("tally", "pages") and poke.name != "a head set back"],
    ids=lambda poke: poke.name,
)
def test_what_a_recount_finds_is_repaired_by_deleting_it_and_the_sweep(
    memory: tuple[MemoryStores, Office], poke: Any
) -> None:
    """docs/operations.md, Recounting: no number is ever written by hand."""
    stores, office = memory
    before = everything(stores)
    poke.do(office)
    for one in recounted(office).differences:
        delete(office, one.store, one.contest, one.unit, one.parent)
    for _ in range(2):
        for root in contest(PPWP).roots + contest(ALL[1]).roots + contest(ALL[2]).roots:
            for of in ALL:
                if root in contest(of).roots:
                    sweep_tally(
                        of, root, elections=office.elections, forms=office.forms, tallies=office.tallies,
                        editions=office.editions, copies=office.copies, pages=office.pages, overdue="2000-01-01T00:00:00.000Z",
                    )  # fmt: skip
    assert everything(stores)[:2] == before[:2]


def delete(office: Office, store: str, of: Any, unit: str, parent: str | None) -> None:
    """The row, the row of the region it lies in, and so on up; or the page."""
    if store == "pages":
        for path in (region_path(of, unit), station_path(of, unit)):
            office.pages._pages.pop(path, None)
        return
    assert parent is not None
    office.tallies._rows[of, parent].pop(unit, None)
    if parent != "-":
        for above in contest(of).parents_of(region(parent)):
            delete(office, store, of, parent, above)
