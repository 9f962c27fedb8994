"""The embedded DynamoDB, S3, SQS and SSM of one machine: MiniStack in a process of its own, reached by an endpoint URL.

It listens on the loopback address alone. What is presigned (version 4) it enforces as S3 does, and it refuses the
anonymous; signatures in headers it does not check: whoever is on this machine is trusted.

It keeps its state in the data directory: written when it stops in order, read when it starts again. It stops in order
when we stop it, when we are interrupted, and also when we are killed (see `leash`). If the engine itself is killed, what
happened since its start is gone, and the machine goes on from the snapshot before.

DynamoDB may be a process of its own beside it (`dynoxide`), and both may be somebody else's (`attached`): then they live
on when the machine that uses them is killed.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import boto3
import httpx
from botocore.config import Config

from realcount.local.dynoxide import Dynoxide, start_dynoxide
from realcount.local.intrinsics import ACCOUNT, REGION
from realcount.local.places import LOOPBACK, LocalError, Places, free_port

PROJECT = Path("infra/tools/ministack")
START_SECONDS = 30.0
STOP_SECONDS = 30.0

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
"""The only key the engine knows from the start. It opens nothing but this engine."""


DynamoDB = Literal["ministack", "dynoxide"]
"""Who plays DynamoDB: the engine itself, which needs nothing more, or a process of its own that may be killed."""


@dataclass(slots=True)
class Engine:
    """A running engine. `stop` it, or it stops with this process. One that is attached has no `process`: it is not ours.

    `dynamodb_port` is where DynamoDB listens if that is not the engine itself.
    """

    port: int
    process: subprocess.Popen[bytes] | None
    log: Path
    dynamodb_port: int | None = None
    dynoxide: Dynoxide | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def dynamodb_url(self) -> str:
        return f"http://{LOOPBACK}:{self.dynamodb_port or self.port}"

    @property
    def keeps_streams(self) -> bool:
        """Whether streams outlive the process that serves them, so that nothing is missed when that is killed."""
        return self.dynamodb_port is not None

    def environment(self) -> dict[str, str]:
        """What AWS's libraries need to find the engine and nothing else: no profile, no metadata service, no account."""
        apart = {}
        if self.dynamodb_port is not None:
            apart = {
                "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb_url,
                "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": self.dynamodb_url,
            }
        return {
            "AWS_ENDPOINT_URL": self.url,
            **apart,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, **config: Any) -> Any:
        """A boto3 client of the engine."""
        url = self.url
        if service in ("dynamodb", "dynamodbstreams"):
            url = self.dynamodb_url
            # dynoxide names its shards shorter than AWS, and botocore would refuse to say their names.
            config = {"parameter_validation": service == "dynamodb", **config}
        return boto3.client(  # type: ignore[call-overload]  # the service's name is a variable here
            service, endpoint_url=url, config=Config(retries={"mode": "standard"}, **config), **CREDENTIALS
        )

    def stop(self) -> None:
        """Shut down in order and wait until the state is on disk. Raises `LocalError` if it had to be killed.

        What is not ours goes on.
        """
        if self.dynoxide is not None:
            self.dynoxide.stop()
        if self.process is None:
            return
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise LocalError(
                f"the engine did not stop within {STOP_SECONDS:.0f} s and was killed; see {self.log}"
            ) from None

    def kill(self) -> None:
        """End it at once. What it has not saved is lost."""
        if self.dynoxide is not None:
            self.dynoxide.kill()
        if self.process is None:
            return
        assert self.process.stdin is not None
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


def attached(port: int, dynamodb_port: int | None = None) -> Engine:
    """An engine that somebody else has started on this machine and will stop."""
    return Engine(port, None, Path(os.devnull), dynamodb_port)


def start_engine(places: Places, port: int = 0, dynamodb: DynamoDB = "ministack") -> Engine:
    """Install the locked engine if need be, start it and wait until it answers. Port 0 takes any free one.

    Raises `LocalError` with one line if a tool is missing, the port is taken, or it does not come up.
    """
    python = _installed(places)
    port = free_port(port, "--engine-port")
    home = places.data / "engine"
    places.logs.mkdir(parents=True, exist_ok=True)
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    log = places.logs / "engine.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, Path(__file__).with_name("leash.py")],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A session of its own: Ctrl-C in the terminal reaches us alone, and we stop it when the rest has stopped.
            start_new_session=True,
            env=_settings(port, home),
        )
    engine = Engine(port, process, log)
    try:
        _await_ready(engine)
        if dynamodb == "dynoxide":
            engine.dynoxide = start_dynoxide(places)
            engine.dynamodb_port = engine.dynoxide.port
    except BaseException:  # Ctrl-C too: nobody else knows of its processes yet.
        engine.kill()
        raise
    return engine


def _settings(port: int, home: Path) -> Mapping[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        # Links that it hands out (presigned posts come from our side) lead to where it listens.
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home / "s3"),
        "TMPDIR": str(home / "tmp"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
        "LOG_LEVEL": "WARNING",
    }


def _installed(places: Places) -> Path:
    """The engine's interpreter, with exactly the packages of its lock file."""
    project = places.root / PROJECT
    command: list[str | Path] = [
        places.uv(),
        "sync",
        "--frozen",
        "--quiet",
        "--no-python-downloads",
        "--project",
        project,
    ]
    clean = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean)
    if done.returncode != 0:
        raise LocalError(f"the engine could not be installed: {_last_line(done.stderr)}")
    return project / ".venv" / "bin" / "python"


def _await_ready(engine: Engine) -> None:
    assert engine.process is not None
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if engine.process.poll() is not None:
            raise LocalError(
                f"the engine ended while starting: {_last_line(engine.log.read_text())} (see {engine.log})"
            )
        try:
            if httpx.get(f"{engine.url}/_ministack/health", timeout=2.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)  # Not listening yet.
    raise LocalError(f"the engine did not answer within {START_SECONDS:.0f} s; see {engine.log}")


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
