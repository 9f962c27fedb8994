"""What the benches of a night are measured with does not flatter: late is late, broken is broken, seen is seen."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.night.freshness import Look, Watch, freshness
from bench.night.officials import Approval, Officials
from bench.night.public import Interest, expected_fetches, interests, lifetimes, most_fetches
from bench.night.viewers import CODINGS
from bench.night.visits import Visit, visited
from realcount.cli.situng2019 import SourceRegion, Totals

PAGE = "/v1/elections/e/contests/c/regions/R"


def region(name: str, parent: str | None, level: str, registered: int) -> SourceRegion:
    return SourceRegion(name, parent, level, name, Totals(1, 0, 0, 0, 0, 0, 0, registered))


REGIONS = {
    unit.id: unit
    for unit in (
        region("0", None, "nation", 1000),
        region("1", "0", "province", 600),
        region("2", "0", "province", 400),
        region("3", "1", "regency", 600),
    )
}


def test_half_of_the_public_reads_the_nation_and_the_others_follow_zipf() -> None:
    public = interests(REGIONS)
    assert sum(interest.share for interest in public) == pytest.approx(1.0)
    assert public[0].path.endswith("/0") and public[0].share == 0.5
    first, second, third = (interest.share for interest in public[1:])
    assert (first / second, first / third) == (pytest.approx(2.0), pytest.approx(3.0))


def test_ever_more_readers_bring_the_fetches_up_to_the_bound_and_not_beyond() -> None:
    public, kept = interests(REGIONS), lifetimes()
    found = [expected_fetches(public, readers, kept, CODINGS) for readers in (1, 10, 100, 1e6)]
    assert found == sorted(found)
    assert found[-1] == pytest.approx(most_fetches(public, kept, CODINGS), rel=0.001)
    assert expected_fetches([Interest(PAGE, "nation", 1.0)], 1e-6, kept, CODINGS) == pytest.approx(1e-6, rel=0.001)


def test_an_approval_is_seen_once_all_that_were_sent_before_its_answer_can_be_counted() -> None:
    officials = Officials("", {}, str, approvals=[Approval(0.0, 1.0), Approval(0.5, 3.0), Approval(2.0, 2.5)])
    watch = Watch("", looks=[Look(1.5, 200, 0, 1), Look(4.0, 200, 0, 2), Look(9.0, 200, 0, 3)])
    found = freshness(officials, watch)
    # When the first was answered a second one was under way: a page with one station may count that one instead.
    assert (found["max"], found["p50"]) == (6.5, 6.0)
    assert (found["approvals"], found["seen"]) == (3, 3)


@contextmanager
def server(answer: bytes, stall: float = 0.0) -> Iterator[int]:
    """Gives every request this answer; once, after half a second, nobody gets any for so many seconds."""
    until = time.monotonic() + 0.5
    stalled = threading.Lock()
    begun = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                with stalled:
                    if stall and time.monotonic() > until and not begun.is_set():
                        begun.set()
                        time.sleep(stall)
                connection.sendall(answer)

    def accept(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, args=(listening,), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def http(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nAge: 7\r\n\r\n%s" % (status.encode(), len(body), body)


def body(of: str = "R") -> bytes:
    return json.dumps({"region": {"id": of}}).encode()


def test_whoever_was_due_while_the_server_stalled_was_kept_waiting() -> None:
    """A generator that waits for answers before it asks again would tell of four slow requests out of hundreds."""
    with server(http(body()), stall=1.0) as port:
        seen = visited(Visit(port, 200, 3.0, [(PAGE, 1.0)], connections=4))
    assert seen.failed == 0
    assert seen.latency["p90"] > 400
    assert seen.oldest == 7


def test_errors_and_pages_that_are_not_the_one_asked_for_are_counted() -> None:
    with server(http(b"", "503 Service Unavailable")) as port:
        seen = visited(Visit(port, 100, 0.5, [(PAGE, 1.0)]))
    assert seen.failed == seen.requests > 0
    with server(http(body("another"))) as port:
        seen = visited(Visit(port, 500, 1.0, [(PAGE, 1.0)]))
    assert seen.broken > 0 == seen.failed


def test_where_nobody_listens_every_read_has_failed() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        seen = visited(Visit(unheard.getsockname()[1], 100, 0.5, [(PAGE, 1.0)]))
    assert seen.failed == seen.requests > 0


def test_who_reads_every_page_once_goes_home_after_the_last() -> None:
    pages = [(f"/v1/elections/e/contests/c/regions/{name}", 1.0) for name in "ABC"]
    with server(http(body())) as port:
        seen = visited(Visit(port, 100, 1.0, pages, once=True))
    assert seen.statuses == {"200": 3}
