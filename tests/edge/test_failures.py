"""What readers see when origins fail, hang or refuse. The rules are CloudFront's, as its documentation has them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from realcount.local.edge.varnish import running_edge
from realcount.local.places import Places
from tests.edge.conftest import PATIENCE, Get, result
from tests.edge.scripted import FAILS, GONE, HANGS, Says, ScriptedOrigin, page, scripted_origin

pytestmark = pytest.mark.edge


@pytest.mark.parametrize("failure", [FAILS, GONE, Says(status=503, keep="no-store"), Says(status=504)])
def test_a_page_never_seen_comes_from_its_copy_if_the_api_fails(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str, failure: Says
) -> None:
    api.script(path, failure)
    copies.script(path, Says("the copy"))
    for expected in ("Miss", "Hit"):
        answer = get(path)
        assert (answer.status_code, answer.text, result(answer)) == (200, "the copy", expected)
    assert len(copies.asked(path)) == 1
    # Varnish asks once more where a connection that it had kept ends without a word: it may have been idle too long.
    assert len(api.asked(path)) <= 1 + (failure is GONE)


def test_a_page_that_cannot_be_fetched_anew_comes_from_its_copy(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, page("one", fresh=1, revalidate=1, if_error=600), FAILS)
    copies.script(path, page("the copy", fresh=60))
    get(path)
    time.sleep(2.3)
    assert get(path).text == "the copy"


def test_a_page_once_seen_is_served_while_every_origin_fails_and_its_age_grows(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, page("one", fresh=1, revalidate=1, if_error=600), FAILS)
    copies.script(path, GONE)
    get(path)
    ages, began = [], time.monotonic()
    while time.monotonic() - began < 4.0:
        answer = get(path)
        assert (answer.status_code, answer.text) == (200, "one")
        ages.append(int(answer.headers["age"]))
        time.sleep(0.05)
    assert ages == sorted(ages)
    assert ages[-1] >= 3
    assert result(answer) == "StaleHit"
    assert len(api.asked(path)) <= 1 + 5, "an error is believed for a second: nobody hammers an origin that fails"


def test_when_the_origins_are_back_the_page_is_new_within_a_second_or_so(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, page("one", fresh=1, revalidate=1, if_error=600), FAILS)
    copies.script(path, FAILS)
    get(path)
    time.sleep(2.3)
    assert get(path).text == "one"
    api.script(path, page("two", fresh=60))
    time.sleep(1.2)
    assert get(path).text == "two"


def test_past_its_last_day_not_even_an_error_brings_it_back(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    """However often it was handed out in its last hours."""
    api.script(path, page("one", fresh=1, if_error=2), FAILS)
    copies.script(path, FAILS)
    get(path)
    begun = time.monotonic()
    while (answer := get(path)).status_code == 200:
        assert time.monotonic() - begun < 6.0
        time.sleep(0.1)
    assert answer.status_code == 503
    assert time.monotonic() - begun > 2.0


def test_a_page_never_seen_that_nobody_can_give_is_an_error_for_a_second(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, FAILS)
    copies.script(path, Says("broken", status=503))
    answers = [get(path) for _ in range(5)]
    for answer in answers:
        assert (answer.status_code, result(answer)) == (503, "Error")
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("1", "no-store")
        problem = answer.json()
        assert (problem["type"], problem["status"], problem["instance"]) == ("/problems/unavailable", 503, path)
    assert (len(api.asked(path)), len(copies.asked(path))) == (1, 1)
    time.sleep(1.2)
    api.script(path, Says("at last"))
    assert get(path).text == "at last"


def test_if_the_api_fails_and_there_is_no_copy_there_is_no_page(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    """404 is an answer, of the copies too. Every page has a copy before it is published, so this is a page that is not."""
    api.script(path, FAILS)
    answer = get(path)
    assert (answer.status_code, answer.text) == (404, "nothing there")
    assert len(copies.asked(path)) == 1


def test_that_there_is_no_page_is_no_failure(get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str) -> None:
    api.script(path, Says("absent", status=404))
    copies.script(path, Says("a copy of long ago"))
    assert get(path).status_code == 404
    assert not copies.asked(path)


def test_a_refusal_for_being_too_many_is_passed_on_kept_by_nobody_and_no_failure(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    """So CloudFront has it, and there is nothing to choose: 429 is not among the codes that an origin group knows."""
    api.script(path, Says("slow down", status=429, keep=""), Says("slow down", status=429, keep=""), Says("page"))
    copies.script(path, Says("the copy"))
    assert [get(path).status_code for _ in range(3)] == [429, 429, 200]
    assert not copies.asked(path)


def test_a_refusal_for_being_too_many_is_not_seen_while_the_page_may_be_stale(
    get: Get, api: ScriptedOrigin, path: str
) -> None:
    api.script(path, page("one", fresh=1, revalidate=60), Says("slow down", status=429, keep=""))
    get(path)
    time.sleep(1.2)
    for _ in range(10):
        answer = get(path)
        assert (answer.status_code, answer.text) == (200, "one")
        time.sleep(0.02)
    api.script(path, page("two", fresh=60))
    get(path)
    time.sleep(0.2)
    assert get(path).text == "two"


def test_an_origin_that_hangs_is_waited_for_as_long_as_the_template_says_then_the_copy_is_asked(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, HANGS)
    copies.script(path, Says("the copy"))
    with ThreadPoolExecutor(20) as readers:
        begun = time.monotonic()
        answers = list(readers.map(lambda _: get(path), range(20)))
        took = time.monotonic() - begun
    assert {answer.text for answer in answers} == {"the copy"}
    assert 0.8 * PATIENCE < took < 2 * PATIENCE
    assert len(api.asked(path)) == 1


def test_while_a_page_may_be_stale_nobody_notices_that_the_origins_hang(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, page("one", fresh=1, revalidate=60, if_error=600), HANGS)
    copies.script(path, HANGS)
    get(path)
    time.sleep(1.2)
    slowest = 0.0
    until = time.monotonic() + 4 * PATIENCE  # Both origins are asked and given up in this time, and asked again.
    while time.monotonic() < until:
        begun = time.monotonic()
        assert get(path).text == "one"
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.02)
    assert slowest < 0.5
    assert len(api.asked(path)) <= 4


def test_past_that_time_readers_wait_for_one_attempt_then_have_what_is_left(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, page("one", fresh=1, revalidate=1, if_error=600), HANGS)
    copies.script(path, HANGS)
    get(path)
    time.sleep(2.3)
    with ThreadPoolExecutor(20) as readers:
        begun = time.monotonic()
        answers = list(readers.map(lambda _: get(path), range(20)))
        took = time.monotonic() - begun
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, "one")}
    assert took < 3 * PATIENCE, "they wait for two origins, one after the other"


def test_ports_that_are_closed(places: Places) -> None:
    """An edge of its own, whose origins end while it runs."""
    with scripted_origin() as api, scripted_origin() as copies:
        api.script("/v1/seen", page("one", fresh=1, revalidate=1, if_error=600))
        copies.script("/v1/copied", page("the copy", fresh=60))
        with (
            running_edge(places, api=api.address, copies=copies.address) as edge,
            httpx.Client(base_url=edge.base_url) as http,
        ):
            assert http.get("/v1/seen").text == "one"
            api.end()
            assert http.get("/v1/copied").text == "the copy"
            copies.end()
            time.sleep(2.3)
            answer = http.get("/v1/seen")
            assert (answer.status_code, answer.text, result(answer)) == (200, "one", "StaleHit")
            assert (http.get("/v1/copied").text, http.get("/v1/never").status_code) == ("the copy", 503)


def test_the_edge_can_be_told_to_ask_the_copies_first(places: Places) -> None:
    """Where the API's quota is low: then it hears of a page only if its copy cannot be read."""
    with scripted_origin() as api, scripted_origin() as copies:
        api.script("/v1/page", Says("of the api"))
        copies.script("/v1/page", Says("the copy"))
        with (
            running_edge(places, api=api.address, copies=copies.address, primary="copies") as edge,
            httpx.Client(base_url=edge.base_url) as http,
        ):
            assert http.get("/v1/page").text == "the copy"
            api.script("/v1/other", Says("of the api"))
            copies.script("/v1/other", FAILS)
            assert http.get("/v1/other").text == "of the api"
            assert not api.asked("/v1/page")


@pytest.mark.parametrize(
    "path",
    ["/static/json/hhcw/ppwp.json", "/pemilu/hhcw/ppwp/31.json", "/wilayah/pemilu/ppwp/11.json"],
)
def test_the_words_of_others_are_asked_of_the_api_alone_once_for_all_cache_busters(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    api.script(path, Says("{}"))
    assert [get(f"{path}{query}").text for query in ("", "?123", "?_=1555672000")] == ["{}"] * 3
    assert (len(api.asked(path)), len(copies.asked(path))) == (1, 0)
    broken = path.replace(".json", "/9.json")
    api.script(broken, Says("busy", status=503))
    assert (get(broken).status_code, len(copies.asked(broken))) == (503, 0)


def test_a_proof_is_asked_of_the_api_alone_as_there_is_no_copy_of_it(
    get: Get, api: ScriptedOrigin, copies: ScriptedOrigin, path: str
) -> None:
    proof = f"{path}/stations/S1/proof"
    api.script(proof, Says("busy", status=503))
    api.script(f"{path}/stations/S2/proof", Says("proof"))
    assert (get(proof).status_code, len(copies.asked(proof))) == (503, 0)
    assert get(f"{path}/stations/S2/proof").text == "proof"
