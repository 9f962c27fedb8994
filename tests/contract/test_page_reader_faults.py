"""What a reader makes of a network and a service that misbehave, beside what a botocore client makes of it.

The peer is a real TCP server on 127.0.0.1. Either adapter may try twice, with the same timeouts.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from realcount.aws.dynamodb_address import address, credentials
from realcount.aws.kept_connection import ANSWER_SECONDS, CONNECT_SECONDS, MAX_ANSWER, KeptConnection
from realcount.aws.page_reader import DynamoDBPageReader
from realcount.aws.pages_dynamodb import DynamoDBPages
from realcount.aws.signed_calls import ATTEMPTS, PAUSE_SECONDS, SignedCalls
from realcount.domain.errors import Unavailable
from realcount.ports import PageReader
from tests.contract import samples
from tests.contract.bad_peer import Deed, Line, Peer, http, item, peer, refusal, says
from tests.contract.engines import CREDENTIALS

PATH = "/v1/elections/2019/contests/PPWP/regions/11"
PAGE = samples.page(PATH, edition=12, size=300)
GOOD = http(item(PAGE))
SECONDS = 0.5
"""What is allowed for connecting, and for an answer; less than in Lambda, so that hanging costs no time."""


def environ(url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDNOBODY",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_SESSION_TOKEN": "token",
    }


@contextmanager
def lean(url: str, pauses: list[None] | None = None, **more: str) -> Iterator[DynamoDBPageReader]:
    settings = {**environ(url), **more}
    where = address(settings)
    connection = KeptConnection(where, connect_seconds=SECONDS, answer_seconds=SECONDS)
    noted = [] if pauses is None else pauses
    calls = SignedCalls(where, credentials(settings), connection, pause=lambda: noted.append(None))
    with closing(DynamoDBPageReader(calls, "pages")) as reader:
        yield reader


@contextmanager
def stock(url: str) -> Iterator[PageReader]:
    """The adapter that publishes, with the settings a reader had before it did without a client."""
    config = Config(
        connect_timeout=SECONDS, read_timeout=SECONDS, retries={"mode": "standard", "total_max_attempts": ATTEMPTS}
    )
    with closing(boto3.client("dynamodb", endpoint_url=url, config=config, **CREDENTIALS)) as client:
        yield DynamoDBPages(client, "pages")


def outcome(reader: PageReader) -> str:
    try:
        page = reader.get(PATH)
    except Unavailable:
        return "unavailable"
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except (BotoCoreError, AttributeError) as error:
        return type(error).__name__
    return "absent" if page is None else "page" if page == PAGE else "another page"


def hang(line: Line) -> None:
    line.wait_for_hang_up()


def hang_after(data: bytes) -> Deed:
    def deed(line: Line) -> None:
        line.say(data)
        line.wait_for_hang_up()

    return deed


def flood(line: Line) -> None:
    """A body of unknown length that does not end."""
    line.say(http(b"", content_length="", x_amz_crc32=""))
    while True:
        line.say(b" " * 65_536)


def drip(line: Line) -> bool:
    """Never silent for longer than a timeout, and not ready for long."""
    line.say(GOOD[:-8])
    line.drip(GOOD[-8:], SECONDS / 3)
    return True


HEAD_END = GOOD.index(b"\r\n\r\n") + 4

TRANSIENT: dict[str, Deed] = {
    "hung up without a word": says(b"", keep=False),
    "hangs": hang,
    "hangs in the status line": hang_after(GOOD[:9]),
    "hangs in the head": hang_after(GOOD[:60]),
    "hangs in the body": hang_after(GOOD[:-10]),
    "cut in the status line": says(GOOD[:9], keep=False),
    "not HTTP": says(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", keep=False),
    "500": says(http(b"", "500 Internal Server Error")),
    "500 of DynamoDB": says(refusal("InternalServerError", "500 Internal Server Error")),
    "502 of something in between": says(http(b"<html>", "502 Bad Gateway", content_type="text/html")),
    "503": says(http(b"", "503 Service Unavailable")),
    "throttled": says(refusal("ProvisionedThroughputExceededException")),
    "throttled by the account": says(refusal("ThrottlingException")),
    "too many requests": says(refusal("RequestLimitExceeded")),
}
"""Both adapters say `Unavailable` if it stays so, and give the page if it does not."""

LASTING: dict[str, tuple[Deed, str]] = {
    "no such item": (says(http(b"{}")), "absent"),
    "no such table": (says(refusal("ResourceNotFoundException")), "ResourceNotFoundException"),
    "not allowed": (says(refusal("AccessDeniedException")), "AccessDeniedException"),
    "token expired": (says(refusal("ExpiredTokenException")), "ExpiredTokenException"),
    "signature wrong": (says(refusal("InvalidSignatureException")), "InvalidSignatureException"),
    "clock wrong": (says(refusal("RequestExpired")), "RequestExpired"),
}
"""The same for both, and at once: to ask again would change nothing."""

DIFFERENT: dict[str, tuple[Deed, str, str]] = {
    # name: what is done, what the reader says, what a client says
    "cut in the head": (says(GOOD[:60], keep=False), "unavailable", "absent"),
    "cut after the head": (says(GOOD[:HEAD_END], keep=False), "unavailable", "absent"),
    "cut in the body": (says(GOOD[:-10], keep=False), "unavailable", "absent"),
    "cut, and no length to tell": (
        says(http(item(PAGE)[:-10], content_length="", x_amz_crc32=""), keep=False), "unavailable", "absent",
    ),
    "shorter than it should be": (
        says(http(item(PAGE), content_length=str(len(item(PAGE)) - 10)), keep=False), "unavailable", "absent",
    ),
    "200 without a body": (says(http(b"")), "unavailable", "absent"),
    "200 and not JSON": (says(http(b"<html>busy</html>")), "unavailable", "absent"),
    "200 and JSON, but no object": (says(http(b"[]")), "unavailable", "AttributeError"),
    "a bit fell over": (says(http(item(PAGE), x_amz_crc32="1")), "unavailable", "page"),
    "drips for longer than allowed": (drip, "unavailable", "page"),
    "larger than any item": (says(http(item(PAGE) + b" " * MAX_ANSWER)), "unavailable", "page"),
    "larger, and no length to tell": (
        says(http(item(PAGE) + b" " * MAX_ANSWER, content_length="", x_amz_crc32=""), keep=False), "unavailable", "page",
    ),
}  # fmt: skip
"""Where the reader is the stricter one. What is not whole it takes neither for a page nor, as a client does that reads an
empty document into it, for the absence of one."""


@pytest.mark.parametrize("fault", TRANSIENT)
def test_what_stays_broken_is_unavailable_after_two_tries(fault: str) -> None:
    for adapter in (lean, stock):
        with peer([TRANSIENT[fault]]) as broken, adapter(broken.url) as reader:
            assert outcome(reader) == "unavailable", adapter
            assert len(broken.heard) == ATTEMPTS, adapter


@pytest.mark.parametrize("fault", [*TRANSIENT, *DIFFERENT])
def test_what_passes_is_not_noticed(fault: str) -> None:
    deed = TRANSIENT[fault] if fault in TRANSIENT else DIFFERENT[fault][0]
    pauses: list[None] = []
    with peer([deed, says(GOOD)]) as broken, lean(broken.url, pauses) as reader:
        assert outcome(reader) == "page"
        assert (len(broken.heard), len(pauses)) == (2, 1)
        assert outcome(reader) == "page", "and nothing of the first answer is left on the line"


@pytest.mark.parametrize("fault", LASTING)
def test_what_will_not_pass_is_said_at_once(fault: str) -> None:
    deed, expected = LASTING[fault]
    for adapter in (lean, stock):
        with peer([deed]) as strict, adapter(strict.url) as reader:
            assert outcome(reader) == expected, adapter
            assert len(strict.heard) == 1, adapter


@pytest.mark.parametrize("fault", DIFFERENT)
def test_where_a_reader_is_stricter_than_a_client(fault: str) -> None:
    deed, ours, theirs = DIFFERENT[fault]
    with peer([deed]) as broken, lean(broken.url) as reader:
        assert outcome(reader) == ours
    with peer([deed]) as broken, stock(broken.url) as reader:
        assert outcome(reader) == theirs


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    for adapter in (lean, stock):
        with adapter(url) as reader:
            assert outcome(reader) == "unavailable"


def test_nobody_answers_the_call() -> None:
    """A full backlog: the connection is never made."""
    with ExitStack() as stack:
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(deaf.getsockname())
        reader = stack.enter_context(lean(f"http://127.0.0.1:{deaf.getsockname()[1]}"))
        began = time.monotonic()
        assert outcome(reader) == "unavailable"
        assert time.monotonic() - began < 2 * ATTEMPTS * SECONDS + 1


@pytest.mark.parametrize("deed", [hang, drip, hang_after(GOOD[:-10])], ids=["hangs", "drips", "stops short"])
def test_no_answer_takes_longer_than_all_its_tries(deed: Deed) -> None:
    with peer([deed]) as slow, lean(slow.url) as reader:
        began = time.monotonic()
        assert outcome(reader) == "unavailable"
        assert time.monotonic() - began < ATTEMPTS * SECONDS + 1


def test_all_tries_together_are_shorter_than_the_functions_time() -> None:
    assert ATTEMPTS * (CONNECT_SECONDS + ANSWER_SECONDS + PAUSE_SECONDS) < 10 - 3


# ---- one line, kept ------------------------------------------------------------------------------------------------------


def test_one_connection_serves_many_reads() -> None:
    with peer([says(GOOD)]) as good, lean(good.url) as reader:
        assert [outcome(reader) for _ in range(5)] == ["page"] * 5
        assert good.connections == 1


def test_a_refusal_does_not_cost_the_connection() -> None:
    with peer([says(refusal("ThrottlingException")), says(http(b"{}")), says(GOOD)]) as busy, lean(busy.url) as reader:
        assert [outcome(reader), outcome(reader)] == ["absent", "page"]
        assert busy.connections == 1


def test_a_line_that_was_closed_while_idle_costs_no_try() -> None:
    """What a frozen environment finds when it is woken."""
    pauses: list[None] = []
    with peer([says(GOOD, keep=False)]) as forgetful, lean(forgetful.url, pauses) as reader:
        for _ in range(3):
            assert outcome(reader) == "page"
            time.sleep(0.05)
        assert (forgetful.connections, pauses) == (3, [])


def test_a_peer_that_says_it_will_close_is_believed() -> None:
    with peer([says(http(item(PAGE), connection="close"), keep=False)]) as polite, lean(polite.url) as reader:
        assert [outcome(reader), outcome(reader)] == ["page", "page"]
        assert polite.connections == 2


def test_an_answer_nobody_asked_for_is_nobodys_answer() -> None:
    """The peer speaks out of turn. What it says then must not be taken for the answer to the next question."""
    other = http(item(samples.page(PATH + "1")))

    def late(line: Line) -> bool:
        line.say(GOOD)
        time.sleep(0.05)
        line.say(other)
        return True

    for deed, connections in ((says(GOOD + other), 1), (late, 2)):
        with peer([deed, says(GOOD)]) as confused, lean(confused.url) as reader:
            assert outcome(reader) == "page"
            time.sleep(0.1)
            assert outcome(reader) == "page"
            assert confused.connections == connections


def test_an_answer_to_another_question_is_no_answer() -> None:
    with peer([says(http(item(samples.page(PATH + "1")))), says(GOOD)]) as confused, lean(confused.url) as reader:
        assert [outcome(reader), outcome(reader)] == ["unavailable", "page"]
        assert confused.connections == 2, "whatever follows on that line is not believed either"


def test_after_letting_go_the_next_read_connects_again() -> None:
    with peer([says(GOOD)]) as good, lean(good.url) as reader:
        assert outcome(reader) == "page"
        reader.close()
        reader.close()
        assert outcome(reader) == "page"
        assert good.connections == 2


def test_chunks_are_an_answer_like_any_other() -> None:
    body = item(PAGE)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with peer([says(chunked)]) as good, lean(good.url) as reader:
        assert [outcome(reader), outcome(reader)] == ["page", "page"]
        assert good.connections == 1
    with peer([says(chunked[:-30], keep=False)]) as cut, lean(cut.url) as reader:
        assert outcome(reader) == "unavailable"


# ---- what is asked ---------------------------------------------------------------------------------------------------------


def test_the_question_is_a_clients() -> None:
    """Byte for byte the same body, and the same headers signed, but for what only clients send about themselves."""
    asked: list[Peer] = []
    for adapter in (lean, stock):
        with peer([says(GOOD)]) as good, adapter(good.url) as reader:
            assert outcome(reader) == "page"
        asked.append(good)
    [ours], [theirs] = asked[0].heard, asked[1].heard
    assert json.loads(ours.body) == json.loads(theirs.body)
    assert ours.head.startswith("POST / HTTP/1.1\r\n") and theirs.head.startswith("POST / HTTP/1.1\r\n")
    for name in ("x-amz-target", "content-type"):
        assert ours.header(name) == theirs.header(name)
    assert ours.header("host") == asked[0].url.removeprefix("http://")
    assert ours.header("x-amz-security-token") == "token"
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target," in ours.header(
        "authorization"
    )


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (says(refusal("ThrottlingException")), r"ThrottlingException \(400\)"),
        (says(GOOD[:-10], keep=False), "IncompleteRead"),
        (
            says(http(item(PAGE), x_amz_crc32="1")),
            r"MangledAnswer: a body of \d+ bytes whose CRC-32 is \d+ and should be 1",
        ),
        (hang_after(http(b"{}", content_length="5000000000")), "MangledAnswer: an answer of 5000000000 bytes"),
        (flood, "MangledAnswer: an answer of more than 1048576 bytes"),
        (hang, "TimeoutError: "),
    ],
)
def test_errors_say_what_was_being_read_and_what_was_wrong(deed: Deed, said: str) -> None:
    with peer([deed]) as broken, lean(broken.url) as reader, pytest.raises(Unavailable, match=f"^reading .*{said}"):
        reader.get(PATH)
