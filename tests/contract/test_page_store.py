"""PageStore: a page is replaced by what supersedes it and by nothing else."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from realcount.domain.page import Stored
from tests.contract import samples
from tests.contract.engines import Stores
from tests.contract.races import at_once

PATH = "/v1/elections/2019/contests/PPWP/regions/11"
CURRENT, RENDERED_ANEW, NEWER = Stored
SERVERS = ("memory", "ministack", "dynoxide")
"""Without moto where threads race, and where transactions are large: it copies the whole table for each."""


@pytest.mark.parametrize("size", [0, 300, 90_000], ids=["nearly empty", "small", "large"])
def test_a_page_comes_back_byte_for_byte(stores: Stores, size: int) -> None:
    page = samples.page(PATH, edition=12, size=size)
    assert stores.pages.put(page) is NEWER
    assert stores.pages.get(PATH) == page
    assert stores.pages.editions([PATH]) == {PATH: (12, 1)}


def test_a_page_that_goes_on_elsewhere_comes_back_with_its_link(stores: Stores) -> None:
    linked = replace(samples.page(PATH, edition=2), link=f'<{PATH}/corrections/7>; rel="next"')
    for page in (samples.page(PATH, edition=1), linked, samples.page(PATH, edition=3)):
        stores.pages.put(page)
        assert stores.pages.get(PATH) == stores.pages.find_all([PATH])[PATH] == page


@pytest.mark.parametrize(
    "absurd",
    ["", "/v1/" + "x" * 5_000, "/v1/\ud800", "/v1/" + "é" * 1_500],
    ids=["empty", "long", "surrogate", "long in bytes"],
)
def test_a_path_no_page_could_have_is_simply_not_there(stores: Stores, absurd: str) -> None:
    """Paths come from the network before anything has checked them."""
    stores.pages.put(samples.page(PATH))
    assert stores.pages.get(PATH + "1") is None
    assert stores.pages.get(absurd) is None


def test_an_unknown_page_has_no_edition(stores: Stores) -> None:
    stores.pages.put(samples.page(PATH))
    assert stores.pages.editions([PATH + "1"]) == {}
    assert stores.pages.editions([]) == {}


def test_the_editions_of_many_pages_at_once(stores: Stores) -> None:
    for i in range(0, 230, 2):
        stores.pages.put(samples.page(f"{PATH}{i}", edition=i, rendering=3))
    asked = [f"{PATH}{i}" for i in range(230)]
    assert stores.pages.editions(iter([*asked, asked[0]])) == {f"{PATH}{i}": (i, 3) for i in range(0, 230, 2)}


@pytest.mark.parametrize("size", [300, 20_000], ids=["small", "large"])
def test_many_pages_at_once(stores: Stores, size: int) -> None:
    pages = {f"{PATH}{i}": samples.page(f"{PATH}{i}", edition=i, size=size) for i in range(0, 230, 2)}
    stores.pages.put_all(pages.values())
    asked = [f"{PATH}{i}" for i in range(230)]
    assert stores.pages.find_all(iter([*asked, asked[0]])) == pages
    assert stores.pages.find_all([]) == {}


@pytest.mark.parametrize(
    ("there", "coming", "stored"),
    [
        ((5, 1), (6, 1), NEWER),
        ((5, 1), (5, 2), RENDERED_ANEW),
        ((5, 2), (6, 1), NEWER),
        ((5, 1), (5, 1), CURRENT),
        ((5, 2), (5, 1), CURRENT),
        ((5, 1), (4, 1), CURRENT),
        ((5, 1), (4, 9), CURRENT),
        ((9, 1), (10, 1), NEWER),
        ((10, 1), (9, 1), CURRENT),
    ],
)
def test_which_page_takes_the_place_of_which(
    stores: Stores, there: tuple[int, int], coming: tuple[int, int], stored: Stored
) -> None:
    old, new = samples.page(PATH, *there), samples.page(PATH, *coming)
    stores.pages.put(old)
    assert stores.pages.put(new) is stored
    assert stores.pages.get(PATH) == (new if stored else old)
    assert stores.pages.editions([PATH]) == {PATH: coming if stored else there}


@pytest.mark.engines(*SERVERS)
def test_many_first_pages_at_once(stores: Stores) -> None:
    pages = [samples.page(f"{PATH}{i}") for i in range(130)]
    stores.pages.put_all(iter(pages))
    stores.pages.put_all(pages)
    stores.pages.put_all([])
    assert [stores.pages.get(page.path) for page in pages] == pages


@pytest.mark.engines(*SERVERS)
def test_a_load_never_replaces_a_newer_page(stores: Stores) -> None:
    """A load that was interrupted on election eve is finished by mistake while the count runs."""
    running = [samples.page(f"{PATH}{i}", edition=i + 1) for i in range(0, 130, 7)]
    for page in running:
        stores.pages.put(page)
    first = [samples.page(f"{PATH}{i}") for i in range(130)]
    stores.pages.put_all(first)
    newer = {page.path: page for page in running}
    for page in first:
        assert stores.pages.get(page.path) == newer.get(page.path, page)


def test_a_load_replaces_what_it_supersedes_and_takes_the_newest_of_several(stores: Stores) -> None:
    stores.pages.put(samples.page(PATH, edition=1))
    stores.pages.put_all([samples.page(PATH, edition=2), samples.page(PATH, edition=3), samples.page(PATH, edition=1)])
    assert stores.pages.get(PATH) == samples.page(PATH, edition=3)


@pytest.mark.engines(*SERVERS)
def test_first_pages_larger_together_than_one_transaction(stores: Stores) -> None:
    """60 regions of 80 KB are more than the 4 MB of one transaction."""
    pages = [samples.page(f"{PATH}{i}", size=40_000) for i in range(60)]
    stores.pages.put_all(pages)
    assert [stores.pages.get(page.path) for page in pages] == pages


@pytest.mark.engines(*SERVERS)
def test_of_many_editions_at_once_the_newest_stays(stores: Stores) -> None:
    pages = [samples.page(PATH, edition=edition) for edition in range(8)]
    outcomes = at_once([functools.partial(stores.pages.put, page) for page in pages])
    assert outcomes[-1] is NEWER
    assert stores.pages.get(PATH) == pages[-1]


@pytest.mark.engines(*SERVERS)
def test_of_one_page_put_many_times_at_once_one_is_stored(stores: Stores) -> None:
    outcomes = at_once([functools.partial(stores.pages.put, samples.page(PATH, edition=4))] * 8)
    assert sorted(outcomes) == [CURRENT] * 7 + [NEWER]
