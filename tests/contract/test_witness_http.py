"""Witness over HTTP against peers that misbehave: each is an answer of bounded size in bounded time, or `Unavailable`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from realcount.aws.witness_http import MAX_ANSWER, HttpWitness
from realcount.aws.witnesses_ssm import SSMWitnessRoll
from realcount.domain.errors import Rejected, Unavailable
from realcount.domain.log.witnesses import WitnessList
from realcount.local.places import free_port
from realcount.log_ports import WitnessAnswer
from tests.contract.bad_peer import Deed, Line, http, peer, says
from tests.contract.engines import CREDENTIALS
from tests.contract.test_page_reader_trust import certificates, shown  # noqa: F401

SECONDS = 0.3

witness = HttpWitness(connect_seconds=10, answer_seconds=10)
hasty = HttpWitness(connect_seconds=SECONDS, answer_seconds=SECONDS)

LINE = "— witness.example AAAA\n".encode()


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    return http(body, status, **{"content_type": "text/plain; charset=utf-8", "x_amz_crc32": "", **headers})


def test_the_request_is_a_post_below_the_prefix_and_the_answer_comes_as_it_was_given() -> None:
    with peer([says(answer(LINE))]) as other:
        assert witness.add_checkpoint(other.url + "/w", b"old 0\n") == WitnessAnswer(200, "text/plain", LINE)
    (request,) = other.heard
    assert request.head.startswith("POST /w/add-checkpoint HTTP/1.1\r\n")
    assert (request.body, request.header("host")) == (b"old 0\n", other.url.removeprefix("http://"))


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("409 Conflict", {"content_type": "Text/X.tlog.size"}),
        ("302 Found", {"location": "http://127.0.0.1:9/"}),
        ("500 No", {}),
    ],
)
def test_any_status_is_an_answer_and_a_redirect_is_not_followed(status: str, headers: dict[str, str]) -> None:
    with peer([says(answer(b"7\n", status, **headers))]) as other:
        said = witness.add_checkpoint(other.url, b"old 0\n")
    media = headers.get("content_type", "text/plain").lower()
    assert said == WitnessAnswer(int(status[:3]), media, b"7\n")
    assert len(other.heard) == 1


def drips(line: Line) -> None:
    line.drip(answer(LINE), SECONDS / 20)


def hangs(line: Line) -> None:
    line.wait_for_hang_up()


def floods(line: Line) -> None:
    line.say(answer(b"", content_length="", transfer_encoding="chunked"))
    while True:
        line.say(b"1000\r\n" + b"x" * 4096 + b"\r\n")


HUGE = b"x" * (MAX_ANSWER + 1)

BAD: dict[str, Sequence[Deed]] = {
    "slow": [drips],
    "hanging": [hangs],
    "cut": [says(answer(LINE, content_length=str(len(LINE) + 1)), keep=False)],
    "no HTTP": [says(b"SSH-2.0-OpenSSH_9.2\r\n", keep=False)],
    "gone": [says(b"", keep=False)],
    "huge, and says so": [says(answer(HUGE))],
    "huge, and does not say so": [says(answer(HUGE, content_length=""), keep=False)],
    "huge, in pieces without end": [floods],
    "huge headers": [says(answer(LINE, x="y" * 70_000))],
}


@pytest.mark.parametrize("how", BAD)
def test_what_is_no_whole_answer_of_a_sane_size_in_time_is_none(how: str) -> None:
    with peer(BAD[how]) as other:
        began = time.monotonic()
        with pytest.raises(Unavailable, match=r"the witness at http://127\.0\.0\.1"):
            hasty.add_checkpoint(other.url, b"old 0\n")
        assert time.monotonic() - began < 4, "the peer itself gives up after five seconds, and nobody waited for that"


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://127.0.0.1:x", "http://nowhere.invalid"])
def test_an_address_that_is_none_is_one_that_does_not_answer(url: str) -> None:
    with pytest.raises(Unavailable):
        witness.add_checkpoint(url, b"")


def test_nobody_there_and_a_certificate_that_nobody_vouches_for(certificates: Path) -> None:  # noqa: F811
    with pytest.raises(Unavailable, match="ConnectionRefusedError"):
        witness.add_checkpoint(f"http://127.0.0.1:{free_port(0, '')}", b"")
    with peer([says(answer(LINE))], shown(certificates, "here")) as other:
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            witness.add_checkpoint(other.url, b"")
        assert other.heard == []


def test_the_list_is_read_from_its_parameter_each_time() -> None:
    with mock_aws():
        ssm = boto3.client("ssm", **CREDENTIALS)
        roll = SSMWitnessRoll(ssm, "/realcount/witnesses")
        ssm.put_parameter(Name="/realcount/witnesses", Value='{"quorum": 0, "witnesses": []}', Type="String")
        assert roll.read() == WitnessList()
        ssm.put_parameter(Name="/realcount/witnesses", Value="none", Type="String", Overwrite=True)
        with pytest.raises(Rejected):
            roll.read()


def test_a_parameter_store_that_does_not_answer_is_unavailable() -> None:
    ssm = boto3.client("ssm", **CREDENTIALS)
    stub = Stubber(ssm)
    stub.add_client_error("get_parameter", "ThrottlingException", http_status_code=400)
    with stub, pytest.raises(Unavailable):
        SSMWitnessRoll(ssm, "/realcount/witnesses").read()
