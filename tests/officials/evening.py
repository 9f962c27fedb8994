"""An official's evening in one process: a fragile disk, the real handlers behind a line that fails, and a clock of our own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx

from realcount.client.patience import Patience
from realcount.domain.canonical import sha256_hex
from realcount.domain.instants import from_instant, to_instant
from realcount.domain.statements import parse_upload_request
from realcount.officials.delivery import Delivery, NoLine
from realcount.officials.official import Scan
from realcount.officials.outbox import Item, Outbox
from realcount.officials.sending import SendError
from tests.functions.night import Night, Reply, photograph
from tests.officials.fragile_disk import FragileDisk, Killed
from tests.small_election import NOON, PPWP, paper

ROOT = Path("/outbox-parent")
BOX = ROOT / "outbox"
STATIONS = ("S1", "S2")
SCANS = {station: Scan(photograph(shade)) for shade, station in enumerate(STATIONS, start=100)}

Weather = Callable[[str], str]
"""What becomes of a call: `fine`, `lost` (it never arrives), `mute` (it arrives, the answer does not)."""


def fine(call: str) -> str:
    return "fine"


@dataclass
class Clock:
    at: datetime = field(default_factory=lambda: from_instant(NOON))

    def __call__(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class NightLine:
    """The API as the handlers are, S3 as memory is. `late` is how much later the API's clock is than the official's."""

    night: Night
    clock: Clock
    weather: Weather = fine
    late: timedelta = timedelta(0)
    offered: dict[str, set[str]] = field(default_factory=dict)
    puts: Counter[tuple[str, str]] = field(default_factory=Counter)
    deaf: bool = False
    """No word of arrived files: what S3 tells our functions gets lost."""

    def grant(self, request: bytes) -> dict[str, Any]:
        said = parse_upload_request(request.split(b"\n")[0])
        self.offered.setdefault(said.station, set()).add(said.form.sha256)
        return self._call("grant", lambda: self.night.http("grant_upload", "POST", "/v1/uploads", request)).json

    def put(self, file: dict[str, Any], content: bytes) -> None:
        key = file["fields"]["key"]
        _, upload, name = key.split("/")

        def put() -> Reply:
            self.puts[upload, name] += 1
            self.night.bucket.put(upload, name, content)
            if not self.deaf:
                self.night.arrived(key)
            return Reply(204, {}, b"")

        self._call("put", put)

    def upload(self, upload: str) -> dict[str, Any]:
        return self._call("upload", lambda: self.night.http("track_upload", "GET", f"/v1/uploads/{upload}")).json

    def _call(self, call: str, answer: Callable[[], Reply]) -> Reply:
        self.night.now = to_instant(self.clock.at + self.late)
        said = self.weather(call)
        if said == "lost":
            raise httpx.ConnectError("no line")
        found = answer()
        if said == "mute":
            raise httpx.ReadError("cut off")
        if found.status >= 400:
            date = format_datetime(from_instant(self.night.now).astimezone(UTC), usegmt=True)
            raise SendError("refused", found.status, found.body.decode(), {**found.headers, "date": date})
        return found


@dataclass
class Evening:
    """`promised` are the forms of which the official was told that they are safe: station to document."""

    night: Night = field(default_factory=Night)
    clock: Clock = field(default_factory=Clock)
    disk: FragileDisk = field(default_factory=lambda: FragileDisk(ROOT))
    promised: dict[str, bytes] = field(default_factory=dict)
    signed: int = 0

    def __post_init__(self) -> None:
        self.line = NightLine(self.night, self.clock)

    def run(self, stations: tuple[str, ...] = STATIONS, tries: int = 3) -> None:
        """What `realcount submit` does for these stations: sign what is not there, keep it, send. May be `Killed`, or have
        no line."""
        outbox = Outbox(BOX, self.disk)
        for station in stations:
            live = outbox.live(PPWP, station)
            item = live[0] if live else outbox.add(self._sign(station), [SCANS[station].content])
            assert self.promised.setdefault(station, item.document) == item.document, (
                "a form that was safe is another now"
            )
        self.delivery(outbox, tries).send_all(wait=30.0)

    def delivery(self, outbox: Outbox, tries: int = 3) -> Delivery:
        patience = Patience(
            tries=tries, sleep=self.clock.sleep, now=lambda: self.clock.at.timestamp(), chance=lambda: 0.5
        )
        return Delivery(outbox, self.line, self.night.submitter, patience, self.clock, self._nonce)

    def struck(self, dies_at: int, *, power: bool, seed: int = 0) -> bool:
        """An evening that ends at this step, by a kill or a power cut. False if it was over before."""
        self.disk.steps, self.disk.dies_at, self.disk.random = 0, dies_at, Random(seed)
        died = False
        try:
            self.run()
        except Killed:
            died = True
        except NoLine:
            pass
        self.disk.dies_at = None
        if power:
            self.disk.power_cut()
        return died

    def items(self) -> list[Item]:
        return Outbox(BOX, self.disk).items()

    def _sign(self, station: str) -> bytes:
        self.signed += 1
        return self.night.form(at=station, scans=(SCANS[station],), figures=paper(150, 120, 5), nonce=self._nonce())

    def _nonce(self) -> str:
        self.signed += 1
        return f"nonce-{self.signed:020d}"

    def check(self) -> None:
        """Nothing was lost, nothing sent twice in two versions, everybody has a receipt."""
        items = {item.form.station: item for item in self.items()}
        for station, document in self.promised.items():
            assert items[station].document == document
            assert self.line.offered.get(station, {sha256_hex(document)}) == {sha256_hex(document)}, station
        for station in STATIONS:
            item = items[station]
            assert item.state == "accepted", (station, item.notes)
            head = self.night.forms.head(PPWP, station)
            assert head is not None and (head.seq, head.latest_hash) == (1, item.form.hash)
            assert item.receipt is not None and item.form.hash.encode() in item.receipt
