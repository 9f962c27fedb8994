"""A write that raises `Unavailable` may or may not have happened, and its caller must be able to live with both.

Every write of every port is tried once under each fault, then repeated in good weather, as callers do. In the end the
stores must be as if it had been written exactly once; the only thing the second try may say is `Conflict`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cache
from socket import socket

import boto3
import pytest
from botocore.config import Config

from realcount.domain.canonical import sha256_hex
from realcount.domain.errors import Conflict, NotFound, Unavailable
from realcount.domain.form import ScanRef
from realcount.domain.ledger import APPROVE, Recall, Seal, received
from realcount.domain.log.edge import Edge
from realcount.log_ports import LogHead
from realcount.ports import UploadFile
from tests.contract import samples
from tests.contract.engines import CREDENTIALS, AWSStores
from tests.contract.weather import CUT_OFF, FAULTS, UNHEARD, Weather

PPWP, ONE, TWO = samples.PPWP, samples.ONE, samples.TWO
SCAN = ScanRef(sha256_hex(b"scan"), 4, "image/jpeg")
HEAD = samples.first_head()
VERSION = samples.version()
SETTLED = samples.settled(samples.upload(), state="accepted", version=1, form_hash="f" * 64, settled_at=TWO)


@dataclass(frozen=True)
class Write:
    """`prepare` what it needs, `write` it, `look` at all it can have changed.

    A write of `several` requests may be left half done, and goes on by itself where it safely can.
    """

    write: Callable[[AWSStores], object]
    look: Callable[[AWSStores], object]
    prepare: Callable[[AWSStores], object] = lambda stores: None
    several: bool = False


def _keys_and_first_version(stores: AWSStores) -> None:
    for name in ("k1", "k2"):
        stores.keys.register(samples.official_key(name, f"holder of {name}"))
    stores.forms.receive(VERSION, None, HEAD)


def _station(stores: AWSStores) -> object:
    return stores.forms.head(PPWP, "11.0"), stores.forms.history(PPWP, "11.0")


def _correct(stores: AWSStores) -> None:
    correction = samples.version(number=2)
    stores.forms.receive(correction, HEAD, received(HEAD, correction))


def _decide(stores: AWSStores) -> None:
    stores.forms.decide(samples.review(VERSION), HEAD, HEAD.decided(APPROVE, ONE), ("k1", "k2"))


def _approved(stores: AWSStores) -> None:
    _keys_and_first_version(stores)
    _decide(stores)


def _seal(stores: AWSStores) -> None:
    was = HEAD.decided(APPROVE, ONE)
    if stores.forms.seal([Seal(PPWP, "11.0", 1, 7, was, was.sealed(1))]):
        raise Conflict("the station's head has moved")


def _recall(stores: AWSStores) -> None:
    was = HEAD.decided(APPROVE, ONE)
    recall = Recall(PPWP, "11.0", 1, 0, "approver", "k2", ONE, "stolen", ONE, None, None)
    stores.forms.recall(recall, was, was.recalled(1, "approver", {1}, (), ONE))


def _revoked(stores: AWSStores) -> None:
    stores.keys.register(samples.official_key())
    stores.keys.revoke("k1", ONE)


def _file(stores: AWSStores) -> bytes | None:
    with suppress(NotFound):
        return stores.log.file("tile/0/000")
    return None


WRITES = {
    "begin": Write(
        lambda stores: stores.elections.begin(samples.election()),
        # Who claims it again learns that it is claimed; so nothing but a second claim can tell.
        lambda stores: stores.elections.elections(),
    ),
    "put_units": Write(
        lambda stores: stores.elections.put_units([samples.region(), samples.station()]),
        lambda stores: (
            stores.elections_elsewhere().region("2019", "11"),
            stores.elections_elsewhere().station("2019", "11.0"),
        ),
    ),
    "complete": Write(
        lambda stores: stores.elections.complete(samples.election()),
        lambda stores: stores.elections_elsewhere().elections(),
        lambda stores: stores.elections.begin(samples.election()),
        several=True,
    ),
    "register": Write(
        lambda stores: stores.keys.register(samples.official_key()), lambda stores: stores.keys.find("k1")
    ),
    "revoke": Write(
        lambda stores: stores.keys.revoke("k1", ONE),
        lambda stores: stores.keys.find("k1"),
        lambda stores: stores.keys.register(samples.official_key()),
    ),
    "grant": Write(lambda stores: stores.uploads.grant(samples.upload()), lambda stores: stores.uploads.find("u1")),
    "settle": Write(
        lambda stores: stores.uploads.settle(SETTLED),
        lambda stores: stores.uploads.find("u1"),
        lambda stores: stores.uploads.grant(samples.upload()),
    ),
    "keep": Write(lambda stores: stores.evidence.keep(SCAN, b"scan"), lambda stores: stores.evidence_of(SCAN.sha256)),
    "receive": Write(lambda stores: stores.forms.receive(VERSION, None, HEAD), _station),
    "receive a correction": Write(_correct, _station, _keys_and_first_version),
    "decide": Write(_decide, _station, _keys_and_first_version),
    "seal": Write(_seal, lambda stores: (_station(stores), stores.forms.seals(PPWP, "11.0")), _approved),
    "recall": Write(_recall, lambda stores: (_station(stores), stores.forms.recalls(PPWP, "11.0")), _approved),
    "distrust": Write(
        lambda stores: stores.keys.distrust("k1", ONE, "stolen"), lambda stores: stores.keys.find("k1"), _revoked
    ),
    "remind": Write(
        lambda stores: stores.forms.remind(PPWP, "11.0", ONE), _station, _keys_and_first_version, several=True
    ),
    "move the log's head": Write(
        lambda stores: stores.log.advance(LogHead(), LogHead(1, Edge(), "batch")), lambda stores: stores.log.head()
    ),
    "lay a batch down": Write(
        lambda stores: stores.log.stage(b"\x00\x01a", [("form",)]),
        lambda stores: stores.log.staged(stores.log.stage(b"\x00\x01a", [("form",)])),
        several=True,
    ),
    "put a file": Write(lambda stores: stores.log.put_file("tile/0/000", b"a"), lambda stores: _file(stores)),
    "publish a checkpoint": Write(
        lambda stores: stores.log.publish(b"one", None), lambda stores: stores.log.checkpoint()[0]
    ),
    "mark": Write(lambda stores: stores.log.mark({("key", "k1"): 3}), lambda stores: stores.log.marks([("key", "k1")])),
    "replace a row": Write(
        lambda stores: stores.tallies.replace(PPWP, "11", "a", samples.tally(5), 3),
        lambda stores: stores.tallies.children(PPWP, "11"),
        lambda stores: stores.tallies.advance(PPWP, "11", "a", samples.tally(3)),
    ),
    "advance a row": Write(
        lambda stores: stores.tallies.advance(PPWP, "11", "a", samples.tally(3)),
        lambda stores: stores.tallies.children(PPWP, "11"),
    ),
    "keep a copy": Write(
        lambda stores: stores.copies.keep(samples.page(edition=7)),
        lambda stores: stores.copy_at("/v1/x"),
        lambda stores: stores.copies.keep(samples.page(edition=6)),
        several=True,
    ),
    "keep many copies": Write(
        lambda stores: stores.copies.keep_all([samples.page(f"/v1/{i}") for i in range(30)]),
        lambda stores: [stores.copy_at(f"/v1/{i}") for i in range(30)],
        several=True,
    ),
    "put a page": Write(
        lambda stores: stores.pages.put(samples.page(edition=7)), lambda stores: stores.pages.get("/v1/x")
    ),
    "put many pages": Write(
        lambda stores: stores.pages.put_all([samples.page(f"/v1/{i}") for i in range(130)]),
        lambda stores: [stores.pages.get(f"/v1/{i}") for i in (0, 99, 100, 129)],
        several=True,
    ),
}

READS: dict[str, Callable[[AWSStores], object]] = {
    "elections": lambda stores: stores.elections.elections(),
    "election": lambda stores: stores.elections.election("2019"),
    "contest": lambda stores: stores.elections.contest(PPWP),
    "region": lambda stores: stores.elections.region("2019", "11"),
    "station": lambda stores: stores.elections.station("2019", "11.0"),
    "key": lambda stores: stores.keys.find("k1"),
    "upload": lambda stores: stores.uploads.find("u1"),
    "file": lambda stores: stores.bucket.read("u1", UploadFile("form", SCAN)),
    "head": lambda stores: stores.forms.head(PPWP, "11.0"),
    "version": lambda stores: stores.forms.version(PPWP, "11.0", 1),
    "history": lambda stores: stores.forms.history(PPWP, "11.0"),
    "heads": lambda stores: stores.forms.heads(PPWP, ["11.0"]),
    "unsealed": lambda stores: stores.forms.unsealed(PPWP, {"11.0": HEAD.decided(APPROVE, ONE)}),
    "seals": lambda stores: stores.forms.seals(PPWP, "11.0"),
    "recalls": lambda stores: stores.forms.recalls(PPWP, "11.0"),
    "keys": lambda stores: stores.keys.find_all(["k1"]),
    "revoked": lambda stores: stores.keys.revoked("2019"),
    "the log's head": lambda stores: stores.log.head(),
    "checkpoint": lambda stores: stores.log.checkpoint(),
    "a file of the log": _file,
    "marks": lambda stores: stores.log.marks([("key", "k1")]),
    "row": lambda stores: stores.tallies.row(PPWP, "11", "11.0"),
    "children": lambda stores: stores.tallies.children(PPWP, "11"),
    "page": lambda stores: stores.pages.get("/v1/x"),
    "editions": lambda stores: stores.pages.editions(["/v1/x"]),
    "counting": lambda stores: stores.forms.counting(PPWP, {"11.0": replace(HEAD, counted=1)}),
    "all rows": lambda stores: list(stores.tallies.all_rows("2019")),
    "pages": lambda stores: stores.pages.find_all(["/v1/x"]),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WRITES)
def test_a_write_in_doubt_can_be_repeated(ministack_url: str, weather: Weather, name: str, fault: str) -> None:
    it = WRITES[name]
    once = _written_once(ministack_url, name)
    stores = weather.stores(ministack_url)
    it.prepare(stores)
    untouched = it.look(stores)
    weather.kinds, weather.share = (fault,), 1.0
    happened = fault in (CUT_OFF, UNHEARD)
    with suppress(Unavailable) if it.several else pytest.raises(Unavailable):
        it.write(stores)
    weather.share = 0.0
    if not it.several:
        assert it.look(stores) == (it.look(once) if happened else untouched)

    try:
        it.write(stores)
    except Conflict:
        assert happened, "nothing was written, so nothing can be in the way"
    assert it.look(stores) == it.look(once)


@cache
def _written_once(endpoint: str, name: str) -> AWSStores:
    """What the stores must look like in the end."""
    stores = AWSStores(endpoint)
    WRITES[name].prepare(stores)
    WRITES[name].write(stores)
    return stores


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_is_taken_for_an_answer(ministack_url: str, weather: Weather, fault: str) -> None:
    """Least of all for `there is nothing`: a count that takes a fault for an empty row loses votes."""
    stores = weather.stores(ministack_url)
    stores.arrive("u1", "form", b"scan")
    stores.log.put_file("tile/0/000", b"a")
    stores.log.publish(b"one", None)
    for read in READS.values():  # In good weather each of them answers.
        read(stores)
    weather.kinds, weather.share = (fault,), 1.0
    for name, read in READS.items():
        with pytest.raises(Unavailable):
            pytest.fail(f"{name} returned {read(stores)!r}")


def test_a_store_that_is_not_there_at_all_is_unavailable(ministack_url: str) -> None:
    with closing(socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))  # Bound but not listening: connections are refused.
        nowhere = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        once = Config(retries={"total_max_attempts": 1})
        dynamodb = boto3.client("dynamodb", endpoint_url=nowhere, config=once, **CREDENTIALS)
        s3 = boto3.client("s3", endpoint_url=nowhere, config=once, **CREDENTIALS)
        stores = AWSStores(ministack_url, dynamodb, s3, pause=lambda attempt: None)
        for name, read in READS.items():
            with pytest.raises(Unavailable):
                pytest.fail(f"{name} returned {read(stores)!r}")
