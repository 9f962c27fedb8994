"""LogStore: files that never change, a checkpoint and a head that only their last reader moves. And the key in KMS."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from moto import mock_aws

from realcount.aws.log_s3 import S3Log
from realcount.aws.signer_kms import KMSLogKeys, KMSSigner
from realcount.domain.errors import Conflict, Drift, NotFound
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.notes import ED25519
from realcount.local.memory.log import KeptKey, MemoryLog, MemorySeals
from realcount.log_ports import BOOK, CHECKPOINT, WITNESSED, LogHead, LogStore, WitnessedLog
from realcount.usecases.append_log import Pending, append_log
from tests.contract.engines import CREDENTIALS
from tests.contract.races import at_once

FORMS = [("form", "ppwp", f"{number:03d}", "1") for number in range(300)]
SIGNER = KeptKey("count.example/2019", bytes(range(32)))

_numbers = itertools.count(1)


@pytest.fixture(params=["memory", "moto", "ministack"])
def log(request: pytest.FixtureRequest) -> Iterator[LogStore]:
    with ExitStack() as parts:
        match request.param:
            case "memory":
                yield MemoryLog()
                return
            case "moto":
                parts.enter_context(mock_aws())
                yield on_aws(None)
            case server:
                yield on_aws(request.getfixturevalue(f"{server}_url"))


def on_aws(endpoint: str | None) -> S3Log:
    s3, dynamodb = (boto3.client(name, endpoint_url=endpoint, **CREDENTIALS) for name in ("s3", "dynamodb"))
    name = f"log-{next(_numbers)}"
    s3.create_bucket(Bucket=name)
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    return S3Log(s3, name, dynamodb, name, "2019")


def edge_of(size: int) -> Edge:
    return Edge().append([leaf_hash(b"%d" % number) for number in range(size)])[0]


@pytest.mark.parametrize("edge", [Edge(), edge_of(1), edge_of(256), edge_of(70_003)], ids=lambda edge: str(edge.size))
def test_a_head_is_read_as_it_was_written(log: LogStore, edge: Edge) -> None:
    assert log.head() == LogHead()
    head = LogHead(1, edge, None)
    assert log.advance(LogHead(), head) == head
    assert log.head() == head
    committed = LogHead(2, edge, "batch")
    log.advance(head, committed)
    assert log.head() == committed


def test_a_head_moves_only_from_where_it_is(log: LogStore) -> None:
    first = log.advance(LogHead(), LogHead(1, edge_of(1)))
    with pytest.raises(Conflict):
        log.advance(LogHead(), LogHead(1, edge_of(2)))
    second = log.advance(first, LogHead(2, edge_of(2)))
    with pytest.raises(Conflict):
        log.advance(first, LogHead(2, edge_of(3)))
    assert log.head() == second


def test_of_many_writers_one_moves_the_head(log: LogStore, request: pytest.FixtureRequest) -> None:
    if "moto" in request.node.name:
        return  # It runs in this process, and is not safe under threads; the servers are.

    heads = [LogHead(1, edge_of(number)) for number in range(1, 7)]
    outcomes = at_once([lambda head=head: log.advance(LogHead(), head) for head in heads])
    (winner,) = (outcome for outcome in outcomes if isinstance(outcome, LogHead))
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 5
    assert log.head() == winner


def test_a_batch_is_read_as_it_was_laid_down_however_often(log: LogStore) -> None:
    name = log.stage(b"\x00\x03abc", FORMS[:1])
    assert log.stage(b"\x00\x03abc", FORMS[:1]) == name
    assert log.stage(b"\x00\x03abd", FORMS[:1]) != name
    assert log.stage(b"\x00\x03abc", FORMS[1:2]) != name
    bundle, forms = log.staged(name)
    assert (bundle, list(forms)) == (b"\x00\x03abc", FORMS[:1])


def test_many_files_are_written_each_once(log: LogStore) -> None:
    log.put_file("sums/7", b"as it was")
    log.put_files((f"sums/{number}", b"%d" % number) for number in range(25))
    assert [log.file(f"sums/{number}") for number in (0, 7, 24)] == [b"0", b"as it was", b"24"]


def test_a_file_is_written_once(log: LogStore) -> None:
    with pytest.raises(NotFound):
        log.file("tile/0/000.p/1")
    log.put_file("tile/0/000.p/1", b"first")
    log.put_file("tile/0/000.p/1", b"second")
    assert log.file("tile/0/000.p/1") == b"first"


def test_what_lies_there_compressed_is_read_as_it_was_written(log: LogStore) -> None:
    log.put_file("units", b"a unit\n" * 100)
    log.put_file("units", b"another")
    assert log.file("units") == b"a unit\n" * 100


def test_a_checkpoint_is_replaced_only_by_who_read_it(log: LogStore) -> None:
    assert log.checkpoint() == (None, None)
    log.publish(b"one", None)
    with pytest.raises(Conflict):
        log.publish(b"two", None)
    content, version = log.checkpoint()
    assert content == b"one"
    log.publish(b"two", version)
    with pytest.raises(Conflict):
        log.publish(b"three", version)
    assert log.checkpoint()[0] == b"two"


@pytest.mark.parametrize("name", [CHECKPOINT, WITNESSED, BOOK])
def test_each_file_that_changes_is_replaced_only_by_who_read_it(log: LogStore, name: str) -> None:
    shown: WitnessedLog = log  # type: ignore[assignment]  # every adapter of a log is one of what is shown to witnesses
    assert shown.current(name) == (None, None)
    shown.replace(name, b"one", None)
    with pytest.raises(Conflict):
        shown.replace(name, b"two", None)
    content, version = shown.current(name)
    assert content == b"one"
    shown.replace(name, b"two", version)
    with pytest.raises(Conflict):
        shown.replace(name, b"three", version)
    assert shown.current(name)[0] == b"two"
    assert all(shown.current(other)[0] is None for other in {CHECKPOINT, WITNESSED, BOOK} - {name})
    assert log.checkpoint()[0] == (b"two" if name == CHECKPOINT else None)


def test_a_refusal_is_kept_once_under_its_content(log: LogStore) -> None:
    shown: WitnessedLog = log  # type: ignore[assignment]
    place = shown.keep_refusal(b"no")
    assert place.startswith("/refusals/")
    assert shown.keep_refusal(b"no") == place
    assert shown.keep_refusal(b"never") != place


def test_forms_are_sealed_across_the_edge_of_a_tile(log: LogStore) -> None:
    seals = MemorySeals()
    waiting = [Pending(b"form %s" % form[2].encode(), form) for form in FORMS]
    for start, end in ((0, 3), (3, 255), (255, 300)):
        append_log(lambda start=start, end=end: waiting[start:end], log=log, seals=seals, signer=SIGNER)
    assert seals.marks == {form: index for index, form in enumerate(FORMS)}
    assert log.head().edge == Edge().append([leaf_hash(one.entry) for one in waiting])[0]


def test_what_has_no_item_of_its_own_is_marked_beside_the_head(log: LogStore) -> None:
    keys = [("key", f"sub-{number}", "registered") for number in range(130)]  # More than one transaction takes.
    places = {key: index for index, key in enumerate(keys)}
    assert log.marks(keys) == {}
    log.mark(dict(list(places.items())[:70]))
    log.mark(places)
    log.mark(places)
    with pytest.raises(Drift):
        log.mark({keys[0]: 1})
    assert log.marks([*keys, ("key", "sub-1", "revoked")]) == places
    assert log.marks([]) == {}
    log.mark({})
    assert log.head() == LogHead()


def test_the_last_of_the_marks_that_begin_alike_is_found(log: LogStore) -> None:
    assert log.last_mark(("snapshot", "ppwp", "N")) is None
    log.mark({("snapshot", "ppwp", "N", f"{size:04d}"): index for size, index in ((9, 4), (100, 30), (20, 12))})
    log.mark(
        {
            ("snapshot", "ppwp", "N1", "9999"): 40,
            ("snapshot", "ppw", "N", "9999"): 41,
            ("snapshot", "ppwp", "M", "9999"): 42,
        }
    )
    assert log.last_mark(("snapshot", "ppwp", "N")) == 30
    assert log.last_mark(("snapshot", "ppwp")) == 40
    assert log.last_mark(("snapshot", "ppwp", "N", "0100")) is None, "it begins with these words, and goes on"


def test_a_form_has_one_index() -> None:
    seals = MemorySeals()
    seals.mark(FORMS[:2], 7)
    seals.mark(FORMS[:2], 7)
    with pytest.raises(Drift):
        seals.mark(FORMS[:1], 8)


def test_a_key_in_kms_signs_what_its_public_half_checks(ministack_url: str) -> None:
    kms: Any = boto3.client("kms", endpoint_url=ministack_url, **CREDENTIALS)
    made = kms.create_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signer = KMSSigner(kms, made, "count.example/2019")
    assert KMSLogKeys(kms, made, "count.example").of("2019") == signer.key
    assert (signer.key.name, signer.key.kind) == ("count.example/2019", ED25519)
    Ed25519PublicKey.from_public_bytes(signer.key.public).verify(signer.sign(b"a checkpoint"), b"a checkpoint")


def test_a_key_of_another_kind_is_refused() -> None:
    kms: Any = SimpleNamespace(get_public_key=lambda KeyId: {"PublicKey": b"\x30\x59" + bytes(89)})  # noqa: N803
    with pytest.raises(ValueError, match="no Ed25519 key"):
        _ = KMSSigner(kms, "key", "log").key
