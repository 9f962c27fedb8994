"""PageCopies: a copy says what the API's answer says, and never goes back, however many write it."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from realcount.aws.copies_s3 import ATTEMPTS, S3Copies
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page
from realcount.ports import PageCopies
from realcount.rendering.encoding import json_page
from tests.contract import samples
from tests.contract.engines import CREDENTIALS, AWSStores, Copy, Stores
from tests.contract.races import at_once, winners

PATH = "/v1/elections/2019/contests/PPWP/regions/11"
EVERYWHERE = pytest.mark.engines("memory", "moto", "ministack")
SERVERS = pytest.mark.engines("memory", "ministack")


def page(edition: int, rendering: int = 1, path: str = PATH) -> Page:
    return samples.page(path, edition, rendering)


def shown(stores: Stores, path: str = PATH) -> tuple[int, int]:
    copy = stores.copy_at(path)
    assert copy is not None
    return copy.edition, copy.rendering


@EVERYWHERE
@pytest.mark.parametrize("children", [1, 300], ids=["stored as it is", "stored compressed"])
def test_a_copy_is_the_page_without_compression_with_the_headers_of_the_answer(stores: Stores, children: int) -> None:
    document = {"edition": 7, "children": ["PULAU “SERIBU”"] * children}
    found = json_page(PATH, document, edition=7, updated_at=samples.NOON, max_age=15)
    stores.copies.keep(found)
    copy = stores.copy_at(PATH)
    assert copy == Copy(
        7,
        found.rendering,
        found.etag,
        "application/json",
        "public, max-age=15, s-maxage=15, stale-while-revalidate=300, stale-if-error=86400",
        json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n",
    )


@EVERYWHERE
def test_where_nothing_was_kept_there_is_nothing(stores: Stores) -> None:
    stores.copies.keep(page(3))
    assert stores.copy_at(PATH + "1") is None


@EVERYWHERE
@pytest.mark.parametrize(
    ("there", "coming", "kept"),
    [
        ((5, 1), (6, 1), (6, 1)),
        ((5, 1), (5, 2), (5, 2)),
        ((5, 2), (6, 1), (6, 1)),
        ((5, 1), (5, 1), (5, 1)),
        ((5, 2), (5, 1), (5, 2)),
        ((5, 1), (4, 9), (5, 1)),
        ((9, 1), (10, 1), (10, 1)),
        ((10, 1), (9, 1), (10, 1)),
    ],
)
def test_which_page_takes_the_place_of_which(
    stores: Stores, there: tuple[int, int], coming: tuple[int, int], kept: tuple[int, int]
) -> None:
    stores.copies.keep(page(*there))
    stores.copies.keep(page(*coming))
    assert shown(stores) == kept
    copy = stores.copy_at(PATH)
    assert copy is not None
    assert copy.body == page(*kept).bodies["identity"]


@EVERYWHERE
def test_many_first_copies_and_none_in_the_place_of_a_newer_one(stores: Stores) -> None:
    """A load that was interrupted on election eve is finished by mistake while the count runs."""
    first = [page(0, path=f"{PATH}{i}") for i in range(40)]
    running = [page(i + 1, path=f"{PATH}{i}") for i in range(0, 40, 7)]
    for one in running:
        stores.copies.keep(one)
    stores.copies.keep_all(iter(first))
    stores.copies.keep_all(first)
    stores.copies.keep_all([])
    newer = {one.path: one for one in running}
    for one in first:
        assert shown(stores, one.path) == (newer.get(one.path, one).edition, 1)


@EVERYWHERE
def test_of_several_pages_of_one_path_the_newest_is_kept(stores: Stores) -> None:
    stores.copies.keep_all([page(2), page(3), page(1)])
    assert shown(stores) == (3, 1)


@SERVERS
def test_of_many_editions_at_once_the_newest_stays(stores: Stores) -> None:
    outcomes = at_once([functools.partial(stores.copies.keep, page(edition)) for edition in range(8)])
    assert winners(outcomes) == list(range(8))
    assert shown(stores) == (7, 1)


@SERVERS
def test_whoever_has_kept_a_page_finds_a_copy_at_least_as_new(stores: Stores) -> None:
    """The promise the publisher builds on, while seven others write."""
    seen: list[tuple[int, tuple[int, int]]] = []

    def keep_and_look(edition: int) -> None:
        stores.copies.keep(page(edition))
        seen.append((edition, shown(stores)))

    at_once([functools.partial(keep_and_look, edition) for edition in range(8)])
    assert len(seen) == 8
    assert all(found[0] >= edition for edition, found in seen)


# ---- S3, seen from close up -------------------------------------------------------------------------------------------


@pytest.fixture
def watched() -> Iterator[tuple[AWSStores, PageCopies, list[tuple[str, dict[str, Any]]]]]:
    """Copies over moto, and every request they make."""
    requests: list[tuple[str, dict[str, Any]]] = []

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        requests.append((model.name, dict(params)))

    with mock_aws():
        client = boto3.client("s3", **CREDENTIALS)
        stores = AWSStores(None, s3=client, pause=lambda attempt: None)
        copies = stores.copies
        client.meta.events.register("provide-client-params.s3", note)
        yield stores, copies, requests


def test_what_each_step_costs(watched: tuple[AWSStores, PageCopies, list[tuple[str, dict[str, Any]]]]) -> None:
    _, copies, requests = watched
    costs = []
    for step in (
        lambda: copies.keep_all([page(0)]),  # the first of its path
        lambda: copies.keep(page(1)),
        lambda: copies.keep(page(1)),  # there already
        lambda: copies.keep_all([page(0)]),  # a load, run again
    ):
        requests.clear()
        step()
        costs.append([name for name, _ in requests])
    put, head = "PutObject", "HeadObject"
    assert costs == [[put], [head, put], [head], [put, head]]


def test_no_copy_is_ever_written_without_a_condition(
    watched: tuple[AWSStores, PageCopies, list[tuple[str, dict[str, Any]]]],
) -> None:
    _, copies, requests = watched
    copies.keep_all([page(0)])
    for edition in (1, 2):
        copies.keep(page(edition))
    copies.keep(page(5, path=PATH + "1"))
    puts = [params for name, params in requests if name == "PutObject"]
    assert len(puts) == 4
    assert all(("IfMatch" in params) != (params.get("IfNoneMatch") == "*") for params in puts)


class Rival:
    """Another publisher, who is always a little faster: writes its next page between our look and our write."""

    def __init__(self, client: Any, bucket: str, pages: Iterator[Page]) -> None:
        self._copies = S3Copies(client, bucket)
        self._pages = pages
        self._mine = False

    def before_put(self, **_: object) -> None:
        if not self._mine and (rival := next(self._pages, None)) is not None:
            self._mine = True
            self._copies.keep(rival)
            self._mine = False


@pytest.mark.parametrize(
    ("theirs", "kept"),
    [([3], 4), ([5], 5), ([1, 2, 3], 4), ([3, 9], 9)],
    ids=["older", "newer", "several older", "older, then newer"],
)
def test_a_lost_race_is_looked_at_again(theirs: list[int], kept: int) -> None:
    with mock_aws():
        ours = boto3.client("s3", **CREDENTIALS)
        stores = AWSStores(None, s3=ours, pause=lambda attempt: None)
        stores.copies.keep(page(0))
        rival = Rival(boto3.client("s3", **CREDENTIALS), stores.published_bucket, map(page, theirs))
        ours.meta.events.register("provide-client-params.s3.PutObject", rival.before_put)
        stores.copies.keep(page(4))
        assert shown(stores) == (kept, 1)


def test_a_race_that_is_always_lost_ends() -> None:
    """To older pages, each newer than the last: it cannot happen for long, and must not hold up the others for ever."""
    paused: list[int] = []
    with mock_aws():
        ours = boto3.client("s3", **CREDENTIALS)
        stores = AWSStores(None, s3=ours, pause=paused.append)
        stores.copies.keep(page(0))
        rival = Rival(boto3.client("s3", **CREDENTIALS), stores.published_bucket, map(page, itertools.count(1)))
        ours.meta.events.register("provide-client-params.s3.PutObject", rival.before_put)
        with pytest.raises(Unavailable, match=f"lost {ATTEMPTS} races"):
            stores.copies.keep(page(10_000))
        assert paused == list(range(1, ATTEMPTS + 1))
