"""Every form of 2019 through the real sealer, in batches as its stream would hand them over."""

from __future__ import annotations

import random
import resource
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from bench.log.folder import FolderLog
from bench.log.ledger import Waiting
from bench.log.papers import Papers
from realcount.cli.election_files import read_election
from realcount.cli.replay.stand_ins import LOG_KEY
from realcount.cli.situng2019 import Situng2019
from realcount.cli.situng2019_election import CONTEST, write_election
from realcount.domain.canonical import MAX_INTEGER
from realcount.domain.log.notes import NoteKey
from realcount.domain.log.unit_lists import UNITS, unit_list
from realcount.domain.tally import StationChange
from realcount.local.memory import MemoryElections
from realcount.usecases.read_proof import NotYet, read_proof
from realcount.usecases.seal_forms import seal_forms
from realcount.usecases.seal_totals import seal_totals
from realcount.usecases.zero_report import lay_down_zeros

BATCH = 1_000
"""Forms in one batch: the template's `BatchSize` of the sealer's stream."""

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """One batch: the size of the log after it, and the processor seconds that one form took."""

    size: int
    per_form: float


@dataclass
class Nation:
    """The election loaded, its forms signed, and its log in `folder`. Raises `NotFound` if the data is not there."""

    data: Path
    folder: Path
    forms: int = 0
    windows: list[Window] = field(default_factory=list)
    totals: Figures = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.papers = Papers(self.data)
        self.log = FolderLog(self.folder)
        self.ledger = Waiting()
        self.elections = MemoryElections()
        self._signer = LOG_KEY.of(CONTEST.election)
        self._seconds = 0.0
        with TemporaryDirectory(prefix="realcount-election-") as files:
            write_election(Situng2019(self.data), Path(files) / "election")
            self._load(Path(files) / "election")

    @property
    def key(self) -> NoteKey:
        return self._signer.key

    def seal(self, limit: int | None) -> None:
        batch: list[StationChange] = []
        now = ""
        for version, review in self.papers.signed(limit):
            self.ledger.approve(version, review)
            batch.append(StationChange(CONTEST, version.form.station))
            now = review.decided_at
            if len(batch) == BATCH:
                self._seal(batch, now)
                batch = []
        if batch:
            self._seal(batch, now)

    def sum_up(self) -> None:
        """Everything at once: the least that the sums of a whole count can cost, and the most that one run can have to do."""
        lies_there = self.log.written
        began, cpu = time.perf_counter(), time.process_time()
        totals = seal_totals(
            CONTEST.election,
            "2019-05-21T00:00:00.000Z",
            elections=self.elections,
            log=self.log,
            signer=self._signer,
            pause=lambda attempt: None,
            at_most=MAX_INTEGER,
        )
        self.totals |= {
            "forms": totals.forms,
            "seconds": round(time.perf_counter() - began, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
            "files": self.log.written - lies_there,
        }

    def proof(self, station: str) -> bytes:
        """As the API makes it. Raises `SystemExit` if the station is not in the totals."""
        found = read_proof(CONTEST, station, elections=self.elections, forms=cast(Any, self.ledger), log=self.log)
        if isinstance(found, NotYet):
            raise SystemExit(f"nothing of {station} is in the totals of {found.since}")
        return found.data

    def sample(self, count: int) -> list[str]:
        return random.Random(2019).sample(sorted(self.ledger.sealed), count)

    def sealing(self, windows: dict[str, list[Window]]) -> Figures:
        """Rate and growth: medians over a few windows, as a machine is never idle."""
        small, large = (statistics.median(window.per_form for window in windows[name]) for name in ("small", "large"))
        middle = {name: windows[name][0].size for name in windows}
        return {
            **middle,
            "small_us": round(small * 1e6),
            "large_us": round(large * 1e6),
            "ratio": round(large / small, 2),
            "forms_per_second": round(self.forms / self._seconds),
            "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }

    def sizes(self) -> Figures:
        """What lies on disk, by kind of file, in megabytes of 1,000,000 bytes."""
        bytes_by = {"entries": 0, "tiles": 0, "sums": 0, "units": 0}
        files = 0
        for path in self.folder.rglob("*"):
            if not path.is_file():
                continue
            files += 1
            way = path.relative_to(self.folder).parts
            kind = way[0] if way[0] in ("sums", "units") else "entries" if "entries" in way else "tiles"
            bytes_by[kind] += path.stat().st_size
        return {"files": files, **{f"{kind}_mb": round(size / 1e6) for kind, size in bytes_by.items()}}

    def _seal(self, changes: list[StationChange], now: str) -> None:
        began, cpu = time.perf_counter(), time.process_time()
        sealed = seal_forms(
            CONTEST.election,
            changes,
            now,
            elections=self.elections,
            forms=cast(Any, self.ledger),
            keys=self.papers.keys,
            log=self.log,
            signer=self._signer,
        )
        if sealed.failed:
            raise SystemExit(f"forms were not sealed: {sealed.failed}")
        self._seconds += time.perf_counter() - began
        self.forms += sealed.forms
        self.windows.append(Window(self.log.head().edge.size, (time.process_time() - cpu) / len(changes)))

    def _load(self, files: Path) -> None:
        read = read_election(files)
        self.elections.begin(read.election)
        self.elections.put_units(read.units)
        self.elections.complete(read.election)
        self.log.put_file(UNITS, b"".join(unit_list(read.units)))
        began = time.perf_counter()
        lay_down_zeros(read.election, read.units, self.log)
        self.totals["zero_seconds"] = round(time.perf_counter() - began, 1)
