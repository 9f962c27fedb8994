"""PageReader without a client: what it reads is what was stored, on every engine that is a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from realcount.aws.page_reader import page_reader
from realcount.ports import PageReader
from tests.contract import samples
from tests.contract.engines import CREDENTIALS, AWSStores, MemoryStores, Stores

PATH = "/v1/elections/2019/contests/PPWP/regions/11"

pytestmark = pytest.mark.engines("memory", "ministack", "dynoxide")


@pytest.fixture
def reader(stores: Stores) -> Iterator[PageReader]:
    """Memory is its own reader: the reference that the other is held against."""
    if isinstance(stores, MemoryStores):
        yield stores.pages
        return
    assert isinstance(stores, AWSStores) and stores.endpoint
    environ = {
        "AWS_ENDPOINT_URL": stores.endpoint,
        "AWS_DEFAULT_REGION": CREDENTIALS["region_name"],
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
    }
    with closing(page_reader(environ, stores.pages_table)) as reader:
        yield reader


@pytest.mark.parametrize("size", [0, 300, 90_000], ids=["nearly empty", "small", "large"])
def test_a_page_comes_back_byte_for_byte(stores: Stores, reader: PageReader, size: int) -> None:
    page = samples.page(PATH, edition=12, size=size)
    assert reader.get(PATH) is None
    stores.pages.put(page)
    assert reader.get(PATH) == stores.pages.get(PATH) == page


def test_a_page_comes_back_with_its_link(stores: Stores, reader: PageReader) -> None:
    page = replace(samples.page(PATH), link=f'<{PATH}/corrections/7>; rel="next"')
    stores.pages.put(page)
    assert reader.get(PATH) == page


@pytest.mark.parametrize(
    "absurd",
    ["", "/v1/" + "x" * 5_000, "/v1/\ud800", "/v1/" + "é" * 1_500],
    ids=["empty", "long", "surrogate", "long in bytes"],
)
def test_a_path_no_page_could_have_is_simply_not_there(stores: Stores, reader: PageReader, absurd: str) -> None:
    stores.pages.put(samples.page(PATH))
    assert reader.get(PATH + "1") is None
    assert reader.get(absurd) is None


@pytest.mark.parametrize("path", ["/v1/é", '/v1/"quoted"', "/v1/\\", "/v1/選挙", "/v1/\n", "/v1/ a"])
def test_any_path_that_can_be_stored_can_be_read(stores: Stores, reader: PageReader, path: str) -> None:
    stores.pages.put(samples.page(path))
    assert reader.get(path) == samples.page(path)


def test_each_read_sees_the_newest_edition(stores: Stores, reader: PageReader) -> None:
    for edition in (1, 2, 9, 10):
        stores.pages.put(samples.page(PATH, edition=edition))
        assert reader.get(PATH) == samples.page(PATH, edition=edition)


def test_a_hundred_pages_one_after_the_other(stores: Stores, reader: PageReader) -> None:
    pages = [samples.page(f"{PATH}{i}", size=17 * i) for i in range(100)]
    for page in pages:
        stores.pages.put(page)
    assert [reader.get(page.path) for page in pages] == pages
