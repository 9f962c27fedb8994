"""Where things are on one machine, and the few things that can be in the way: ports, tools, a second process."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from realcount.domain.errors import RealcountError

LOOPBACK = "127.0.0.1"
"""The only address anything here listens on."""


class LocalError(RealcountError):
    """One machine cannot do what was asked: one line that says what is in the way and what to do about it."""


@dataclass(frozen=True, slots=True)
class Places:
    """`root` is the checkout, `data` where the state of this machine lies (`.realcount` in the checkout)."""

    root: Path
    data: Path

    @property
    def template(self) -> Path:
        return self.root / "template.yaml"

    @property
    def edge(self) -> Path:
        return self.root / "infra" / "edge.yaml"

    @property
    def web(self) -> Path:
        """What browsers are served beside the API, as `make demo` and `realcount web publish` put it into the bucket."""
        return self.root / "web"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def checkpoints(self) -> Path:
        return self.data / "checkpoints"

    def uv(self) -> Path:
        """The uv that the checkout brought along, or the one on the PATH. Raises `LocalError`."""
        own = self.root / ".tools" / "bin" / "uv"
        if own.exists():
            return own
        found = shutil.which("uv")
        if found is None:
            raise LocalError("uv is missing: run `make setup`, or install it (https://docs.astral.sh/uv)")
        return Path(found)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the data directory for this process alone; the lock goes with the process, however it ends.

        Raises `LocalError` if another process holds it.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LocalError(
                    f"another realcount is running on {self.data}; stop it, or choose another with --data"
                ) from None
            yield

    def reset(self) -> None:
        """Forget everything this machine knows. Only under `locked`."""
        for entry in self.data.iterdir():
            if entry.name == "lock":
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()


def checkout(data: Path | None = None) -> Places:
    """The checkout this package runs from. Raises `LocalError` if it does not run from one."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "template.yaml").exists():
        raise LocalError("this needs a checkout of realcount (with template.yaml), installed by `make setup`")
    return Places(root, (data or root / ".realcount").resolve())


def bind(port: int, option: str) -> socket.socket:
    """A socket of the loopback address that does not listen yet: whoever calls is refused at once and can ask elsewhere.

    Port 0 takes any free one; `option` is how to choose another. Raises `LocalError` if the port is taken or may not be
    used.
    """
    return _socket(port, option, listening=False)


def listen(port: int, option: str) -> socket.socket:
    """The same, listening: whoever calls waits until somebody answers."""
    return _socket(port, option, listening=True)


def _socket(port: int, option: str, *, listening: bool) -> socket.socket:
    # asyncio turns off Nagle's algorithm only where the protocol is named; with it, each answer waits 40 ms for an ACK.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
        if listening:
            made.listen(128)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise LocalError(
                f"port {port} is taken by another program; stop it, or choose another with {option}"
            ) from None
        raise LocalError(
            f"port {port} cannot be used ({os.strerror(error.errno or 0)}); choose another with {option}"
        ) from None
    return made


def free_port(port: int, option: str) -> int:
    """The port itself if nobody listens on it, a free one for 0. Another program may still be faster than the caller."""
    with listen(port, option) as probe:
        number: int = probe.getsockname()[1]
        return number
