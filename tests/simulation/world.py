"""One election under one seed: stores, lines, workers and streams put together, run to rest, and the accounts settled.

Everything between an official's statement and the public page is the real use case over the memory adapters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, cast

from realcount.aws.copies_s3 import S3Copies
from realcount.aws.editions_s3 import S3Editions
from realcount.domain.election import ContestKey, Region, Station
from realcount.domain.errors import Conflict, Drift, RealcountError, Unavailable
from realcount.domain.log.unit_lists import UNITS, unit_list
from realcount.domain.page import Page
from realcount.domain.tally import RowChange, StationChange
from realcount.local.memory import (
    KeptKey,
    MemoryElections,
    MemoryEvidence,
    MemoryForms,
    MemoryLog,
    MemoryPages,
    MemoryTallies,
    MemoryUploadBucket,
    MemoryUploads,
)
from realcount.rendering.paths import changes_path, now_path, region_path, station_path
from realcount.usecases import (
    count_form,
    load_election,
    publish_results,
    receive_form,
    roll_up,
    seal_forms,
    sweep_tally,
)
from realcount.usecases.store_page import first_beside
from realcount.usecases.zero_report import lay_down_zeros
from tests.simulation import lines
from tests.simulation.objects import LineToObjects, Object, objects_of
from tests.simulation.officials import Officials, registered_keys
from tests.simulation.recount import NEVER, History, fold, fold_station, nothing
from tests.simulation.scheduler import Scheduler
from tests.simulation.streams import Stream
from tests.simulation.watch import Violation, Watch, numbers_of, numbers_of_document, require
from tests.simulation.weather import Clock, Weather, draw
from tests.small_election import (
    AFTER,
    DPR,
    DPRD,
    ELECTION,
    PPWP,
    RECEIPTS,
    STATIONS,
    AnyImage,
    PreVerified,
    contest,
    election,
    units,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Parts:
    """What a mutant may bring along: broken lines to a store, and weather in which its fault shows soon."""

    weather: Callable[[Random], Weather] = draw

    forms: type[lines.LineToForms] = lines.LineToForms
    tallies: type[lines.LineToTallies] = lines.LineToTallies
    pages: type[lines.LineToPages] = lines.LineToPages


SIGNER = KeptKey("count.example/small", bytes(range(32)))

NEIGHBOURS = (("S1", "S2"), ("S1", "S2", "S3"), ("S2", "S4", "S6"), ("S4", "S5"), ("S1", "S5", "S6"), ("S3",))
"""Who votes in a run: few stations with much to say, so that workers meet in the regions above them."""


class World:
    def __init__(self, seed: int, parts: Parts) -> None:
        rng = Random(seed)
        self.weather = weather = parts.weather(rng)
        self.scheduler = scheduler = Scheduler(rng, weather.crash, weather.stall)
        self.clock = clock = Clock(rng, weather.skew_seconds)
        self.contests = rng.choice(((PPWP,), (DPR,), (DPR,), (DPRD,), (DPRD,), (DPR, DPRD)))
        self.line = line = lines.Line(scheduler, weather)
        self.elections = loaded_election()

        keys = registered_keys()
        self.evidence = MemoryEvidence()
        self.watch = Watch(keys, self.evidence)
        self.ledger = self.watch.forms = MemoryForms(keys, self._on_form)
        self.rows = self.watch.tallies = MemoryTallies(self._on_row)
        self.public = MemoryPages()
        self.public.put_all(first_pages())
        self.public.put_all(beside for page in first_upper() for beside in first_beside(page))
        self.watch.first_pages(first_upper())
        self.published = LineToObjects(line, first_copies(), self.watch.copy_put)
        self.watch.copies = self.published.objects
        self.log = self.watch.log = first_log()
        self.uploads, bucket = MemoryUploads(), MemoryUploadBucket()

        self._keys = lines.LineToKeys(line, keys)
        self._forms = parts.forms(line, self.ledger)
        self._tallies = parts.tallies(line, self.rows, self.elections)
        self._log = lines.LineToLog(line, self.log, self.watch.checkpoint_published)
        self._editions = S3Editions(cast("S3Client", self.published), "published", pause=lambda attempt: None)
        self._copies = S3Copies(cast("S3Client", self.published), "published", pause=lambda attempt: None)
        self._pages = parts.pages(line, self.public, self.watch.page_put)
        self._line_to_uploads = lines.LineToUploads(line, self.uploads)
        self._line_to_bucket = lines.LineToBucket(line, bucket)
        self._line_to_evidence = lines.LineToEvidence(line, self.evidence)

        self._arrivals = Stream("receive", scheduler, weather, self._receive)
        self._to_seal = Stream("seal", scheduler, weather, self._seal)
        self._to_count = Stream("count", scheduler, weather, self._count)
        self._to_roll = Stream("roll", scheduler, weather, self._roll)
        self._to_publish = Stream("publish", scheduler, weather, self._publish, batches=(2, 6, 18))
        self.streams = (self._arrivals, self._to_seal, self._to_count, self._to_roll, self._to_publish)

        self.officials = Officials(
            scheduler,
            weather,
            clock,
            elections=self.elections,
            keys=self._keys,
            forms=self._forms,
            ledger=self.ledger,
            uploads=self.uploads,
            bucket=bucket,
            arrivals=self._arrivals,
        )
        self._row_writes = 0
        self._told: list[StationChange] = []
        self._sweeps = [rng.randint(1, 20) for _ in range(weather.sweeps)]
        voting = rng.choice(NEIGHBOURS)
        for key in self.contests:
            for station in voting:
                self.officials.begin(key, station)

    def run(self) -> None:
        """Until nobody has anything to do."""
        scheduler, random = self.scheduler, self.scheduler.rng.random
        while True:
            tasks = scheduler.awake()
            at = int(random() * (tasks + 2))  # Two parts in all for the streams, one for each task.
            if at < tasks:
                scheduler.step(at)
                continue
            ready = [stream for stream in self.streams if stream.is_ready()]
            if ready:
                ready[int(random() * len(ready))].invoke()
            elif tasks:
                scheduler.step(at % tasks)
            elif not scheduler.pass_time():
                return

    # -- the workers -----------------------------------------------------------------------------------------------

    def _receive(self, uploads: Sequence[str]) -> Sequence[str]:
        for upload in uploads:
            receive_form.receive_form(
                upload,
                self.clock.now(self.scheduler.rng.randrange(5)),
                elections=self.elections,
                keys=self._keys,
                verifier=PreVerified(),
                uploads=self._line_to_uploads,
                bucket=self._line_to_bucket,
                inspector=AnyImage(),
                evidence=self._line_to_evidence,
                forms=self._forms,
                receipts=RECEIPTS,
            )
        return ()

    def _seal(self, changes: Sequence[StationChange]) -> Sequence[StationChange]:
        """Several at once, which a deployment avoids: nothing but speed may depend on it."""
        now = self.clock.now(self.scheduler.rng.randrange(5))
        try:
            sealed = seal_forms.seal_forms(ELECTION, changes, now, **self._what_sealing_takes())
        except Drift as error:
            raise Violation(f"I8: the product itself found drift: {error}") from error
        require(not sealed.failed, "I8", "an approved form could not be sealed", sealed.failed)
        return ()

    def _try_revocations(self) -> None:
        with suppress(Conflict, Unavailable):  # The next time is the retry.
            self._seal_untold()

    def _seal_untold(self) -> None:
        seal_forms.seal_untold(ELECTION, self.clock.now(0), **self._what_sealing_takes())

    def _what_sealing_takes(self) -> dict[str, Any]:
        return {
            "elections": self.elections, "forms": self._forms, "keys": self._keys, "log": self._log, "signer": SIGNER,
        }  # fmt: skip

    def _count(self, changes: Sequence[StationChange]) -> Sequence[StationChange]:
        for change in changes:
            count_form.count_form(change, elections=self.elections, forms=self._forms, tallies=self._tallies)
        return ()

    def _roll(self, changes: Sequence[RowChange]) -> Sequence[RowChange]:
        outcome = roll_up.roll_up(changes, elections=self.elections, tallies=self._tallies)
        self._refuse_drift(outcome.failed.values())
        return [change for change in changes if (change.contest, change.parent) in outcome.failed]

    def _publish(self, changes: Sequence[RowChange]) -> Sequence[RowChange]:
        outcome = publish_results.publish_results(
            changes, elections=self.elections, forms=self._forms, tallies=self._tallies, editions=self._editions, copies=self._copies,
            pages=self._pages,
        )  # fmt: skip
        failed = {unit for _, unit in outcome.failed}
        return [change for change in changes if change.parent in failed or change.child in failed]

    def _sweep(self) -> None:
        for key in self.contests:
            for root in contest(key).roots:
                self._sweep_once(key, root)

    def _sweep_once(self, key: ContestKey, root: str) -> sweep_tally.Swept:
        swept = sweep_tally.sweep_tally(
            key, root, elections=self.elections, forms=self._forms, tallies=self._tallies, editions=self._editions, copies=self._copies,
            pages=self._pages, overdue=AFTER,
        )  # fmt: skip
        self._refuse_drift(swept.failed.values())
        return swept

    @staticmethod
    def _refuse_drift(errors: Iterable[RealcountError]) -> None:
        for error in errors:
            require(not isinstance(error, Drift), "I4", "the product itself found drift:", error)

    # -- the streams of the tables ---------------------------------------------------------------------------------

    def _on_form(self, change: StationChange) -> None:
        official = self.watch.head_moved(change)
        self._told.append(change)
        self._to_seal.send(change)
        self._to_count.send(change)
        if official:
            self.officials.react(change)

    def _on_row(self, change: RowChange) -> None:
        self.watch.row_moved(change)
        self._to_roll.send(change)
        self._to_publish.send(change)
        self._row_writes += 1
        if self._row_writes in self._sweeps:
            self.scheduler.spawn("sweep", self._sweep)
            self.scheduler.spawn("revocations", self._try_revocations)

    # -- the end ---------------------------------------------------------------------------------------------------

    def settle_accounts(self) -> None:
        """At rest: what arrived is done. Then a sweep does the rest, and every number must be what the forms say (I6)."""
        self._require_done()
        for last in (
            False,
            False,
            True,
        ):  # One that reminds the sealer, one that repairs what follows from it, one more.
            self._told.clear()
            for key in self.contests:
                for root in contest(key).roots:
                    swept = self._sweep_once(key, root)
                    for stream in self.streams:
                        stream.clear()  # The sweep alone must do it.
                    require(not swept.failed, "I6", "the sweep failed", swept.failed)
                    require(not last or not swept.repairs, "I6", "the third sweep repaired", swept)
            self._seal(self._told)
        self._seal_untold()
        self.watch.settle_log(self.contests)
        for key in self.contests:
            self._compare(key)
        self._keep_promises()

    def _require_done(self) -> None:
        """Where no trigger for a step was lost, that step owes nothing: at rest the system is right without a sweep."""
        for key in self.contests:
            frame = contest(key)
            for unit in filter(frame.covers, units()):
                if isinstance(unit, Region):
                    stream, owed = self._to_roll, sum(row.sv for row in self.rows.children(key, unit.id).values())
                else:
                    head = self.ledger.head(key, unit.id)
                    stream, owed = self._to_count, head.seq if head else 0
                    waits = head is not None and head.approved > head.counted
                    require(bool(self._to_seal.lost) or not waits, "I3", f"{unit.id} waits to be sealed", head)
                for parent in frame.parents_of(unit):
                    row = self.rows.row(key, parent, unit.id)
                    done = row.sv if row else 0
                    require(bool(stream.lost) or done == owed, "I6", f"{unit.id} in {parent} is behind", done, owed)
                path = page_path(key, unit)
                shown = self.public.editions([path])[path]
                missed = self._to_publish.lost or stream.lost
                require(bool(missed) or shown[0] == owed, "I6", f"the page of {unit.id} is behind", shown, owed)
                for beside in beside_paths(unit, path):
                    shown = self.public.editions([beside])[beside]
                    require(bool(missed) or shown[0] == owed, "I6", f"{beside} is behind", shown, owed)

    def _compare(self, key: ContestKey) -> None:
        frame = contest(key)
        histories = {station: self.ledger.history(key, station) for station in STATIONS}
        seals = {station: self.ledger.seals(key, station) for station in STATIONS}
        stations = {station: fold_station(history, seals[station], frame) for station, history in histories.items()}
        for unit in units():
            if not frame.covers(unit):
                continue
            expected = fold(unit.id, frame, stations)
            for parent in frame.parents_of(unit):
                row = self.rows.row(key, parent, unit.id)
                found = numbers_of(row) if row else nothing(frame)
                require(found == expected, "I6", f"the row of {unit.id} under {parent}", found, "expected", expected)
            path = page_path(key, unit)
            page = self.public.get(path)
            assert page is not None
            document = json.loads(page.bodies["identity"])
            found = numbers_of_document(document)
            require(found == expected, "I6", f"the page {path}", found, "expected", expected)
            for child in document.get("children", ()):
                listed = numbers_of_document(child)
                sure = replace(fold(child["id"], frame, stations), at=NEVER)
                require(listed == sure, "I6", f"{child['id']} on the page {path}", listed, "expected", sure)
            copy = self.published.objects[path.removeprefix("/")]
            require(copy.body == page.bodies["identity"], "CO", f"the copy of {path} at rest", copy, page)
            for beside in beside_paths(unit, path):
                shown = self.public.editions([beside])[beside]
                require(shown[0] == page.edition, "I6", f"{beside} at rest", shown, page.edition)
            if not isinstance(unit, Region):
                self._compare_versions(document, histories[unit.id], seals[unit.id])

    def _compare_versions(self, document: dict[str, Any], history: History, seals: Mapping[int, int]) -> None:
        shown = [
            (v["version"], v["hash"], v["review"] and v["review"]["decision"], v["sealed"])
            for v in document["versions"]
        ]
        sure = [(v.form.version, v.form.hash, r and r.decision, seals.get(v.form.version)) for v, r in history]
        require(shown == sure, "I6", f"the versions on {document['station']}", shown, "expected", sure)

    def _keep_promises(self) -> None:
        """What an official was told is so: nothing accepted is lost, nothing rejected is recorded, no review undone."""
        for name, form_hash in self.officials.submitted.items():
            upload = self.uploads.find(name)
            assert upload is not None
            if upload.state == "accepted":
                assert upload.version is not None
                version = self.ledger.version(upload.contest, upload.station, upload.version)
                lost = version is None or version.form.hash != upload.form_hash
                require(not lost, "P1", "an accepted form is not in the ledger", upload)
            elif upload.state == "rejected":
                history = self.ledger.history(upload.contest, upload.station)
                mine = [version for version, _ in history if version.form.hash == form_hash]
                key = self._keys.inner.find(upload.key)
                # A write may land after its key was revoked and its official was told so: it can never be approved.
                excused = key is not None and key.revoked_at is not None
                require(not mine or excused, "P1", "a rejected form is in the ledger", upload)
        for review in self.officials.acknowledged:
            key = ContestKey(review.election, review.contest)
            reviews = [found for _, found in self.ledger.history(key, review.station)]
            recorded = reviews[review.version - 1]
            kept = recorded is not None and (recorded.decision, recorded.key) == (review.decision, review.key)
            require(kept, "P1", "an acknowledged review is not in the ledger", review, recorded)


def page_path(key: ContestKey, unit: Region | Station) -> str:
    return region_path(key, unit.id) if isinstance(unit, Region) else station_path(key, unit.id)


def beside_paths(unit: Region | Station, path: str) -> tuple[str, ...]:
    return (changes_path(path), now_path(path)) if isinstance(unit, Region) else ()


@cache
def loaded_election() -> MemoryElections:
    elections = MemoryElections()
    elections.begin(election())
    elections.put_units(units())
    elections.complete(election())
    return elections


def first_log() -> MemoryLog:
    log = MemoryLog()
    log.files = dict(_first_files())
    return log


@cache
def _first_files() -> dict[str, bytes]:
    log = MemoryLog()
    log.put_file(UNITS, b"".join(unit_list(units())))
    lay_down_zeros(election(), units(), log)
    return log.files


@cache
def first_pages() -> tuple[Page, ...]:
    return tuple(load_election.zero_pages(election(), units()))


@cache
def first_upper() -> tuple[Page, ...]:
    """The region pages: this tree is so shallow that all its regions are upper ones."""
    names = {region_path(frame.key, unit.id) for frame in election().contests for unit in units()}
    return tuple(page for page in first_pages() if page.path in names)


@cache
def first_copies() -> dict[str, Object]:
    return objects_of(first_pages(), first_upper())
