"""Bulk files have their name only once they are right; what broke off goes on where it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from realcount.client.client import Client
from realcount.client.patience import Patience
from realcount.domain.errors import Drift, NotFound, Unavailable
from tests.client.server import Said, Server, json_body, serving

P = "/v1/elections/e/contests/c"
FOLDER = "/bulk/e/c/9"
DATA = Random(9).randbytes(700_000)

Given = Callable[..., None]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        elections = {"elections": [{"id": "e", "held_on": "2029-04-17", "links": {"self": "/v1/elections/e"}}]}
        running.says("/v1/elections", json_body(elections))
        running.says("/v1/elections/e", json_body({"contests": [{"id": "c", "links": {"self": P}}]}))
        running.says(P, json_body({"links": {"self": P, "roots": []}}))
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.base, patience=Patience(sleep=lambda seconds: None)) as asking:
        yield asking


def index(server: Server, *names: str, data: bytes = DATA) -> None:
    digest = hashlib.sha256(data).hexdigest()
    files = [{"path": f"{FOLDER}/{name}", "bytes": len(data), "sha256": digest, "media": "x"} for name in names]
    server.says(f"{P}/bulk", json_body({"files": files}))


def cut(at: int, **more: bool) -> Said:
    return Said(200, DATA[:at], announced=len(DATA), **more)


def test_what_is_right_has_its_name_and_nothing_else_is_there(server: Server, client: Client, tmp_path: Path) -> None:
    index(server, "stations.csv.gz", "regions.csv.gz", "stations.parquet")
    for name in ("stations.csv.gz", "regions.csv.gz"):
        server.says(f"{FOLDER}/{name}", Said(200, DATA))
    told: list[tuple[str, int, int]] = []
    files = client.download(tmp_path / "new", only=["*.csv.gz"], progress=lambda *said: told.append(said))
    assert files == [tmp_path / "new/stations.csv.gz", tmp_path / "new/regions.csv.gz"]
    assert [path.read_bytes() for path in files] == [DATA, DATA]
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"stations.csv.gz", "regions.csv.gz"}
    assert told[-1] == ("regions.csv.gz", len(DATA), len(DATA))
    assert [there for name, there, _ in told if name == "stations.csv.gz"] == [262_144, 524_288, 700_000]
    assert server.asked(f"{FOLDER}/regions.csv.gz")[0]["accept-encoding"] == "identity"
    client.download(tmp_path / "new", only=["*.csv.gz"])
    assert len(server.asked(f"{FOLDER}/regions.csv.gz")) == 1, "it is there"


def test_what_broke_off_goes_on_where_it_was(server: Server, client: Client, tmp_path: Path) -> None:
    index(server, "a.gz")
    server.says(f"{FOLDER}/a.gz", cut(300_000), None, Said(503), Said(200, DATA, ranges=True))
    (path,) = client.download(tmp_path)
    assert path.read_bytes() == DATA
    first, *_, last = server.asked(f"{FOLDER}/a.gz")
    assert "range" not in first
    assert last["range"].startswith("bytes=")
    assert server.statuses(f"{FOLDER}/a.gz")[-1] == 206


def test_a_server_that_knows_no_parts_is_asked_for_all_again(server: Server, client: Client, tmp_path: Path) -> None:
    index(server, "a.gz")
    server.says(f"{FOLDER}/a.gz", cut(300_000), Said(200, DATA))
    assert client.download(tmp_path)[0].read_bytes() == DATA


def test_what_was_left_by_a_call_before_is_gone_on_with(server: Server, client: Client, tmp_path: Path) -> None:
    index(server, "a.gz")
    (tmp_path / ".a.gz.part").write_bytes(DATA[:500_000])
    server.says(f"{FOLDER}/a.gz", Said(200, DATA, ranges=True))
    assert client.download(tmp_path)[0].read_bytes() == DATA
    assert server.asked(f"{FOLDER}/a.gz")[0]["range"] == "bytes=500000-"
    assert [path.name for path in tmp_path.iterdir()] == ["a.gz"]


@pytest.mark.parametrize("body", [DATA[:-1] + b"!", DATA + b"more", DATA[::-1]])
def test_other_bytes_than_the_index_says_never_get_the_name(
    server: Server, client: Client, tmp_path: Path, body: bytes
) -> None:
    index(server, "a.gz")
    server.says(f"{FOLDER}/a.gz", Said(200, body))
    with pytest.raises(Drift, match="has other bytes than its index says"):
        client.download(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_that_name_that_is_another_is_replaced_and_not_before_the_new_one_is_there(
    server: Server, client: Client, tmp_path: Path
) -> None:
    index(server, "a.gz")
    (tmp_path / "a.gz").write_bytes(b"of yesterday")
    server.says(f"{FOLDER}/a.gz", None)
    with pytest.raises(Unavailable, match="after 6 tries"):
        client.download(tmp_path)
    assert (tmp_path / "a.gz").read_bytes() == b"of yesterday"
    server.says(f"{FOLDER}/a.gz", Said(200, DATA))
    client.download(tmp_path)
    assert (tmp_path / "a.gz").read_bytes() == DATA


@pytest.mark.parametrize("name", ["..", ".bashrc", "", "a\\b"])
def test_an_index_does_not_choose_names_that_hide_or_lead_elsewhere(
    server: Server, client: Client, tmp_path: Path, name: str
) -> None:
    index(server, name)
    with pytest.raises(Unavailable, match="as no file should be here"):
        client.download(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_said(server: Server, client: Client, tmp_path: Path) -> None:
    index(server, "a.gz")
    with pytest.raises(NotFound, match=r"no bulk file is called \*.parquet"):
        client.download(tmp_path, only=["*.parquet"])
    with pytest.raises(NotFound, match="there is nothing at"):
        client.download(tmp_path)
    server.says(f"{P}/bulk", Said(404))
    with pytest.raises(NotFound):
        client.download(tmp_path)
