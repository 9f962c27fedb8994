"""The simulated officials at work: each province's submitter sends papers, its approver looks at them and approves.

All of it over HTTP, like anyone's client. Filing again what was filed before changes nothing, so after a stop they simply
go on: what the public page of a station shows as approved is not sent again.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from realcount.domain.election import ContestKey
from realcount.domain.errors import RealcountError
from realcount.domain.instants import to_instant
from realcount.domain.ledger import APPROVE, APPROVED
from realcount.domain.official import APPROVER, SUBMITTER, OfficialKey
from realcount.local.simulation.election import SimulatedElection
from realcount.local.simulation.papers import Filing, Paper
from realcount.officials.official import Official, new_official
from realcount.officials.sending import Sender, SendError
from realcount.rendering.paths import station_path

LOOK_SECONDS = 0.5
"""How often an approver asks what became of an upload."""

PATIENCE = 60.0
"""Seconds until a form that is neither accepted nor rejected is taken for a fault of the machine."""


class SimulationFault(RealcountError):
    """The machine did not do what it must; the message says what, and where to look."""


class _GoneHome(Exception):
    """The night is over before this paper is: it waits to be approved."""


@dataclass(frozen=True, slots=True)
class Officials:
    """The officials of a simulated election, by province. Their keys follow from the seed: they protect nothing."""

    election: SimulatedElection
    submitters: dict[str, Official]
    approvers: dict[str, Official]

    def key_records(self) -> Iterator[OfficialKey]:
        """What the registry has to know of them."""
        for role, officials in ((SUBMITTER, self.submitters), (APPROVER, self.approvers)):
            for province, official in officials.items():
                yield official.key(
                    holder=f"person-{official.key_id}",
                    election=self.election.contest.election,
                    role=role,
                    regions=(province,),
                    valid_from="2024-01-01T00:00:00.000Z",
                    valid_until="2124-01-01T00:00:00.000Z",
                )


def appoint(election: SimulatedElection) -> Officials:
    """One submitter and one approver for each province."""

    def official(role: str, province: str) -> Official:
        name = f"{election.contest.election}-{role}-{province}"
        return new_official(name, hashlib.sha256(name.encode()).digest())

    provinces = election.provinces()
    return Officials(
        election,
        {province: official(SUBMITTER, province) for province in provinces},
        {province: official(APPROVER, province) for province in provinces},
    )


@dataclass(slots=True)
class Count:
    """The officials' night: `run` files everything and returns when the last paper is approved, or `stopping` is set.

    Each keeps the receipt for the last form of a station in the folder `receipts`."""

    officials: Officials
    sender: Sender
    receipts: Path | None = None
    workers: int = 6
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, filings: list[Filing], filed: Callable[[Paper, bool], None]) -> None:
        """`filed` is told of each approved paper, and whether it had been approved before. Raises `SimulationFault`."""
        with ThreadPoolExecutor(self.workers, thread_name_prefix="official") as pool:
            work = [pool.submit(self._file, filing, filed) for filing in filings]
            try:
                for done in as_completed(work):
                    done.result()
            except BaseException:
                # A fault, or Ctrl-C: whoever has not begun goes home, the others after the step they are at.
                self.stopping.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _file(self, filing: Filing, filed: Callable[[Paper, bool], None]) -> None:
        if self.stopping.is_set():
            return
        try:
            approved = self._approved(filing.station)
            for version, paper in enumerate(filing.papers, start=1):
                before = paper.hash in approved
                if not before:
                    self._submit(filing, paper)
                    self._approve(filing, paper, version)
                filed(paper, before)
        except _GoneHome:
            return
        except (httpx.TransportError, SendError) as error:
            raise SimulationFault(f"station {filing.station}: the API does not take its form: {error}") from error

    def _approved(self, station: str) -> set[str]:
        """The hashes of the versions that the station's public page shows as approved."""
        answer = self.sender.http.get(self.sender.base_url + station_path(self._contest, station))
        if answer.status_code != 200:
            raise SimulationFault(f"station {station} has no page: {answer.status_code} {answer.text[:200]}")
        return {version["hash"] for version in answer.json()["versions"] if version["state"] == APPROVED}

    def _submit(self, filing: Filing, paper: Paper) -> None:
        official = self.officials.submitters[filing.province]
        request = official.upload_request(
            self._contest, paper.station, form=paper.form, scans=paper.scans, now=_now(), nonce=uuid.uuid4().hex
        )
        upload = self.sender.submit(request, paper.form, paper.scans)
        outcome = self._settled(upload)
        if outcome["state"] != "accepted":
            raise SimulationFault(f"the form of station {paper.station} was rejected: {outcome['refusals']}")
        if self.receipts is not None:
            self.receipts.mkdir(parents=True, exist_ok=True)
            (self.receipts / f"{paper.station}.receipt").write_text(outcome["receipt"], encoding="utf-8")

    def _settled(self, upload: str) -> dict[str, Any]:
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            if self.stopping.wait(LOOK_SECONDS):
                raise _GoneHome
            outcome = self.sender.upload(upload)
            if outcome["state"] != "granted":
                return outcome
        raise SimulationFault(f"upload {upload} was not settled within {PATIENCE:.0f} s")

    def _approve(self, filing: Filing, paper: Paper, version: int) -> None:
        official = self.officials.approvers[filing.province]
        self.sender.review(
            official.review(
                self._contest,
                paper.station,
                version=version,
                form_hash=paper.hash,
                decision=APPROVE,
                now=_now(),
                nonce=uuid.uuid4().hex,
            )
        )

    @property
    def _contest(self) -> ContestKey:
        return self.officials.election.contest


def _now() -> str:
    return to_instant(datetime.now(UTC))
