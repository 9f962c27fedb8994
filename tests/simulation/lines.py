"""The ports over lines that fail: every operation gives way to the scheduler first, and may be lost, late or half true.

Each class wraps a memory adapter and keeps the port's contract to the letter and no further: what `ports.py` does not
promise (an atomic query, a definite answer) does not hold here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, RealcountError, Unavailable
from realcount.domain.form import ScanRef
from realcount.domain.ledger import FormVersion, Head, Recall, Review, Seal
from realcount.domain.official import OfficialKey
from realcount.domain.page import Page, Stored
from realcount.domain.tally import Row, Tally
from realcount.local.memory import (
    MemoryElections,
    MemoryEvidence,
    MemoryForms,
    MemoryKeys,
    MemoryLog,
    MemoryPages,
    MemoryTallies,
    MemoryUploadBucket,
    MemoryUploads,
)
from realcount.log_ports import LogHead, Subject
from realcount.ports import PresignedPost, Upload, UploadFile
from tests.simulation.scheduler import Scheduler
from tests.simulation.weather import Weather

T = TypeVar("T")


class Line:
    """The way to a store. Undisturbed when no task is running, that is during the final sweep."""

    def __init__(self, scheduler: Scheduler, weather: Weather) -> None:
        self.scheduler = scheduler
        self.weather = weather
        self.faults = 0
        self.races = 0

    def read(self, what: str, do: Callable[[], T]) -> T:
        self.scheduler.pause(what)
        if self.scheduler.running is not None and self.scheduler.rng.random() < self.weather.lost:
            self._fail(f"lost {what}")
        return do()

    def between_rows(self, what: str) -> None:
        if self.scheduler.rng.random() < self.weather.torn:
            self.scheduler.pause(what, long=True)

    def write(self, what: str, do: Callable[[], T]) -> T:
        self.scheduler.pause(what)
        if self.scheduler.running is None:
            return do()
        chance, weather = self.scheduler.rng.random(), self.weather
        if chance < weather.lost:
            self._fail(f"lost {what}")
        if chance < weather.lost + weather.late:
            self.scheduler.spawn(f"late {what}", lambda: self._unheard(do))
            self._fail(f"late {what}")
        try:
            done = do()
        except Conflict:
            self.races += 1
            self.scheduler.trace.append(f"lost the race {what}")
            raise
        if chance < weather.lost + weather.late + weather.landed:
            self._fail(f"landed {what}")
        return done

    def _fail(self, what: str) -> None:
        self.faults += 1
        self.scheduler.trace.append(what)
        raise Unavailable(what)

    def _unheard(self, do: Callable[[], object]) -> None:
        self.scheduler.pause("on its way")
        try:
            do()
        except RealcountError:
            self.scheduler.trace.append("came too late")


class LineToKeys:
    def __init__(self, line: Line, inner: MemoryKeys) -> None:
        self.line, self.inner = line, inner

    def find(self, key: str) -> OfficialKey | None:
        return self.line.read("keys.find", lambda: self.inner.find(key))

    def find_all(self, keys: Sequence[str]) -> Mapping[str, OfficialKey]:
        """One by one: a key read early may be revoked when the last one is read."""
        found: dict[str, OfficialKey] = {}
        self.line.read("keys.find_all", lambda: None)
        for key in keys:
            self.line.between_rows("keys.find_all")
            found |= self.inner.find_all([key])
        return found

    def revoked(self, election: str) -> Sequence[OfficialKey]:
        return self.line.read("keys.revoked", lambda: self.inner.revoked(election))

    def register(self, key: OfficialKey) -> None:
        self.line.write("keys.register", lambda: self.inner.register(key))

    def revoke(self, key: str, at: str) -> None:
        self.line.write(f"keys.revoke {key}", lambda: self.inner.revoke(key, at))

    def distrust(self, key: str, since: str, reason: str) -> None:
        self.line.write(f"keys.distrust {key}", lambda: self.inner.distrust(key, since, reason))


class LineToUploads:
    def __init__(self, line: Line, inner: MemoryUploads) -> None:
        self.line, self.inner = line, inner

    def find(self, upload: str) -> Upload | None:
        return self.line.read("uploads.find", lambda: self.inner.find(upload))

    def grant(self, upload: Upload) -> Upload:
        return self.line.write("uploads.grant", lambda: self.inner.grant(upload))

    def settle(self, upload: Upload) -> Upload:
        return self.line.write(f"uploads.settle {upload.state}", lambda: self.inner.settle(upload))


class LineToBucket:
    def __init__(self, line: Line, inner: MemoryUploadBucket) -> None:
        self.line, self.inner = line, inner

    def presign(self, upload: str, file: UploadFile, seconds: int) -> PresignedPost:
        return self.inner.presign(upload, file, seconds)

    def read(self, upload: str, file: UploadFile) -> bytes | None:
        return self.line.read("bucket.read", lambda: self.inner.read(upload, file))


class LineToEvidence:
    def __init__(self, line: Line, inner: MemoryEvidence) -> None:
        self.line, self.inner = line, inner

    def keep(self, scan: ScanRef, content: bytes) -> None:
        self.line.write("evidence.keep", lambda: self.inner.keep(scan, content))


class LineToForms:
    def __init__(self, line: Line, inner: MemoryForms) -> None:
        self.line, self.inner = line, inner

    def head(self, contest: ContestKey, station: str) -> Head | None:
        return self.line.read(f"forms.head {station}", lambda: self.inner.head(contest, station))

    def version(self, contest: ContestKey, station: str, version: int) -> FormVersion | None:
        return self.line.read(
            f"forms.version {station} {version}", lambda: self.inner.version(contest, station, version)
        )

    def history(
        self, contest: ContestKey, station: str, at: Head | None = None
    ) -> Sequence[tuple[FormVersion, Review | None]]:
        """Versions and reviews are different rows: they are read one after the other, in either order."""
        first = self.line.read(f"forms.history {station}", lambda: self.inner.history(contest, station, at))
        self.line.between_rows("forms.history")
        second = self.inner.history(contest, station, at)
        if self.line.scheduler.rng.random() < 0.5:
            return second[: len(first)]  # Versions first, reviews later.
        reviews = {version.form.version: review for version, review in first}
        return [(version, reviews.get(version.form.version)) for version, _ in second]

    def receive(self, version: FormVersion, was: Head | None, now: Head) -> None:
        what = f"forms.receive {version.form.station} {version.form.version}"
        self.line.write(what, lambda: self.inner.receive(version, was, now))

    def decide(self, review: Review, was: Head, now: Head, keys: Sequence[str]) -> None:
        what = f"forms.decide {review.station} {review.version} {review.decision}"
        self.line.write(what, lambda: self.inner.decide(review, was, now, keys))

    def seal(self, seals: Sequence[Seal]) -> Sequence[Seal]:
        """One transaction after the other, and any of them may be the last: never more than that is promised."""
        return [seal for seal in seals if not self._seal(seal)]

    def _seal(self, seal: Seal) -> bool:
        def transaction() -> None:
            if self.inner.seal([seal]):
                raise Conflict(f"{seal.station} is no longer at {seal.was}")

        try:
            self.line.write(f"forms.seal {seal.station} {seal.version} as {seal.index}", transaction)
        except Conflict:
            return False
        return True

    def unsealed(self, contest: ContestKey, heads: Mapping[str, Head]) -> Sequence[tuple[FormVersion, Review]]:
        found: list[tuple[FormVersion, Review]] = []
        self.line.read("forms.unsealed", lambda: None)
        for station, head in heads.items():
            self.line.between_rows("forms.unsealed")
            found += self.inner.unsealed(contest, {station: head})
        return found

    def recall(self, recall: Recall, was: Head, now: Head) -> None:
        what = f"forms.recall {recall.station} {recall.version}"
        self.line.write(what, lambda: self.inner.recall(recall, was, now))

    def recalls(self, contest: ContestKey, station: str) -> Sequence[Recall]:
        return self.line.read(f"forms.recalls {station}", lambda: self.inner.recalls(contest, station))

    def seals(self, contest: ContestKey, station: str, at: Head | None = None) -> Mapping[int, int]:
        return self.line.read(f"forms.seals {station}", lambda: self.inner.seals(contest, station, at))

    def remind(self, contest: ContestKey, station: str, at: str) -> None:
        self.line.write(f"forms.remind {station}", lambda: self.inner.remind(contest, station, at))

    def heads(self, contest: ContestKey, stations: Sequence[str]) -> Mapping[str, Head]:
        found: dict[str, Head] = {}
        for station in stations:
            self.line.between_rows("forms.heads")
            found.update(self.inner.heads(contest, [station]))
        return found

    def counting(
        self, contest: ContestKey, heads: Mapping[str, Head]
    ) -> Mapping[str, tuple[FormVersion | None, int | None]]:
        found: dict[str, tuple[FormVersion | None, int | None]] = {}
        self.line.read("forms.counting", lambda: None)
        for station, head in heads.items():
            self.line.between_rows("forms.counting")
            found.update(self.inner.counting(contest, {station: head}))
        return found


class LineToLog:
    """`on_publish` hears of every checkpoint that was published."""

    def __init__(self, line: Line, inner: MemoryLog, on_publish: Callable[[bytes], None]) -> None:
        self.line, self.inner, self.on_publish = line, inner, on_publish

    def head(self) -> LogHead:
        return self.line.read("log.head", self.inner.head)

    def advance(self, was: LogHead, now: LogHead) -> LogHead:
        what = f"log.advance {was.seq} to {now.edge.size}{' and a batch' if now.batch else ''}"
        return self.line.write(what, lambda: self.inner.advance(was, now))

    def stage(self, bundle: bytes, subjects: Sequence[Subject]) -> str:
        return self.line.write("log.stage", lambda: self.inner.stage(bundle, subjects))

    def staged(self, batch: str) -> tuple[bytes, Sequence[Subject]]:
        return self.line.read("log.staged", lambda: self.inner.staged(batch))

    def put_file(self, path: str, data: bytes) -> None:
        self.line.write(f"log.put {path}", lambda: self.inner.put_file(path, data))

    def file(self, path: str) -> bytes:
        return self.line.read(f"log.get {path}", lambda: self.inner.file(path))

    def checkpoint(self) -> tuple[bytes | None, str | None]:
        return self.line.read("log.checkpoint", self.inner.checkpoint)

    def publish(self, checkpoint: bytes, was: str | None) -> None:
        self.line.write("log.publish", lambda: self._publish(checkpoint, was))

    def _publish(self, checkpoint: bytes, was: str | None) -> None:
        self.inner.publish(checkpoint, was)
        self.on_publish(checkpoint)

    def mark(self, places: Mapping[Subject, int]) -> None:
        for subject, index in places.items():
            self.line.write(f"log.mark {subject} as {index}", lambda at=(subject, index): self.inner.mark(dict([at])))

    def marks(self, subjects: Sequence[Subject]) -> Mapping[Subject, int]:
        return self.line.read("log.marks", lambda: self.inner.marks(subjects))


class LineToTallies:
    def __init__(self, line: Line, inner: MemoryTallies, elections: MemoryElections) -> None:
        self.line, self.inner, self.elections = line, inner, elections

    def row(self, contest: ContestKey, parent: str, child: str) -> Tally | None:
        return self.line.read(f"tallies.row {parent}/{child}", lambda: self.inner.row(contest, parent, child))

    def children(self, contest: ContestKey, parent: str) -> Mapping[str, Tally]:
        """Row by row, in the order of their keys: a row read early may be older than one read late."""
        region = self.elections.region(contest.election, parent)
        assert region is not None
        names = sorted(child.id for child in region.children)
        rows = {}
        first = self.line.read(f"tallies.children {parent}", lambda: self.inner.row(contest, parent, names[0]))
        if first is not None:
            rows[names[0]] = first
        for name in names[1:]:
            self.line.between_rows(f"tallies.children {parent}/{name}")
            row = self.inner.row(contest, parent, name)
            if row is not None:
                rows[name] = row
        return rows

    def all_rows(self, election: str) -> Iterator[Row]:
        """In any order, and each as it is when its turn comes."""
        found = self.line.read("tallies.all_rows", lambda: list(self.inner.all_rows(election)))
        self.line.scheduler.rng.shuffle(found)
        for row in found:
            self.line.between_rows("tallies.all_rows")
            now = self.inner.row(row.contest, row.parent, row.child)
            assert now is not None
            yield row._replace(tally=now)

    def replace(self, contest: ContestKey, parent: str, child: str, tally: Tally, was: int) -> None:
        what = f"tallies.replace {parent}/{child} {was}->{tally.sv}"
        self.line.write(what, lambda: self.inner.replace(contest, parent, child, tally, was))

    def advance(self, contest: ContestKey, parent: str, child: str, tally: Tally) -> bool:
        what = f"tallies.advance {parent}/{child} {tally.sv}"
        return self.line.write(what, lambda: self.inner.advance(contest, parent, child, tally))


class LineToPages:
    """`on_put` hears of every attempt, before the store decides, and again with the answer."""

    def __init__(self, line: Line, inner: MemoryPages, on_put: Callable[[Page, bool], None]) -> None:
        self.line, self.inner, self.on_put = line, inner, on_put

    def get(self, path: str) -> Page | None:
        return self.line.read("pages.get", lambda: self.inner.get(path))

    def put(self, page: Page) -> Stored:
        return self.line.write(f"pages.put {page.path} {page.edition}", lambda: self._put(page))

    def put_all(self, pages: Iterable[Page]) -> None:
        for page in pages:
            self.put(page)

    def editions(self, paths: Iterable[str]) -> Mapping[str, tuple[int, int]]:
        """One by one: a page looked at early may be older than one looked at late."""
        found: dict[str, tuple[int, int]] = {}
        self.line.read("pages.editions", lambda: None)
        for path in paths:
            self.line.between_rows("pages.editions")
            found.update(self.inner.editions([path]))
        return found

    def find_all(self, paths: Iterable[str]) -> Mapping[str, Page]:
        found: dict[str, Page] = {}
        self.line.read("pages.find_all", lambda: None)
        for path in paths:
            self.line.between_rows("pages.find_all")
            found.update(self.inner.find_all([path]))
        return found

    def _put(self, page: Page) -> Stored:
        stored = self.inner.put(page)
        self.on_put(page, bool(stored))
        return stored
