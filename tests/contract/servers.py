"""Starting the engines that are processes: one each per test run, on a free port of 127.0.0.1, gone with the run."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "infra" / "tools"
MINISTACK = TOOLS / "ministack" / ".venv" / "bin" / "ministack"
DYNOXIDE = TOOLS / "dynoxide" / "node_modules" / "@dynoxide" / "linux-x64" / "dynoxide"

START_SECONDS = 30


class NotInstalled(Exception):
    """The engine is not on this machine. The message says how to get it."""


@contextlib.contextmanager
def ministack() -> Iterator[str]:
    """DynamoDB, S3 and SSM with every signature and policy checked. Yields its URL."""
    _require(MINISTACK, "uv sync --frozen --project infra/tools/ministack")
    port = _free_port()
    settings = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
    with _server([str(MINISTACK)], settings, port) as url:
        yield url


@contextlib.contextmanager
def dynoxide() -> Iterator[str]:
    """DynamoDB in memory, with exact capacity figures. Yields its URL."""
    _require(DYNOXIDE, "npm ci --prefix infra/tools/dynoxide")
    port = _free_port()
    with _server([str(DYNOXIDE), "--host", "127.0.0.1", "--port", str(port)], {}, port) as url:
        yield url


def _require(program: Path, how: str) -> None:
    if not program.exists():
        raise NotInstalled(f"{program.name} is not installed: run `{how}` in the repository")


@contextlib.contextmanager
def _server(command: Sequence[str], settings: Mapping[str, str], port: int) -> Iterator[str]:
    # Not what happens to be set where it is started first: it would take a mock's credentials for its own.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env={**inherited, **settings}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            if not _listens(process, port):
                output.seek(0)
                raise RuntimeError(f"{command[0]} did not start:\n{output.read()[-2000:].decode(errors='replace')}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.02)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
