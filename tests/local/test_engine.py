"""The engine starts and stops in order, keeps what it was told, enforces signatures, and listens to this machine alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from realcount.local.engine import Engine, start_engine
from realcount.local.places import LOOPBACK, LocalError, Places, checkout, listen

ROOT = checkout().root
TABLE: dict[str, Any] = {
    "TableName": "engine-test",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}


def _remember(engine: Engine) -> None:
    engine.client("dynamodb").create_table(**TABLE)
    engine.client("dynamodb").put_item(TableName="engine-test", Item={"pk": {"S": "kept"}})
    engine.client("s3").create_bucket(Bucket="engine-test")
    engine.client("s3").put_object(Bucket="engine-test", Key="a/b", Body=b"kept")
    engine.client("ssm").put_parameter(Name="/engine/test", Value="kept", Type="String")
    queue = engine.client("sqs").create_queue(QueueName="engine-test")["QueueUrl"]
    engine.client("sqs").send_message(QueueUrl=queue, MessageBody="kept")


def _remembered(engine: Engine) -> list[str]:
    sqs = engine.client("sqs")
    queue = sqs.get_queue_url(QueueName="engine-test")["QueueUrl"]
    return [
        engine.client("dynamodb").scan(TableName="engine-test")["Items"][0]["pk"]["S"],
        engine.client("s3").get_object(Bucket="engine-test", Key="a/b")["Body"].read().decode(),
        engine.client("ssm").get_parameter(Name="/engine/test")["Parameter"]["Value"],
        sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"],
    ]


def test_what_it_was_told_survives_a_stop(tmp_path: Path) -> None:
    places = Places(ROOT, tmp_path)
    engine = start_engine(places)
    _remember(engine)
    engine.stop()
    again = start_engine(places)
    assert _remembered(again) == ["kept"] * 4
    again.stop()


STARTER = """
import sys
from pathlib import Path
from realcount.local.engine import start_engine
from realcount.local.places import Places
engine = start_engine(Places(Path(sys.argv[1]), Path(sys.argv[2])))
print(engine.port, engine.process.pid, flush=True)
sys.stdin.read()
"""


def test_it_stops_in_order_when_its_starter_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, ROOT, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        port, pid = map(int, starter.stdout.readline().split())
        _remember(_reach(port))
        os.kill(starter.pid, signal.SIGKILL)
    give_up = time.monotonic() + 60
    while _alive(pid):
        assert time.monotonic() < give_up, "the engine outlived its starter"
        time.sleep(0.05)
    again = start_engine(Places(ROOT, tmp_path))
    assert _remembered(again) == ["kept"] * 4
    again.stop()


def _reach(port: int) -> Engine:
    """An engine that somebody else started, to make clients of."""
    stub: Any = None
    return Engine(port, stub, Path())


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with listen(0, "--port") as taken, pytest.raises(LocalError, match=r"is taken by another program.*--engine-port"):
        start_engine(Places(ROOT, tmp_path), taken.getsockname()[1])


def test_an_engine_that_cannot_be_installed_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".tools" / "bin").mkdir(parents=True)
    uv = tmp_path / ".tools" / "bin" / "uv"
    uv.write_text("#!/bin/sh\necho some detail >&2\necho error: no such package >&2\nexit 2\n")
    uv.chmod(0o755)
    with pytest.raises(LocalError, match=r"^the engine could not be installed: error: no such package$"):
        start_engine(Places(tmp_path, tmp_path / "data"))


def test_an_engine_that_ends_while_starting_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".tools" / "bin").mkdir(parents=True)
    binaries = tmp_path / "infra" / "tools" / "ministack" / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for program, script in (
        (tmp_path / ".tools/bin/uv", "exit 0"),
        (binaries / "python", "echo no luck today; exit 1"),
    ):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    with pytest.raises(LocalError, match="the engine ended while starting: no luck today"):
        start_engine(Places(tmp_path, tmp_path / "data"))


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's list of sockets")
def test_it_listens_to_this_machine_alone(engine: Engine) -> None:
    inodes = set()
    for descriptor in Path(f"/proc/{engine.process.pid}/fd").iterdir():
        target = os.readlink(descriptor)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        listening += [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
    assert listening == [f"0100007F:{engine.port:04X}"]


def test_strangers_are_refused(engine: Engine) -> None:
    engine.client("s3").create_bucket(Bucket="engine-strangers")
    assert httpx.put(f"{engine.url}/engine-strangers/key", content=b"x").status_code == 403
    stranger = boto3.client(
        "s3",
        endpoint_url=engine.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="guessed",
        config=Config(signature_version="s3v4"),
    )
    url = stranger.generate_presigned_url("put_object", {"Bucket": "engine-strangers", "Key": "key"})
    assert httpx.put(url, content=b"x").status_code == 403


def test_a_presigned_post_takes_exactly_what_was_signed(engine: Engine) -> None:
    s3 = engine.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket="engine-presigned")
    post = s3.generate_presigned_post(
        "engine-presigned", "uploads/1/form", Conditions=[["content-length-range", 3, 3]], ExpiresIn=60
    )

    def send(content: bytes, **changes: str) -> int:
        fields = {**post["fields"], **changes}
        return httpx.post(post["url"], data=fields, files={"file": ("form", content)}).status_code

    assert send(b"abcd") == 400
    assert send(b"abc", key="uploads/2/form") == 403
    assert send(b"abc", **{"x-amz-signature": "0" * 64}) == 403
    assert send(b"abc") == 204


def test_its_environment_leads_nowhere_else(engine: Engine) -> None:
    environment = engine.environment()
    assert environment["AWS_ENDPOINT_URL"] == f"http://{LOOPBACK}:{engine.port}"
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
