"""A sealed night of the small election, and the ports that exports write to."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from typing import Any

from realcount.domain.election import ContestKey
from realcount.domain.errors import Unavailable
from realcount.local.memory import MemoryBulk, MemoryCopies, MemoryPages
from realcount.usecases.export_bulk import Exported, export_bulk
from realcount.usecases.export_nist import Reported, export_nist
from realcount.usecases.sealed_state import Standing
from realcount.usecases.stored_documents import document_of
from tests import small_election as small
from tests.sealed_night import SIGNER, SealedNight, elections
from tests.small_election import DPRD, PPWP

ALWAYS: Callable[[], bool] = lambda: True  # noqa: E731


class Office:
    def __init__(self) -> None:
        self.night = SealedNight()
        self.bulk, self.copies, self.pages = MemoryBulk(), MemoryCopies(), MemoryPages()
        self.standing = Standing()
        self.election = small.election()

    def export(self, **given: Any) -> Exported:
        return export_bulk(self.standing, self.election, **{**self.ports(), **given})

    def report(self, **given: Any) -> Reported:
        return export_nist(self.standing, self.election, **{**self.ports(), **given})

    def ports(self) -> dict[str, Any]:
        return {
            "elections": elections(),
            "log": self.night.log,
            "key": SIGNER.key,
            "holds": lambda key, message, signature: True,
            "bulk": self.bulk,
            "copies": self.copies,
            "pages": self.pages,
            "goes_on": ALWAYS,
        }

    def page(self, of: ContestKey = PPWP, name: str = "bulk") -> dict[str, Any]:
        page = self.pages.get(f"/v1/elections/{of.election}/contests/{of.contest}/{name}")
        assert page is not None
        return document_of(page)

    def index(self, of: ContestKey = PPWP, name: str = "bulk") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.bulk.files[self.page(of, name)["index"]["path"]][0])
        return found

    def rows(self, name: str, of: ContestKey = PPWP) -> list[dict[str, str]]:
        data = self.bulk.files[f"/bulk/{of.election}/{of.contest}/{self.page(of)['size']}/{name}"][0]
        return list(csv.DictReader(io.StringIO(gzip.decompress(data).decode())))

    def reports(self, of: ContestKey = PPWP) -> dict[str, tuple[dict[str, Any], bytes]]:
        """By `format region`, the JSON and the XML of each report that the index names."""
        found = {}
        for report in self.index(of, "nist")["reports"]:
            as_json, as_xml = (gzip.decompress(self.bulk.files[file["path"]][0]) for file in report["files"])
            found[f"{report['format']} {report['region']}"] = json.loads(as_json), as_xml
        return found


def eventful() -> Office:
    """Three forms of the president's contest are in the totals, one of them corrected; one came after them."""
    office = Office()
    night = office.night
    night.approve(PPWP, "S1", (150, 120))
    night.approve(PPWP, "S4", (1, 2))
    night.approve(DPRD, "S2", (7, 8))
    night.seal()
    night.totals()
    night.approve(PPWP, "S4", (10, 20))
    night.approve(PPWP, "S6", (5, 6))
    night.seal()
    night.totals()
    night.approve(PPWP, "S1", (1, 1))
    night.approve(PPWP, "S2", (1, 1))
    night.seal()
    return office


class Dying:
    """Lets the write of this number die, before or after it is done."""

    def __init__(self, at: int, landed: bool) -> None:
        self.at, self.landed, self.seen = at, landed, 0

    def port(self, store: Any, *writes: str) -> Any:
        outer = self

        class Port:
            def __getattr__(self, name: str) -> Any:
                method = getattr(store, name)
                return method if name not in writes else lambda *a, **k: outer.write(lambda: method(*a, **k))

        return Port()

    def write(self, do: Callable[[], Any]) -> Any:
        self.seen += 1
        dies = self.seen - 1 == self.at
        if dies and not self.landed:
            raise Unavailable("the process died")
        done = do()
        if dies:
            raise Unavailable("the process died")
        return done
