"""EditionStore: the page of every edition, for ever; the first stays, however many keep one, and each is kept by itself."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from botocore.exceptions import ClientError

from realcount.aws.editions_s3 import ATTEMPTS, S3Editions
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page
from realcount.rendering.encoding import body_of, json_page
from tests.contract import samples
from tests.contract.engines import AWSStores, Stores
from tests.contract.races import at_once, winners

PATH = "/v1/elections/2019/contests/PPWP/regions/11"
EVERYWHERE = pytest.mark.engines("memory", "moto", "ministack")


def page(edition: int, word: str = "a word", path: str = PATH) -> Page:
    return json_page(path, {"edition": edition, "word": word}, edition=edition, updated_at=samples.NOON, max_age=5)


@EVERYWHERE
def test_each_edition_is_kept_by_itself(stores: Stores) -> None:
    for edition in (0, 7, 70):
        stores.editions.keep(page(edition))
    for edition in (0, 7, 70):
        assert stores.editions.find(PATH, edition) == body_of(page(edition))
    assert stores.editions.find(PATH, 8) is None
    assert stores.editions.find(PATH + "1", 7) is None


@EVERYWHERE
def test_the_first_stays(stores: Stores) -> None:
    stores.editions.keep(page(7, "first"))
    stores.editions.keep(page(7, "second"))
    stores.editions.keep_all([page(7, "third"), page(8)])
    assert stores.editions.find(PATH, 7) == body_of(page(7, "first"))
    assert stores.editions.find(PATH, 8) == body_of(page(8))


@EVERYWHERE
def test_a_page_that_is_stored_compressed_is_kept_as_it_is(stores: Stores) -> None:
    large = page(1, "PULAU “SERIBU” " * 100)
    assert "identity" not in large.bodies
    stores.editions.keep(large)
    assert stores.editions.find(PATH, 1) == body_of(large)


@EVERYWHERE
def test_many_first_editions(stores: Stores) -> None:
    stores.editions.keep(page(0, "was there", f"{PATH}-3"))
    stores.editions.keep_all(page(0, path=f"{PATH}-{i}") for i in range(40))
    found = {i: stores.editions.find(f"{PATH}-{i}", 0) for i in range(40)}
    assert found == {i: body_of(page(0, "was there" if i == 3 else "a word")) for i in range(40)}


@pytest.mark.engines("memory", "ministack")
def test_of_many_at_once_one_stays_and_all_have_kept_it(stores: Stores) -> None:
    outcomes = at_once([functools.partial(stores.editions.keep, page(7, f"word {i}")) for i in range(8)])
    assert winners(outcomes) == list(range(8))
    assert stores.editions.find(PATH, 7) in {body_of(page(7, f"word {i}")) for i in range(8)}


@pytest.mark.engines("moto")
def test_where_it_lies_and_what_it_says_to_caches(stores: Stores) -> None:
    assert isinstance(stores, AWSStores)
    kept = page(7)
    stores.editions.keep(kept)
    found = stores.s3.get_object(
        Bucket=stores.published_bucket, Key="v1/elections/2019/contests/PPWP/regions/11/editions/7"
    )
    assert (found["ContentType"], found["CacheControl"]) == ("application/json", "public, max-age=31536000, immutable")
    assert found["Metadata"] == {"edition": "7", "rendering": str(kept.rendering), "etag": kept.etag}
    assert found["ETag"]


class Busy:
    """S3, with another's write of the same object under way, so many times."""

    def __init__(self, times: int) -> None:
        self.left, self.puts = times, 0

    def put_object(self, **_: Any) -> None:
        self.puts += 1
        if self.left:
            self.left -= 1
            raise ClientError({"Error": {"Code": "ConditionalRequestConflict", "Message": "under way"}}, "PutObject")


def test_while_another_writes_it_is_not_sure_to_be_kept() -> None:
    """The other may yet fail, so ours is tried again."""
    busy: Any = Busy(3)
    S3Editions(busy, "bucket", pause=lambda attempt: None).keep(page(7))
    assert busy.puts == 4
    never: Any = Busy(ATTEMPTS)
    with pytest.raises(Unavailable, match="edition 7 of the page"):
        S3Editions(never, "bucket", pause=lambda attempt: None).keep(page(7))
