"""The client against a server that stumbles, over real sockets: it waits as it is told to, and is never made to go back."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.client.client import Client
from realcount.client.patience import OBEYED, Patience
from realcount.client.reading import Reader
from realcount.domain.errors import NotFound, Unavailable
from tests.client.server import Said, Server, ended_early, json_body, serving

P = "/v1/elections/e/contests/c"
R = f"{P}/regions/N"
SEARCH = "/v1/elections/e/search"


@dataclass
class Waits:
    """A patience that does not wait, and remembers for how long it would have."""

    slept: list[float] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def patience(self, chance: float = 0.5) -> Patience:
        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.then()

        return Patience(sleep=sleep, now=lambda: 1_000_000.0, chance=lambda: chance)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def reader(server: Server, waits: Waits) -> Iterator[Reader]:
    with Reader(server.base, patience=waits.patience()) as reading:
        yield reading


def page(edition: int, **votes: int) -> dict[str, Any]:
    """A region's page of two children, as far as a client looks at it."""
    children = [{"id": name, "edition": number, "votes": {"01": number}} for name, number in votes.items()]
    return {
        "election": "e",
        "contest": "c",
        "edition": edition,
        "updated_at": f"2029-04-17T12:00:{edition:02d}.000Z",
        "region": {"id": "N", "level": "nation", "name": "Nusantara"},
        "votes": {"01": sum(votes.values())},
        "children": children,
    }


def changes(start: int, end: int, **votes: int) -> dict[str, Any]:
    news = page(end, **votes)
    return {
        "election": "e",
        "contest": "c",
        "region": "N",
        "from": start,
        "to": end,
        "set": {name: news[name] for name in ("edition", "updated_at", "votes")},
        "children": news["children"],
    }


def contest(server: Server) -> None:
    """What leads from the list of elections to the region N."""
    elections = {"elections": [{"id": "e", "held_on": "2029-04-17", "links": {"self": "/v1/elections/e"}}]}
    server.says("/v1/elections", json_body(elections))
    server.says(
        "/v1/elections/e", json_body({"contests": [{"id": "c", "links": {"self": P}}], "links": {"search": SEARCH}})
    )
    server.says(P, json_body({"id": "c", "links": {"self": P, "roots": [R], "election": "/v1/elections/e"}}))


# ---- one page ---------------------------------------------------------------------------------------------------------


def test_what_is_held_is_asked_for_by_its_tag_and_not_sent_again(server: Server, reader: Reader) -> None:
    server.says("/v1", json_body({"a": 1}, tag='"1"'))
    assert reader.document("/v1") == reader.document("/v1") == {"a": 1}
    first, second = server.asked("/v1")
    assert "if-none-match" not in first
    assert second["if-none-match"] == '"1"'
    assert first["accept-encoding"] == "gzip"
    assert server.statuses("/v1") == [200, 304]


def test_packed_pages_are_unpacked(server: Server, reader: Reader) -> None:
    packed = Said(200, gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip", "ETag": '"1-gz"'})
    server.says("/v1", packed)
    assert reader.document("/v1") == reader.document("/v1") == {"a": 1}


@pytest.mark.parametrize(
    ("retry_after", "least"),
    [("7", 7.0), (formatdate(1_000_030, usegmt=True), 30.0), ("soon", 0.0), ("-3", 0.0), (None, 0.0), ("٣", 0.0)],
)
def test_who_is_told_to_wait_waits_at_least_so_long(
    server: Server, reader: Reader, waits: Waits, retry_after: str | None, least: float
) -> None:
    server.says("/v1", Said(429, headers={"Retry-After": retry_after} if retry_after else {}), json_body({"a": 1}))
    assert reader.document("/v1") == {"a": 1}
    (slept,) = waits.slept
    assert least <= slept <= least + 1


def test_who_is_told_to_wait_for_long_is_told_so(server: Server, reader: Reader, waits: Waits) -> None:
    server.says("/v1", Said(429, headers={"Retry-After": str(int(OBEYED) + 1)}))
    with pytest.raises(Unavailable, match="after 1 tries: the answer is 429"):
        reader.document("/v1")
    assert waits.slept == []


@pytest.mark.parametrize(
    "fault", [Said(503), Said(500), Said(502), ended_early(b'{"a": 1}'), Said(200, b"no gzip", {"Content-Encoding": "gzip"}), None]
)  # fmt: skip
def test_what_can_pass_is_tried_again_and_later_each_time(
    server: Server, reader: Reader, waits: Waits, fault: Said | None
) -> None:
    server.says("/v1", fault, fault, fault, json_body({"a": 1}))
    assert reader.document("/v1") == {"a": 1}
    assert waits.slept == [0.375, 0.75, 1.5]


def test_after_six_tries_it_gives_up_and_says_why(server: Server, reader: Reader) -> None:
    server.says("/v1", Said(503))
    with pytest.raises(Unavailable, match=f"{server.base}/v1 cannot be read after 6 tries: the answer is 503"):
        reader.document("/v1")
    assert len(server.asked("/v1")) == 6


@pytest.mark.parametrize("status", [400, 403, 404, 410, 301])
def test_what_asking_again_would_not_change_is_asked_once(server: Server, reader: Reader, status: int) -> None:
    server.says("/v1", Said(status, headers={"Location": "/v1"}))
    with pytest.raises(NotFound if status in (404, 410) else Unavailable):
        reader.document("/v1")
    assert len(server.asked("/v1")) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"\xff"])
def test_what_is_no_page_is_not_taken_for_one(server: Server, reader: Reader, body: bytes) -> None:
    server.says("/v1", Said(200, body))
    with pytest.raises(Unavailable):
        reader.document("/v1")


def test_links_to_other_hosts_are_not_followed(reader: Reader) -> None:
    with pytest.raises(Unavailable, match="another host is not followed"):
        reader.get("https://elsewhere.example/v1")


@pytest.mark.parametrize("base", ["", "count.example", "ftp://count.example", "file:///etc/passwd"])
def test_what_is_no_address_is_said_so(base: str) -> None:
    with pytest.raises(Unavailable, match="is no address"):
        Reader(base)


def test_never_more_than_a_few_requests_at_once(server: Server, reader: Reader) -> None:
    for number in range(12):
        server.says(f"/{number}", Said(200, b"{}", delay=0.05))
    threads = [threading.Thread(target=reader.get, args=(f"/{number}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.most_at_once <= 4


@given(tried=st.integers(1, 5), chance=st.floats(0, 0.999), told=st.one_of(st.none(), st.integers(0, int(OBEYED))))
def test_a_pause_is_never_shorter_than_told_and_never_unbounded(tried: int, chance: float, told: int | None) -> None:
    waits = Waits()
    assert waits.patience(chance).pause(tried, None if told is None else str(told))
    assert (told or 0) <= waits.slept[0] <= (told or 0) + 20


# ---- results and watching ---------------------------------------------------------------------------------------------


@pytest.fixture
def client(server: Server, waits: Waits) -> Iterator[Client]:
    contest(server)
    with Client(server.base, patience=waits.patience()) as asking:
        yield asking


def test_an_older_copy_of_a_cache_is_not_believed(server: Server, client: Client) -> None:
    server.says(R, json_body(page(5, A=3, B=2)), json_body(page(4, A=2, B=2)), json_body(page(6, A=3, B=3)))
    assert [client.results().edition for _ in range(3)] == [5, 5, 6]


def test_a_watcher_reads_the_tiny_page_and_what_changed_and_has_the_very_bytes(server: Server, client: Client) -> None:
    server.says(R, json_body(page(1, A=1, B=0)))
    server.says(f"{R}/now", json_body({"edition": 1}), json_body({"edition": 3}))
    server.says(f"{R}/changes", json_body(changes(0, 3, A=1, B=2)))
    seen = client.watch()
    assert next(seen).edition == 1
    news = next(seen)
    assert news.body == json_body(page(3, A=1, B=2)).body
    assert len(server.asked(R)) == 1


def test_a_watcher_who_missed_too_much_reads_the_page(server: Server, client: Client) -> None:
    server.says(R, json_body(page(1, A=1, B=0)), json_body(page(1, A=1, B=0)), json_body(page(9, A=5, B=4)))
    server.says(f"{R}/now", json_body({"edition": 9}))
    server.says(f"{R}/changes", json_body(changes(4, 9, A=5, B=4)))
    seen = client.watch()
    assert [next(seen).edition, next(seen).edition] == [1, 9]


def test_a_watcher_passes_over_copies_of_yesterday(server: Server, client: Client) -> None:
    """Of the page, of the tiny page, of the changes: whatever a cache still has."""
    server.says(R, json_body(page(5, A=3, B=2)), json_body(page(5, A=3, B=2)), json_body(page(2, A=1, B=1)))
    server.says(f"{R}/now", *(json_body({"edition": number}) for number in (4, 6, 6, 7, 7)))
    server.says(
        f"{R}/changes",
        json_body(changes(0, 5, A=3)),  # older than what `now` says
        json_body(changes(0, 6, A=4)),
        json_body(changes(7, 7)),  # so it reads the page, which is older still
        json_body(changes(6, 7, B=3)),
    )
    seen = client.watch()
    assert [next(seen).edition for _ in range(3)] == [5, 6, 7]


def test_a_watcher_of_a_village_reads_its_page(server: Server, client: Client) -> None:
    server.says(R, *(json_body(page(number, A=number)) for number in (1, 1, 1, 2)))
    seen = client.watch()
    assert [next(seen).edition, next(seen).edition] == [1, 2]


def test_watchers_do_not_look_all_at_the_same_moment(server: Server, waits: Waits) -> None:
    contest(server)
    slept = []
    for chance in (0.0, 0.999):
        server.says(R, *(json_body(page(number, A=number)) for number in (1, 2)))
        waits.slept.clear()
        with Client(server.base, patience=waits.patience(chance)) as client:
            seen = client.watch(every=5)
            next(seen), next(seen)
        slept.append(waits.slept[0])
    assert slept == pytest.approx([4.0, 6.0], abs=0.01)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_caches_answer_what_is_seen_only_grows_and_is_what_was_served(seed: int) -> None:
    """Each answer is of any edition up to now; now moves between looks."""
    random = Random(seed)
    served = {number: json_body(page(number, A=(number + 1) // 2, B=number // 2)).body for number in range(12)}
    now = [0]

    def some(make: Callable[[int], bytes]) -> Callable[[], Said]:
        return lambda: Said(200, make(random.randint(max(0, now[0] - 3), now[0])))

    def some_changes(end: int) -> bytes:
        start = random.randint(0, end)
        return json_body(changes(start, end, A=(end + 1) // 2, B=end // 2)).body

    waits = Waits(then=lambda: now.__setitem__(0, min(11, now[0] + random.randint(0, 2))))
    with serving() as server, Client(server.base, patience=waits.patience()) as client:
        contest(server)
        server.says(R, some(served.__getitem__))
        server.says(f"{R}/now", some(lambda edition: json_body({"edition": edition}).body))
        server.says(f"{R}/changes", some(some_changes))
        last = -1
        for results in client.watch():
            assert results.edition > last
            assert results.body == served[results.edition]
            last = results.edition
            if last >= 6:
                break


# ---- the past, and places ---------------------------------------------------------------------------------------------


def curve(*points: tuple[str, int]) -> Said:
    return json_body({"columns": ["at", "edition", "received"], "points": [[at, edition, 0] for at, edition in points]})


def test_a_time_leads_to_the_edition_that_was_current_then(server: Server, client: Client) -> None:
    server.says(R, json_body(page(9, A=9)))
    server.says(f"{R}/editions/4", json_body(page(4, A=4)))
    server.says(f"{R}/history/2029-04-17", curve(("2029-04-17T12:00:00.000Z", 4), ("2029-04-17T12:05:00.000Z", 5)))
    assert client.results(at="2029-04-17T12:04:59.999Z").edition == 4
    assert client.results(edition=4).body == json_body(page(4, A=4)).body


def test_a_day_without_points_goes_by_the_hours_before_it(server: Server, client: Client) -> None:
    server.says(R, json_body(page(9, A=9)))
    server.says(f"{R}/editions/2", json_body(page(2, A=2)))
    server.says(f"{R}/history", curve(("2029-04-16T12:00:00.000Z", 2), ("2029-04-19T12:00:00.000Z", 5)))
    assert client.results(at="2029-04-18T00:00:00.000Z").edition == 2
    with pytest.raises(NotFound, match="nothing is known"):
        client.results(at="2029-04-16T11:00:00.000Z")


def search(next_part: str | None, more: dict[str, str], *matches: tuple[str, str, str, str]) -> Said:
    found = [
        {"id": known, "level": level, "name": name, "above": ["Nusantara", above], "contests": ["c"], "link": "/other"}
        for known, level, name, above in matches
    ]
    return json_body({"matches": found, "more": more, "links": {"next": next_part}})


def test_places_are_found_by_id_and_by_name(server: Server, client: Client) -> None:
    for known in ("1", "11", "12", "13"):
        server.says(f"{P}/regions/{known}", json_body({**page(1), "region": {"id": known}}))
    server.says(f"{P}/stations/S1", json_body({**page(1), "station": {"id": "S1"}}))
    server.says(SEARCH, search(None, {"h": f"{SEARCH}/h", "n": f"{SEARCH}/n", "t": f"{SEARCH}/t"}))
    server.says(f"{SEARCH}/n", search(None, {}, ("1", "province", "North", "-"), ("7", "village", "Northern", "North")))
    server.says(f"{SEARCH}/t", search(f"{SEARCH}/t.2", {}, ("7", "regency", "Town", "North")))
    server.says(f"{SEARCH}/t.2", search(None, {}, ("11", "village", "Óld-Town", "South")))
    towns = [(str(number), "village", "Harbour", "South") for number in (12, 13)]
    server.says(f"{SEARCH}/h", search(None, {}, *towns))
    assert client.results("1").path == f"{P}/regions/1"
    assert client.results("S1").path == f"{P}/stations/S1"
    assert client.results("north").path == f"{P}/regions/1"
    assert client.results("  OLD TOWN ").path == f"{P}/regions/11"
    with pytest.raises(
        NotFound, match=r"2 places are called Harbour; give one of the ids 12 \(South, Nusantara\); 13 "
    ):
        client.results("Harbour")
    server.says(f"{SEARCH}/h", search(None, {}, ("12", "district", "Harbour", "South"), *towns[1:]))
    assert client.results("Harbour").path == f"{P}/regions/12", "the highest of them"
    for nowhere in ("Atlantis", "---"):
        with pytest.raises(NotFound, match=f"there is no place '{nowhere}'"):
            client.results(nowhere)
    with pytest.raises(NotFound, match="has no contest x; it has c"):
        client.results(contest="x")
    with pytest.raises(NotFound, match="there is no election x"):
        client.results(election="x")
