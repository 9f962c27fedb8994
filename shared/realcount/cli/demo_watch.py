"""Two hands of `realcount demo`: one looks at a page as a browser does, one runs the count beside the display."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from realcount.local.simulation.officials import SimulationFault


class Watch:
    """Looks at one page as a browser does: asks with the ETag it has, and keeps what it has on a 304."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.Client(timeout=30.0)
        self._page: dict[str, Any] = {}
        self.etag = ""

    def look(self) -> dict[str, Any]:
        answer = self._http.get(self._url, headers={"if-none-match": self.etag} if self.etag else {})
        if answer.status_code == 200:
            self._page, self.etag = answer.json(), answer.headers["etag"]
        elif answer.status_code != 304:
            raise SimulationFault(f"{self._url} answers {answer.status_code}: {answer.text[:200]}")
        return self._page


@dataclass
class Beside:
    """Runs something beside the display and keeps what it raised."""

    target: Callable[[], None]

    def __post_init__(self) -> None:
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="count", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.target()
        except SimulationFault as fault:
            self._fault = fault

    def over(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def wait(self) -> None:
        self._thread.join()

    def raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault
