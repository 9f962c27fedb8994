"""Files over a network that stumbles, from servers that mislead, and from copies of ours that were damaged."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from realcount.domain.errors import NotFound, Unavailable
from realcount.verify.audit import Audit, Report
from realcount.verify.sources import FolderSource, KeptSource, Source, TooLarge, ahead, unpacked
from realcount.verify.state import State
from realcount.verify.url_source import UrlSource
from tests.verify.building import LOG, lay_down, packed, published, small_log

Answer = tuple[int, dict[str, str], bytes]


class Server:
    """Answers as `answer` says, on a free port of this machine; `asked` are the paths it was asked for."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                status, headers, body = answer(self.path)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str], Answer]], Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[str], Answer]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def no_pause(tried: int) -> None:
    pass


def over(url: str, pause: Callable[[int], None] = no_pause) -> UrlSource:
    return UrlSource(url, pause=pause, timeout=httpx.Timeout(5))


def files_behind(files: dict[str, bytes]) -> Callable[[str], Answer]:
    def answer(path: str) -> Answer:
        data = files.get(path.removeprefix("/log/"))
        return (200, {}, data) if data is not None else (404, {}, b"nothing here")

    return answer


def audit(source: Source, state: Path, fresh: bool = False) -> Report:
    return Audit(source, LOG.key, State(state, LOG.key), fresh=fresh).run()


Serve = Callable[[Callable[[str], Answer]], Server]


def test_a_log_behind_a_url_is_as_good_as_a_folder(serve: Serve, tmp_path: Path) -> None:
    files = published(small_log())
    squeezed = packed(files["units"])

    def answer(path: str) -> Answer:
        if path == "/log/units":
            return 200, {"Content-Encoding": "gzip"}, squeezed
        return files_behind(files)(path)

    server = serve(answer)
    with over(f"{server.url}/log/") as source:
        report = audit(source, tmp_path)
        assert report.holds, report.to_document()
        assert len(server.asked) == len(set(server.asked)) + 1, "the last bundle, which is not full, twice; others once"
        server.asked.clear()
        again = audit(source, tmp_path)
        assert again.holds
        assert (again.nodes, again.snapshots) == (report.nodes, report.snapshots)
        assert not any(path in ("/log/tile/0/000", "/log/tile/entries/000") for path in server.asked)
        assert not any("sums" in path for path in server.asked), "nodes that were found once have not become others"
        assert audit(source, tmp_path, fresh=True).holds
        assert "/log/tile/entries/000" in server.asked


def test_a_check_that_was_stopped_goes_on_where_it_was(serve: Serve, tmp_path: Path) -> None:
    files = published(small_log())
    down = {"tile/entries/001.p/67"}
    server = serve(lambda path: (503, {}, b"") if path.removeprefix("/log/") in down else files_behind(files)(path))
    with over(f"{server.url}/log") as source:
        report = audit(source, tmp_path)
        assert not report.holds and not report.findings
        assert "tile/entries/001.p/67 cannot be read after 5 tries: the answer is 503" in (report.unreadable or "")
        down.clear()
        server.asked.clear()
        assert audit(source, tmp_path).holds
        assert "/log/tile/entries/000" not in server.asked


def test_a_server_that_stumbles_is_asked_again_after_a_pause(serve: Serve) -> None:
    answers = iter([(503, {}, b""), (429, {}, b""), (200, {}, b"here")])
    pauses: list[int] = []
    server = serve(lambda path: next(answers))
    with over(server.url, pauses.append) as source:
        assert source.get("checkpoint", 10) == b"here"
    assert pauses == [1, 2]


def test_nobody_there_is_unavailable_not_missing() -> None:
    with over("http://127.0.0.1:1") as source, pytest.raises(Unavailable, match="after 5 tries"):
        source.get("checkpoint", 10)
    with pytest.raises(Unavailable, match="is no address"):
        UrlSource("http://count.example:port")


def test_a_redirect_to_another_host_is_not_followed(serve: Serve) -> None:
    other = serve(lambda path: (200, {}, b"stolen"))
    server = serve(
        lambda path: {
            "/away": (302, {"Location": f"{other.url}/x"}, b""),
            "/round": (302, {"Location": "/round"}, b""),
            "/odd": (302, {"Location": "http://count.example:port"}, b""),
            "/near": (301, {"Location": "/there"}, b""),
        }.get(path, (200, {}, b"here"))
    )
    with over(server.url) as source:
        assert source.get("near", 10) == b"here"
        for path, why in (("away", "another host"), ("round", "in circles"), ("odd", "after 5 tries")):
            with pytest.raises(Unavailable, match=why):
                source.get(path, 10)
    assert other.asked == []


def test_what_is_larger_than_it_may_be_is_not_read_to_its_end(serve: Serve) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server = serve(
        lambda path: (200, {"Content-Encoding": "gzip"}, bomb) if path == "/bomb" else (200, {}, bytes(1_000_000))
    )
    with over(server.url) as source:
        for path in ("bomb", "long"):
            with pytest.raises(TooLarge):
                source.get(path, 10_000)
    with pytest.raises(TooLarge):
        unpacked(bomb, 10_000)
    for broken in (bomb[:100], bomb[:-3], packed(b"x") + b"more"):
        with pytest.raises((ValueError, TooLarge)):
            unpacked(broken, 100_000_000)


def test_a_folder_gives_files_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "tile").mkdir()
    (tmp_path / "long").write_bytes(bytes(100))
    (tmp_path / "endless").symlink_to("/dev/zero")
    source = FolderSource(tmp_path)
    for path in ("tile", "nothing", "endless", "long/er"):
        with pytest.raises(NotFound):
            source.get(path, 10)
    with pytest.raises(TooLarge):
        source.get("long", 99)
    assert source.get("long", 100) == bytes(100)


def test_a_damaged_copy_of_ours_accuses_nobody(serve: Serve, tmp_path: Path) -> None:
    files = published(small_log())
    server = serve(files_behind(files))
    with over(f"{server.url}/log") as source:
        assert audit(source, tmp_path).holds
        for name in ("tile/0/000", "tile/entries/000"):
            (copy,) = tmp_path.glob(f"*/files/{name}")
            copy.write_bytes(copy.read_bytes()[:-1] + b"?")
        server.asked.clear()
        report = audit(source, tmp_path)
        assert report.holds, report.to_document()
        assert "/log/tile/entries/000" in server.asked
        assert copy.read_bytes() == files["tile/entries/000"], "and it is mended"


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    folder = lay_down(published(small_log()), tmp_path / "log")
    assert audit(FolderSource(folder), tmp_path / "state").holds
    for name in ("checkpoint", "signatures", "sums"):
        for path in (tmp_path / "state").glob(f"*/{name}"):
            for noise in (b"", b"noise", b'{"root":"zz","size":300}', b'{"root":1,"size":"x"}'):
                path.write_bytes(noise)
                report = audit(FolderSource(folder), tmp_path / "state")
                assert report.holds
                assert any("damaged" in remark for remark in report.remarks) == (name == "checkpoint"), (
                    "and is said to be"
                )


def test_a_partial_file_is_never_kept(tmp_path: Path) -> None:
    class Dear(FolderSource):
        keeps = True

    lay_down({"tile/0/000.p/7": b"part", "tile/0/000": b"whole"}, tmp_path / "log")
    kept = KeptSource(Dear(tmp_path / "log"), tmp_path / "kept")
    assert (kept.get("tile/0/000.p/7", 9), kept.get("tile/0/000", 9)) == (b"part", b"whole")
    assert [path.name for path in (tmp_path / "kept").rglob("*") if path.is_file()] == ["000"]


def test_reading_ahead_keeps_the_order_and_raises_in_it() -> None:
    def work(item: int) -> int:
        if item == 30:
            raise NotFound("thirty")
        return item * 2

    results = ahead(work, range(50), 4)
    assert [next(results) for _ in range(30)] == [item * 2 for item in range(30)]
    with pytest.raises(NotFound, match="thirty"):
        next(results)
    assert list(ahead(work, range(5), 1)) == [0, 2, 4, 6, 8]
