"""What is needed to check a form without a line: contest, options and stations, as the public pages said while there was one.

Kept in the outbox under `frame/`, one file for each contest, with the keys that receipts and log are checked by. A key that
was seen once is not replaced by another: that is said, loudly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from realcount.client.places import contest_page
from realcount.client.reading import Reader
from realcount.domain.election import Contest, ContestKey, Option
from realcount.domain.errors import Drift, NotFound
from realcount.officials.disk import Disk, RealDisk, put

PRACTICE = ("simul", "rehears", "gladi", "latihan", "practi", "uji coba", "percobaan", "test", "demo")
"""What the label of an election has in it that does not count."""


def is_practice(label: str) -> bool:
    return any(word in label.casefold() for word in PRACTICE)


MOST_STATIONS = 20_000
KEYS = ("receipts_key", "log_key")


class Frame:
    """The frame of one contest. `stations` are those that were looked at; others may exist."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said

    @property
    def key(self) -> ContestKey:
        return ContestKey(self.said["election"]["id"], self.said["contest"]["id"])

    @property
    def label(self) -> str:
        return str(self.said["election"]["label"])

    @property
    def practice(self) -> bool:
        return is_practice(self.label)

    @property
    def options(self) -> dict[str, str]:
        return {option["id"]: option["name"] for option in self.said["contest"]["options"]}

    def contest(self) -> Contest:
        """As much of the contest as rules of forms ask for."""
        said = self.said["contest"]
        options = tuple(Option(one["id"], one["number"], one["name"], one["parent"]) for one in said["options"])
        return Contest(self.key, said["name"], options, (), (), tuple(said["fields"]))

    def station(self, station: str) -> dict[str, Any] | None:
        """`name`, `registered`, `above` (the ids of regions on the way up), `where` (their names); None if it was never seen."""
        found: dict[str, Any] | None = self.said["stations"].get(station)
        return found


class Frames:
    """The frames in an outbox at `root`."""

    def __init__(self, root: Path, disk: Disk | None = None) -> None:
        self._root, self._disk = root / "frame", disk or RealDisk()
        self._disk.make_folder(self._root)
        self._disk.sync(root)

    def all(self) -> list[Frame]:
        names = [name for name in self._disk.names(self._root) if name.endswith(".json") and not name.startswith(".")]
        return [Frame(json.loads(self._disk.read(self._root / name) or b"")) for name in names]

    def find(self, election: str | None, contest: str | None) -> Frame | None:
        """The kept frame that is meant; None if there is none. Raises `NotFound` where more than one would do."""
        fits = [
            one for one in self.all() if election in (None, one.key.election) and contest in (None, one.key.contest)
        ]
        if len(fits) > 1:
            raise NotFound(
                f"--election and --contest must say which is meant: {', '.join(str(one.key) for one in fits)}"
            )
        return fits[0] if fits else None

    def fetch(self, reader: Reader, election: str | None, contest: str | None) -> Frame:
        """The frame as the pages have it now, with the stations that were known before; kept. Raises `Drift` for other keys."""
        page = contest_page(reader, election, contest)
        about = reader.document(page["links"]["election"])
        log = reader.document(about["links"]["log"])
        before = self.find(page["election"], page["id"])
        said: dict[str, Any] = {
            "election": {name: about[name] for name in ("id", "name", "label", "held_on")},
            "contest": {name: page[name] for name in ("id", "name", "fields", "options")},
            "roots": page["links"]["roots"],
            "log": log["files"]["prefix"],
            "receipts_key": log["receipts_key"],
            "log_key": log["key"],
            "stations": before.said["stations"] if before else {},
        }
        for name in KEYS if before else ():
            was = before.said[name] if before else None
            if was is not None and said[name] != was:
                raise Drift(
                    f"THE SERVER SHOWS ANOTHER {name}: {said[name]} instead of {was}, which was seen first. "
                    "One of them is false: show both to others, and trust nothing signed by the new one"
                )
        return self._keep(Frame(said))

    def fetch_station(self, reader: Reader, frame: Frame, station: str) -> Frame:
        """The frame with a station that it did not know. Raises `NotFound` if the contest has none of this id."""
        page = reader.document(f"/v1/elections/{frame.key.election}/contests/{frame.key.contest}/stations/{station}")
        above = [crumb["id"] for crumb in page["path"]]
        where = " / ".join(crumb["name"] for crumb in page["path"])
        return self.add(frame, {station: _station(page["station"]["name"], page["registered"], above, where)})

    def fetch_regions(self, reader: Reader, frame: Frame, regions: Iterable[str], told: Callable[[int], None]) -> Frame:
        """The frame with every station below these regions. Raises `NotFound` for one that the contest has not."""
        base = f"/v1/elections/{frame.key.election}/contests/{frame.key.contest}/regions"
        found: dict[str, dict[str, Any]] = {}
        open_pages = [f"{base}/{region}" for region in regions]
        while open_pages:
            page = reader.document(open_pages.pop())
            if page["holds"] == "regions":
                open_pages += [child["link"] for child in page["children"]]
                continue
            crumbs = [*page["path"], page["region"]]
            above, where = [crumb["id"] for crumb in crumbs], " / ".join(crumb["name"] for crumb in crumbs)
            found |= {one["id"]: _station(one["name"], one["registered"], above, where) for one in page["children"]}
            told(len(found))
            if len(found) > MOST_STATIONS:
                raise NotFound(f"there are more than {MOST_STATIONS:,} stations below; name smaller regions")
        return self.add(frame, found)

    def add(self, frame: Frame, stations: dict[str, dict[str, Any]]) -> Frame:
        return self._keep(Frame({**frame.said, "stations": {**frame.said["stations"], **stations}}))

    def _keep(self, frame: Frame) -> Frame:
        content = json.dumps(frame.said, ensure_ascii=False, indent=1).encode()
        path = self._root / f"{frame.key.election}.{frame.key.contest}.json"
        if self._disk.read(path) != content:
            put(self._disk, path, content)
        return frame


def _station(name: str, registered: int | None, above: list[str], where: str) -> dict[str, Any]:
    return {"name": name, "registered": registered, "above": above, "where": where}
