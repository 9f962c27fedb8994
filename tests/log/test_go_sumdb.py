"""Our log before the reference code that Go's checksum database is checked with (`x/mod/sumdb`), as Go's own toolchain
carries it: signature and origin, every entry hashed again, every tile, inclusion and consistency.

`make test-log`. The program is infra/tools/go-sumdb/check.go; it is built here, without a network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realcount.domain.log.notes import ED25519, NoteKey
from realcount.domain.log.tiles import TileName
from tests.log.test_other_implementations import ENTRIES, KEY, Log, write_log

pytestmark = pytest.mark.log

TOOL = Path(__file__).resolve().parents[2] / "infra" / "tools" / "go-sumdb"
PORTIONS = (1, 255, 1, 743, 4_000, 15_000)
SIZE = sum(PORTIONS)

Check = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = list(TOOL.glob(".venv/lib/python3.*/site-packages/go"))
    if not found:
        pytest.fail("Go is not installed: run `make test-log`", pytrace=False)
    folder = tmp_path_factory.mktemp("go")
    for package in ("note", "tlog"):
        theirs = found[0] / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod" / "sumdb" / package
        shutil.copytree(theirs, folder / "mod" / "sumdb" / package)
    shutil.copy(TOOL / "check.go", folder)
    (folder / "mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.27\n")
    (folder / "go.mod").write_text(
        "module realcount.example/check\n\ngo 1.27\n\n"
        "require golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n"
    )
    kept = TOOL / ".venv" / "go-build"  # Compiling what Go itself brings takes most of the time.
    settings = {"GOROOT": found[0], "GOCACHE": kept, "GOPATH": folder / "path", "GOENV": "off", "GOPROXY": "off"}
    alone = {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "XDG_CONFIG_HOME": str(folder)}
    built = subprocess.run(
        [found[0] / "bin" / "go", "build", "-o", "check", "."],
        cwd=folder, env={**os.environ, **settings, **alone}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder / "check"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return write_log(tmp_path_factory.mktemp("log"), ENTRIES[:SIZE], PORTIONS)


@pytest.fixture
def check(program: Path, log: Log) -> Check:
    def run(key: NoteKey = KEY, *older: Path) -> subprocess.CompletedProcess[str]:
        command = [program, log.folder, key.to_text(), *older]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return run


@pytest.fixture
def flip(log: Log) -> Iterator[Callable[[str, int], None]]:
    good: dict[Path, bytes] = {}

    def flipped(path: str, at: int) -> None:
        file = log.folder / path
        data = good.setdefault(file, file.read_bytes())
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])

    yield flipped
    for file, data in good.items():
        file.write_bytes(data)


def test_gos_reference_code_finds_the_whole_log_right(check: Check, log: Log, tmp_path: Path) -> None:
    older = [tmp_path / str(i) for i in range(len(log.notes))]
    for file, note in zip(older, log.notes, strict=True):
        file.write_bytes(note.to_bytes())
    found = check(KEY, *older)
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == (log.folder / "checkpoint").read_text().splitlines()[1:3]


@pytest.mark.parametrize(
    ("path", "at", "says"),
    [
        (TileName(-1, 0).path, 7, "the entries' root"),
        (TileName(-1, 78, 32).path, 99, "the entries' root"),
        (TileName(0, 2).path, 0, "tile/0/002"),
        (TileName(0, 78, 32).path, 1023, "tile/0/078.p/32"),
        (TileName(1, 0, 78).path, 64, "tile/1/000.p/78"),
        ("checkpoint", len("count.example/2019\n1"), "invalid signature"),
    ],
)
def test_it_refuses_a_flipped_bit_anywhere(
    check: Check, flip: Callable[[str, int], None], path: str, at: int, says: str
) -> None:
    flip(path, at)
    found = check()
    assert found.returncode == 1
    assert says in found.stderr


def test_it_refuses_another_key_and_another_past(check: Check, log: Log, tmp_path: Path) -> None:
    assert check(NoteKey(KEY.name, ED25519, bytes(31) + b"\x09")).returncode == 1
    other = write_log(tmp_path, [b"another", *ENTRIES[1:256]], PORTIONS[:2])
    found = check(KEY, other.folder / "checkpoint")
    assert found.returncode == 1
    assert "consistency" in found.stderr
