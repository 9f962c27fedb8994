"""What can be in the way of a machine is said in one line, with what to do about it."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from realcount.local.places import LOOPBACK, LocalError, Places, bind, checkout, free_port, listen


def test_a_port_that_is_taken_is_named_and_so_is_the_way_out() -> None:
    with listen(0, "--port") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalError) as error:
            listen(port, "--port")
        assert str(error.value) == f"port {port} is taken by another program; stop it, or choose another with --port"
        with pytest.raises(LocalError, match="--engine-port"):
            free_port(port, "--engine-port")
    assert free_port(port, "--port") == port


def test_only_the_loopback_address_is_listened_on() -> None:
    with listen(0, "--port") as socket_:
        assert socket_.getsockname()[0] == LOOPBACK == "127.0.0.1"


def test_a_port_just_left_is_free_again() -> None:
    with listen(0, "--port") as listening:
        port = listening.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)), listening.accept()[0]:
            pass
    assert free_port(port, "--port") == port


def test_a_missing_uv_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalError, match="uv is missing: run `make setup`"):
        Places(tmp_path, tmp_path / "data").uv()
    (tmp_path / "uv").touch(mode=0o755)
    assert Places(tmp_path, tmp_path / "data").uv() == tmp_path / "uv"


def test_the_checkout_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert checkout().template.exists()
    assert checkout().data == checkout().root / ".realcount"
    assert checkout(Path("mine")).data == tmp_path / "mine"


HOLD = """
import sys
from pathlib import Path
from realcount.local.places import Places
with Places(Path(), Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_machines_do_not_share_a_data_directory_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path / "data")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, places.data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LocalError, match=r"another realcount is running .* another with --data"), places.locked():
            pytest.fail("the lock was given twice")
        other.kill()
    with places.locked():
        pass


def test_a_reset_forgets_everything_but_the_lock(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path / "data")
    with places.locked():
        (places.data / "deep" / "down").mkdir(parents=True)
        (places.data / "file").touch()
        places.reset()
        assert [path.name for path in places.data.iterdir()] == ["lock"]


def test_before_anybody_listens_a_caller_is_refused_at_once() -> None:
    with bind(0, "--port") as bound, pytest.raises(ConnectionRefusedError):
        socket.create_connection(bound.getsockname(), 5)


def test_answers_do_not_wait_for_an_acknowledgement() -> None:
    """asyncio turns Nagle's algorithm off for sockets that name their protocol, and for no others."""
    with listen(0, "--port") as listening:
        assert listening.proto == socket.IPPROTO_TCP
