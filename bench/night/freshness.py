"""How long after an approval was answered the nation's number has changed for somebody who reads at the edge."""

from __future__ import annotations

import threading
import time
from array import array
from dataclasses import dataclass, field

import httpx

from bench.night.officials import Officials
from bench.night.visits import quantiles

LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the nation's page: when, the edge's word for how it came by it, and how many stations it counts."""

    at: float
    status: int
    age: int
    approved: int


@dataclass(slots=True)
class Watch:
    """Looks at a page several times a second from a thread of its own, like anyone. Failed looks are in `failed`."""

    url: str
    looks: list[Look] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="watch")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        assert self._thread is not None
        self._thread.join()

    def await_approved(self, approved: int, seconds: float) -> bool:
        """Wait until the page counts so many stations; says whether it does within so many seconds."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if self.looks and self.looks[-1].approved >= approved:
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def _run(self) -> None:
        headers = {"accept-encoding": "gzip"}
        approved = 0
        with httpx.Client(timeout=10.0) as http:
            while not self._stopping.wait(LOOK_SECONDS):
                try:
                    answer = http.get(self.url, headers=headers)
                except httpx.TransportError as error:
                    self.failed.append(type(error).__name__)
                    continue
                if answer.status_code == 200:
                    approved = answer.json()["stations"]["approved"]
                    headers["if-none-match"] = answer.headers["etag"]
                elif answer.status_code != 304:
                    self.failed.append(str(answer.status_code))
                    continue
                age = int(answer.headers.get("age", 0))
                self.looks.append(Look(time.monotonic(), answer.status_code, age, approved))


def freshness(officials: Officials, watch: Watch) -> dict[str, float]:
    """Quantiles in seconds, over all approvals that were answered.

    An approval counts as seen once the page counts as many stations as approvals had been *sent* when this one was
    answered: then it is among them, whichever were faster. So these are upper bounds, by what else was under way.
    """
    took: array[float] = array("d")
    for approval in officials.approvals:
        needed = officials.sent_by(approval.answered)
        seen = next((look.at for look in watch.looks if look.approved >= needed), None)
        if seen is not None:
            took.append(max(0.0, seen - approval.answered))
    return {**quantiles(took), "approvals": len(officials.approvals), "seen": len(took)}
