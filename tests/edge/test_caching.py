"""What the edge keeps, under which name, for how long, and what it therefore asks its origins."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from realcount.aws.log_s3 import A_MOMENT, FOR_EVER
from realcount.local.edge.varnish import Edge
from tests.edge.conftest import Get, result
from tests.edge.scripted import Says, ScriptedOrigin, page

pytestmark = pytest.mark.edge

CODINGS = [("br", "br"), ("gzip", "gzip"), ("gzip, deflate, br", "br,gzip"), ("", None), ("identity", None)]


def test_a_page_is_fetched_once_however_many_ask_for_it_at_once(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says(delay=0.3))
    with ThreadPoolExecutor(40) as readers:
        answers = list(readers.map(lambda _: get(path), range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(api.asked(path)) == 1


def test_what_is_not_the_path_makes_no_second_page(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says())
    get(path)
    for number in range(5):
        assert result(get(f"{path}?fbclid={number}")) == "Hit"
    assert result(get(path.replace("v1", "%76%31"))) == "Hit", "an escaped path is the same path"
    told = {
        "cookie": "session=1", "authorization": "Bearer x", "accept-language": "id", "referer": "https://news.example",
        "origin": "https://news.example", "cache-control": "no-cache", "pragma": "no-cache", "user-agent": "phone",
        "x-forwarded-for": "203.0.113.9", "x-edge-stale": "1", "x-edge-past": "1",
    }  # fmt: skip
    assert result(get(path, **told)) == "Hit"
    (asked,) = api.asked(path)
    assert asked.path == path


def test_of_races_each_question_has_its_answer_and_what_is_no_question_makes_no_second_one(
    get: Get, api: ScriptedOrigin
) -> None:
    path = "/v3/elections/2029-04-17"
    for query in ("", "?level=ru", "?level=ru&raceid=e/C", "?level=state"):
        api.script(path + query, Says(query or "all"))
    assert get(path).text == "all"
    assert get(f"{path}?level=ru").text == "?level=ru"
    assert get(f"{path}?level=ru&raceid=e/C").text == "?level=ru&raceid=e/C"
    for query in (
        "?Level=ru",
        "?apikey=secret&level=ru&_=1555",
        "?level=ru&",
        "?x=level=state&level=ru",
        "?level=state&level=ru",
    ):
        answer = get(path + query)
        assert (answer.text, result(answer)) == ("?level=ru", "Hit"), query
    assert result(get(f"{path}?raceID=e/C&x&LEVEL=ru")) == "Hit", "in whatever order"
    assert [len(api.asked(path + query)) for query in ("", "?level=ru", "?level=ru&raceid=e/C")] == [1, 1, 1]
    assert not [asked for asked in api.all_paths() if "secret" in asked]
    (asked,) = api.asked(path)
    assert not [name for name in asked.headers if name.startswith("x-edge")]


def test_the_origin_is_told_nothing_of_the_reader_but_what_they_unpack(
    get: Get, api: ScriptedOrigin, path: str
) -> None:
    api.script(path, Says())
    told = {
        "cookie": "session=1",
        "authorization": "Bearer x",
        "referer": "https://news.example",
        "user-agent": "phone",
    }
    get(path, **told, accept_encoding="gzip;q=0.8, br")
    (asked,) = api.asked(path)
    assert asked.headers["host"] == api.address
    assert asked.headers["accept-encoding"] == "br,gzip"
    assert not {"cookie", "authorization", "referer", "range"} & set(asked.headers)
    assert not [name for name in asked.headers if name.startswith("x-edge")]


def test_readers_are_of_four_kinds_by_what_they_unpack(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says(headers={"vary": "Accept-Encoding"}))
    for _ in range(2):
        for said, _ in CODINGS:
            get(path, accept_encoding=said)
        get(path, accept_encoding="gzip;q=0, br;q=0.0")
        get(path, accept_encoding="x-gzip-not, brotli")
    fetched = [asked.headers.get("accept-encoding") for asked in api.asked(path)]
    assert sorted(map(str, fetched)) == ["None", "br", "br,gzip", "gzip"]


def test_a_coding_passes_through_as_it_is_with_its_own_strong_tag(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says("packed", tag='"7-br"', headers={"content-encoding": "x-packed", "vary": "Accept-Encoding"}))
    for expected in ("Miss", "Hit"):
        answer = get(path, accept_encoding="br")
        assert (result(answer), answer.headers["etag"], answer.headers["content-encoding"]) == (
            expected,
            '"7-br"',
            "x-packed",
        )
        assert answer.content == b"packed"


def test_whoever_holds_the_page_already_is_told_so_by_the_edge(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says("page", tag='"7"', headers={"last-modified": "Wed, 17 Apr 2019 13:00:00 GMT"}))
    get(path)
    answer = get(path, if_none_match='"7"')
    assert (answer.status_code, answer.content) == (304, b"")
    assert get(path, if_none_match='"6"').status_code == 200
    assert get(path, if_modified_since="Wed, 17 Apr 2019 13:00:00 GMT").status_code == 200, (
        "a second holds two editions"
    )
    assert len(api.asked(path)) == 1
    other = path + "-unseen"
    api.script(other, Says("page", tag='"8"'))
    assert get(other, if_none_match='"8"').status_code == 304
    (asked,) = api.asked(other)
    assert "if-none-match" not in asked.headers, "a page for everybody is fetched whole"


def test_a_page_is_asked_for_again_by_its_tag_and_lives_on(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, page("page", fresh=1, tag='"7"'))
    get(path)
    time.sleep(1.2)
    answer = get(path)
    assert (answer.status_code, answer.text, result(answer), answer.headers["age"]) == (200, "page", "RefreshHit", "0")
    assert result(get(path)) == "Hit"
    assert [asked.headers.get("if-none-match") for asked in api.asked(path)] == [None, '"7"']


def test_a_page_lives_as_long_as_it_says_and_shows_its_age(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, page("one", fresh=3), page("two", fresh=3))
    get(path)
    time.sleep(1.3)
    answer = get(path)
    assert (result(answer), answer.text) == ("Hit", "one")
    assert int(answer.headers["age"]) >= 1
    time.sleep(2.0)
    assert (get(path).text, len(api.asked(path))) == ("two", 2)


def test_caches_in_common_go_by_s_maxage(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says("one", keep="max-age=1, s-maxage=60"))
    get(path)
    time.sleep(1.3)
    assert result(get(path)) == "Hit"


def test_while_a_page_is_fetched_anew_nobody_waits(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, page("one", fresh=1, revalidate=60), page("two", fresh=60, delay=0.7))
    get(path)
    time.sleep(1.2)
    with ThreadPoolExecutor(20) as readers:
        begun = time.monotonic()
        answers = list(readers.map(lambda _: get(path), range(20)))
        assert time.monotonic() - begun < 0.6, "somebody waited for the origin"
    assert {answer.text for answer in answers} == {"one"}
    assert {result(answer) for answer in answers} == {"RefreshHit"}
    time.sleep(1.2)
    assert (get(path).text, len(api.asked(path))) == ("two", 2)


def test_past_that_time_the_first_look_is_at_the_new_page_and_all_wait_for_one_fetch(
    get: Get, api: ScriptedOrigin, path: str
) -> None:
    api.script(path, page("one", fresh=1, revalidate=1, if_error=600), page("two", fresh=60, delay=0.3))
    get(path)
    time.sleep(2.3)
    with ThreadPoolExecutor(20) as readers:
        answers = list(readers.map(lambda _: get(path), range(20)))
    assert {answer.text for answer in answers} == {"two"}
    assert len(api.asked(path)) == 2


def test_an_absent_page_is_absent_for_as_long_as_it_says_or_five_seconds(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, Says("absent", status=404, keep="public, max-age=8, s-maxage=8"))
    for expected in ("Miss", "Hit"):
        answer = get(path)
        assert (answer.status_code, answer.text, result(answer)) == (404, "absent", expected)
    silent = "/bulk" + path
    get(silent)
    time.sleep(2.0)
    assert (get(silent).status_code, result(get(silent))) == (404, "Hit")
    assert (len(api.asked(path)), len(copies.asked(path)), len(copies.asked(silent))) == (1, 0, 1)


def test_what_must_not_be_kept_is_not(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says("yours", keep="no-store"))
    assert [result(get(path)) for _ in range(3)] == ["Miss"] * 3
    assert len(api.asked(path)) == 3


def test_cookies_of_an_origin_reach_nobody(get: Get, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says(headers={"set-cookie": "session=1"}))
    assert "set-cookie" not in get(path).headers
    assert result(get(path)) == "Hit"


def test_each_kind_of_path_has_its_origin_and_its_headers(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin
) -> None:
    for path in ("/w/nation.html", "/scans/ab12", "/bulk/nation.json", "/log/2019/checkpoint", "/check/check.js"):
        copies.script(path, Says(path))
        answer = get(path)
        assert (answer.text, answer.headers["access-control-allow-origin"]) == (path, "*")
        assert answer.headers["x-content-type-options"] == "nosniff"
        framed = answer.headers["content-security-policy"].partition("frame-ancestors ")[2].partition(";")[0]
        assert framed == ("*" if path.startswith("/w/") else "'none'")
        assert ("script-src" in answer.headers["content-security-policy"]) == path.startswith(("/w/", "/check/"))
        assert not api.asked(path)


def test_a_tile_is_fetched_once_and_the_checkpoint_every_few_seconds(get: Get, copies: ScriptedOrigin) -> None:
    tile, checkpoint = "/log/kept/tile/0/000", "/log/kept/checkpoint"
    copies.script(tile, Says("hashes", keep=FOR_EVER))
    copies.script(checkpoint, Says("7", keep=A_MOMENT), Says("8", keep=A_MOMENT))
    assert [get(path).headers["cache-control"] for path in (tile, checkpoint)] == [FOR_EVER, A_MOMENT]
    time.sleep(2.2)
    get(checkpoint)  # Handed out as it is, while the next is fetched.
    time.sleep(0.5)
    assert [get(path).text for path in (tile, checkpoint)] == ["hashes", "8"]
    assert (len(copies.asked(tile)), len(copies.asked(checkpoint))) == (1, 2)


def test_every_request_to_an_origin_is_in_the_log_and_counted(
    edge: Edge, get: Get, api: ScriptedOrigin, path: str
) -> None:
    api.script(path, Says())
    for coding in ("br", "br", "gzip"):
        get(path, accept_encoding=coding)
    found = [(fetch.origin, fetch.status, fetch.coding) for fetch in edge.fetches() if fetch.path == path]
    assert found == [("api", 200, "br"), ("api", 200, "gzip")]
    time.sleep(1.0)  # Threads of the cache add what they counted when they have nothing to do.
    counted = edge.counters()
    assert counted.fetches["api"] >= 2
    assert (counted.hits >= 1, counted.misses >= 2, counted.requests >= 3) == (True, True, True)


def test_a_head_request_is_served_from_the_page(http: httpx.Client, api: ScriptedOrigin, path: str) -> None:
    api.script(path, Says("page"))
    for expected in ("Miss", "Hit"):
        answer = http.head(path)
        assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "4")
        assert result(answer) == expected
    assert http.get(path).text == "page"
    assert len(api.asked(path)) == 1
