"""Readers get the stored bytes in a coding they can take, a strong ETag, and nothing twice that they already have."""

from __future__ import annotations

import gzip
import importlib
import json
import string
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from random import Random
from types import SimpleNamespace

import brotli
import pytest

from realcount import wiring
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page
from realcount.edge.recent import Recent
from realcount.rendering.lifetimes import cache_control
from realcount.rendering.limits import MAX_PATH
from tests.functions.night import Night, Reply, region_path, station_path
from tests.small_election import ELECTION, NOON

UNPACK = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}
VILLAGE = region_path("V1")


def get(night: Night, path: str, **headers: str):  # type: ignore[no-untyped-def]
    return night.http("read_results", "GET", path, **headers)


def page(night: Night, path: str = VILLAGE) -> Page:
    found = night.pages.get(path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/elections",
        f"/v1/elections/{ELECTION}",
        f"/v1/elections/{ELECTION}/contests/ppwp",
        region_path("N"),
        station_path("S1"),
    ],
)
def test_every_kind_of_page_is_there_before_the_first_form(night: Night, path: str) -> None:
    reply = get(night, path)
    assert reply.status == 200
    assert json.loads(reply.body)
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["etag"] == f'"{page(night, path).etag}"'


def test_a_document_that_goes_on_elsewhere_says_so_in_its_header(night: Night) -> None:
    link = f'<{VILLAGE}/corrections/7>; rel="next"'
    assert "link" not in get(night, VILLAGE).headers
    night.pages.put(replace(page(night), edition=1, link=link))
    reply = get(night, VILLAGE)
    assert (reply.status, reply.headers["link"]) == (200, link)
    assert "Link" in reply.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("accept", "coding", "suffix"),
    [
        (None, None, ""),
        ("", None, ""),
        ("identity", None, ""),
        ("br", "br", "-br"),
        ("gzip", "gzip", "-gz"),
        ("x-gzip", "gzip", "-gz"),
        ("GZIP", "gzip", "-gz"),
        ("gzip, deflate, br, zstd", "br", "-br"),
        ("gzip, br;q=0", "gzip", "-gz"),
        ("gzip;q=1.0, br;q=0.9", "gzip", "-gz"),
        ("gzip;q=0.5, identity", None, ""),
        ("gzip;q=0.001", "gzip", "-gz"),
        ("*", "br", "-br"),
        ("*;q=0.1, gzip;q=0.5", "gzip", "-gz"),
        ("*;q=0, gzip", "gzip", "-gz"),
        ("deflate", None, ""),
        ("br;q=nonsense", None, ""),
        ("br;q=0.5555", None, ""),
        (";;,,=", None, ""),
    ],
)
def test_the_coding_is_the_best_that_the_reader_takes(
    night: Night, accept: str | None, coding: str | None, suffix: str
) -> None:
    stored = page(night)
    assert set(stored.bodies) == {"gzip", "br"}
    reply = get(night, VILLAGE, **({"accept_encoding": accept} if accept is not None else {}))
    assert reply.status == 200
    assert reply.headers.get("content-encoding") == coding
    assert reply.headers["etag"] == f'"{stored.etag}{suffix}"'
    assert reply.headers["vary"] == "Accept-Encoding"
    assert UNPACK[coding](reply.body) == gzip.decompress(stored.bodies["gzip"])
    if coding is not None:
        assert reply.body == stored.bodies[coding]


@pytest.mark.parametrize("accept", ["identity;q=0, br;q=0, gzip;q=0", "*;q=0", "identity;q=0, deflate"])
def test_a_reader_who_excludes_every_coding_is_told_so(night: Night, accept: str) -> None:
    reply = get(night, VILLAGE, accept_encoding=accept)
    assert (reply.status, reply.problem) == (406, "not-acceptable")
    assert reply.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_path_that_is_too_long_is_refused_before_anything_is_looked_up(night: Night, method: str) -> None:
    looked_up: list[str] = []
    vars(night.adapters).update(page_reader=SimpleNamespace(get=looked_up.append))
    reply = night.http("read_results", method, "/v1/" + "x" * (MAX_PATH - 3))
    assert (reply.status, reply.body == b"") == (414, method == "HEAD")
    assert night.http("read_results", method, "/v1/" + "x" * (MAX_PATH - 4)).status == (
        405 if method == "DELETE" else 404
    )
    assert looked_up == []


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1", "GET, HEAD, OPTIONS"),
        (VILLAGE, "GET, HEAD, OPTIONS"),
        ("/v1/uploads", "POST, OPTIONS"),
        ("/v1/reviews", "POST, OPTIONS"),
    ],
)
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "QUERY"])
def test_a_method_that_an_address_does_not_take_is_told_which_it_takes(
    night: Night, method: str, path: str, allow: str
) -> None:
    reply = night.http("read_results", method, path)
    assert (reply.status, reply.problem, reply.headers["allow"]) == (405, "method-not-allowed", allow)


@pytest.mark.parametrize("path", ["/v1/uploads", "/v1/reviews"])
def test_what_is_only_posted_to_is_no_page(night: Night, path: str) -> None:
    reply = get(night, path)
    assert (reply.status, reply.problem, reply.headers["allow"]) == (405, "method-not-allowed", "POST, OPTIONS")


def test_the_index_names_what_describes_the_api(night: Night) -> None:
    links = get(night, "/v1").headers["link"]
    assert (
        links == '</v1/openapi.json>; rel="service-desc", </docs/>; rel="service-doc", </docs/#licence>; rel="license"'
    )


def test_a_small_page_is_stored_and_sent_as_it_is(night: Night) -> None:
    assert set(page(night, "/v1").bodies) == {"identity"}
    reply = get(night, "/v1", accept_encoding="gzip, br")
    assert "content-encoding" not in reply.headers
    assert reply.body == page(night, "/v1").bodies["identity"]


@pytest.mark.parametrize("held", ["", "-gz", "-br"])
@pytest.mark.parametrize("accept", ["identity", "gzip", "br"])
@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other", "{}"', 'W/"other" ,W/"{}"', '"{}","other"'])
def test_whoever_holds_this_edition_in_any_coding_gets_304(night: Night, held: str, accept: str, form: str) -> None:
    tag = page(night).etag + held
    reply = get(night, VILLAGE, accept_encoding=accept, if_none_match=form.format(tag))
    assert reply.status == 304
    assert reply.body == b""
    assert reply.headers["etag"] == f'"{tag}"'
    assert reply.headers["cache-control"] == cache_control(15)
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert not {"content-type", "content-encoding", "last-modified"} & set(reply.headers)


def test_a_star_matches_whatever_is_there(night: Night) -> None:
    reply = get(night, VILLAGE, accept_encoding="br", if_none_match=" * ")
    assert (reply.status, reply.headers["etag"]) == (304, f'"{page(night).etag}-br"')


@pytest.mark.parametrize("held", ['"0-000000000000"', "garbage", "", '"', "W/", '"*"', '"{etag}-xz"', "{etag}"])
def test_another_edition_or_no_tag_at_all_gets_the_page(night: Night, held: str) -> None:
    reply = get(night, VILLAGE, if_none_match=held.format(etag=page(night).etag))
    assert reply.status == 200
    assert reply.body


@pytest.mark.parametrize("path", [VILLAGE, "/v1", "/v1/nothing"])
@pytest.mark.parametrize("accept", ["identity", "br"])
def test_head_is_get_without_a_body(night: Night, path: str, accept: str) -> None:
    head = night.http("read_results", "HEAD", path, accept_encoding=accept)
    full = get(night, path, accept_encoding=accept)
    assert (head.status, head.headers) == (full.status, full.headers)
    assert head.body == b""
    assert full.body


@pytest.mark.parametrize(
    ("path", "seconds"),
    [(region_path("N"), 5), (region_path("P1"), 5), (VILLAGE, 15), (station_path("S1"), 60), ("/v1", 60)],
)
def test_how_long_caches_may_keep_a_page_depends_on_how_many_look_at_it(night: Night, path: str, seconds: int) -> None:
    assert get(night, path).headers["cache-control"] == cache_control(seconds)


def test_a_page_says_when_its_numbers_changed_unless_they_never_did(night: Night) -> None:
    assert "last-modified" not in get(night, VILLAGE).headers
    night.submit()
    night.approve()
    night.settle()
    reply = get(night, VILLAGE)
    assert parsedate_to_datetime(reply.headers["last-modified"]).isoformat() == "2019-04-17T12:00:00+00:00"
    assert reply.json["updated_at"] == NOON


@pytest.mark.parametrize("query", ["", "a=1", "bust=1555502400", "v=1&v=2", "callback=x"])
def test_what_follows_the_question_mark_changes_nothing(night: Night, query: str) -> None:
    assert night.http("read_results", "GET", VILLAGE, query=query) == get(night, VILLAGE)


def test_every_answer_may_be_read_from_any_origin_and_is_what_it_says(night: Night) -> None:
    for reply in (get(night, VILLAGE), get(night, "/v1/no"), night.http("read_results", "DELETE", VILLAGE)):
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "ETag" in reply.headers["access-control-expose-headers"]
        assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v2",
        "/v1/",
        "/v1/elections/none",
        VILLAGE + "/",
        VILLAGE.replace("V1", "V9"),
        "/v1/elections/" + "x" * 65,
        "/v1/elections/e19/contests/ppwp/regions/N/more",
        "/v1/elections/..%2f..%2f",
        "/v1/elections/%00",
        "/v1/elections/%ff%fe",
        "/v1/elections/\u0661",
        "/v1/elections/a b",
        "/v1//elections",
        "/v1/" + "a/" * 250,
        "/v1/elections\n",
    ],
)
def test_what_does_not_exist_is_a_problem_that_caches_forget_soon(night: Night, path: str) -> None:
    reply = get(night, path)
    assert (reply.status, reply.problem) == (404, "not-found")
    assert reply.headers["cache-control"] == "public, max-age=5, s-maxage=5"
    assert reply.json["instance"] == path


def test_two_thousand_nonsense_requests_are_answers(night: Night) -> None:
    random = Random(2019)
    alphabet = [
        *string.printable,
        "\xff",
        "\u0661",
        "\ud800",
        "%2f",
        "%00",
        "%ff",
        "W/",
        '"',
        "q=",
        ";",
        ",",
        "*",
        "br",
        "gzip",
    ]

    def noise() -> str:
        return "".join(random.choices(alphabet, k=random.randint(0, 40)))

    for _ in range(2_000):
        path = random.choice((VILLAGE, "/v1", "/v1/" + noise(), noise(), VILLAGE + noise()))
        reply = get(night, path, accept_encoding=noise(), if_none_match=noise(), accept=noise(), range=noise())
        assert reply.status in (200, 304, 404, 406)


def test_escapes_that_need_none_name_the_same_page(night: Night) -> None:
    assert get(night, VILLAGE.replace("V1", "%561")).body == get(night, VILLAGE).body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_pages_are_read_and_nothing_else(night: Night, method: str) -> None:
    before = night.state()
    reply = night.http("read_results", method, VILLAGE, b"{}")
    assert (reply.status, reply.problem, reply.headers["allow"]) == (405, "method-not-allowed", "GET, HEAD, OPTIONS")
    assert night.state() == before


def test_a_browser_that_asks_beforehand_is_told_what_is_allowed(night: Night) -> None:
    reply = night.http(
        "read_results", "OPTIONS", VILLAGE, origin="https://news.example", access_control_request_method="GET"
    )
    assert reply.status == 204
    assert reply.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert reply.headers["access-control-allow-headers"] == "Content-Type, If-None-Match"
    assert reply.headers["access-control-allow-origin"] == "*"


def down(path: str) -> Page | None:
    raise Unavailable("the table at 10.1.2.3 timed out")


def test_a_store_that_does_not_answer_is_503_and_says_when_to_come_again(night: Night) -> None:
    night.pages.get = down  # type: ignore[method-assign]
    reply = get(night, VILLAGE)
    assert (reply.status, reply.problem) == (503, "unavailable")
    assert reply.headers["retry-after"] == "5"
    assert reply.headers["cache-control"] == "no-store"
    assert b"10.1.2.3" not in reply.body


def test_one_read_is_one_look_up(night: Night) -> None:
    asked: list[str] = []
    look_up = night.pages.get
    night.pages.get = lambda path: (asked.append(path), look_up(path))[1]  # type: ignore[method-assign,func-returns-value]
    get(night, VILLAGE)
    get(night, "/favicon.ico")
    assert asked == [VILLAGE]


class Reading:
    """read_results with its memory on, a clock that the test moves, and a count of what it asks the store."""

    def __init__(self, night: Night) -> None:
        self.now = 0.0
        self.takes = 0.0
        """Seconds that the store takes to answer."""
        self.asked: list[str] = []
        self._night = night
        self._given = wiring.Adapters("read_results", page_reader=self, recent=Recent(lambda: self.now))

    def get(self, path: str) -> Page | None:
        self.asked.append(path)
        page = self._night.pages.get(path)
        self.now += self.takes
        return page

    def __call__(self, path: str = VILLAGE, method: str = "GET", **headers: str) -> Reply:
        usual, self._night.adapters = self._night.adapters, self._given
        try:
            return self._night.http("read_results", method, path, **headers)
        finally:
            self._night.adapters = usual


@pytest.fixture
def reading(night: Night) -> Reading:
    return Reading(night)


def test_within_a_second_the_store_is_asked_once(reading: Reading) -> None:
    first = reading(accept_encoding="br")
    reading.now = 0.99
    assert reading(accept_encoding="br") == first
    assert reading.asked == [VILLAGE]
    reading.now = 1.0
    assert reading(accept_encoding="br") == first
    assert reading.asked == [VILLAGE, VILLAGE]


def test_the_second_begins_when_the_store_is_asked_and_not_when_it_answers(reading: Reading) -> None:
    reading.takes = 0.6
    reading()
    reading.now = 0.99
    reading()
    assert reading.asked == [VILLAGE]
    reading.now = 1.0
    reading()
    assert reading.asked == [VILLAGE, VILLAGE]


def test_a_304_from_memory_is_a_304(night: Night, reading: Reading) -> None:
    tag = page(night).etag
    reading(accept_encoding="br")
    for held in (f'"{tag}"', f'W/"{tag}-gz"', "*"):
        reply = reading(accept_encoding="br", if_none_match=held)
        assert (reply.status, reply.body) == (304, b"")
        assert reply == get(night, VILLAGE, accept_encoding="br", if_none_match=held)
    assert reading(accept_encoding="br", if_none_match='"older"').status == 200
    assert reading(method="HEAD", accept_encoding="br").body == b""
    assert reading(accept_encoding="br").body == page(night).bodies["br"]
    assert reading.asked == [VILLAGE]


def test_each_reader_gets_the_coding_they_asked_for(night: Night, reading: Reading) -> None:
    for _ in range(2):
        for accept in ("br", "gzip", "identity", "*;q=0, gzip"):
            assert reading(accept_encoding=accept) == get(night, VILLAGE, accept_encoding=accept)
        assert reading() == get(night, VILLAGE)
        assert reading(accept_encoding="identity;q=0").status == 406
    assert len(reading.asked) == 5 + 2


def test_an_edition_is_seen_at_most_a_second_late(night: Night, reading: Reading) -> None:
    before = reading()
    night.submit()
    night.approve()
    night.settle()
    assert reading() == before
    reading.now = 1.0
    assert reading().json["edition"] > before.json["edition"]


def test_pages_that_are_not_there_take_no_memory_and_appear_at_once(night: Night, reading: Reading) -> None:
    fresh = VILLAGE.replace("V1", "V9")
    assert reading(fresh).status == 404
    night.pages.put(replace(page(night), path=fresh))
    assert reading(fresh).status == 200


def test_a_store_that_fails_is_not_remembered(night: Night, reading: Reading) -> None:
    look_up = night.pages.get
    night.pages.get = down  # type: ignore[method-assign]
    assert reading().status == 503
    night.pages.get = look_up  # type: ignore[method-assign]
    assert reading().status == 200


def test_reading_leaves_no_log_line_and_no_metric(
    night: Night, metrics: Callable[[], dict[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    get(night, VILLAGE)
    get(night, "/v1/nothing")
    assert (caplog.messages, metrics()) == ([], {})


# Not brotli: urllib3 loads it wherever it is installed, which in the layer of this function it is not.
FOREIGN = (
    "pydantic",
    "cryptography",
    "PIL",
    "boto3",
    "s3transfer",
    "aws_xray_sdk",
    "realcount.rendering.encoding",
    "realcount.rendering.results",
    "realcount.usecases",
)


def test_the_read_path_loads_nothing_of_the_write_side() -> None:
    """In a process of its own, with the adapter and its client made as in Lambda."""
    program = f"""
import sys
import functions.read_results.handler as handler
assert handler.wiring.adapters("read_results").page_reader
loaded = [name for name in {FOREIGN!r} if name in sys.modules]
loaded += [name for name in sys.modules if name.startswith("realcount.aws.")]
print(" ".join(loaded))
"""
    environment = {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_DEFAULT_REGION": "ap-southeast-3",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "TABLE_PAGES": "pages",
    }
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    ours = ("attributes", "dynamodb_address", "errors", "kept_connection", "page_reader", "signed_calls")
    assert set(run.stdout.split()) == {f"realcount.aws.{name}" for name in ours}


def test_the_handler_can_be_imported_without_any_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_PAGES", raising=False)
    assert importlib.import_module("functions.read_results.handler").lambda_handler
