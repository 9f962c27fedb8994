"""The outbox: a folder in which signed forms lie until they have a receipt, and then with it.

<outbox>/forms/<station>.v<version>.<16 digits of the form's hash>/
    form, scan-1 …      what was signed, byte for byte; never changed
    request             the upload request that was signed last; its hash names the upload
    grant               where the files of that upload go, until when
    posted              which of them have gone
    held                why the API would not take it, when it was asked last
    outcome             what became of it: accepted or rejected
    receipt             the signed note
    standing            what the public said of it, when it was asked last

A form's folder appears whole, under its name, or not at all. One version of a station's form has one form in the outbox,
apart from rejected ones: nothing is signed a second time that may be on its way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realcount.domain.canonical import sha256_hex
from realcount.domain.election import ContestKey
from realcount.domain.errors import RealcountError
from realcount.domain.form import Form
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_form, parse_upload_request
from realcount.officials.disk import UNFINISHED, Disk, RealDisk, locked, put, put_folder

FORMS = "forms"
READY, SENDING, AWAITING, HELD, ACCEPTED, REJECTED = "ready", "sending", "awaiting", "held", "accepted", "rejected"
STATES = (READY, SENDING, AWAITING, HELD, ACCEPTED, REJECTED)
_HASH_DIGITS = 16


class Damaged(RealcountError):
    """What lies in the outbox is not what was put there: the disk has lost it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One form in the outbox, as it lay there when it was read."""

    folder: Path
    document: bytes
    form: Form
    request: bytes | None
    notes: Mapping[str, Any]
    receipt: bytes | None

    @property
    def contest(self) -> ContestKey:
        return ContestKey(self.form.election, self.form.contest)

    @property
    def slot(self) -> tuple[str, str, str, int]:
        return self.form.election, self.form.contest, self.form.station, self.form.version

    @property
    def files(self) -> tuple[str, ...]:
        """What an upload of it consists of; the form last, as it completes the upload."""
        return (*(f"scan-{i}" for i in range(1, len(self.form.scans) + 1)), "form")

    @property
    def upload(self) -> str | None:
        """The id that the API gives to the request that was signed last."""
        return None if self.request is None else parse_upload_request(split_document(self.request).payload).hash[:32]

    @property
    def posted(self) -> tuple[str, ...]:
        """The files that went to that upload; of an earlier upload nothing counts."""
        note = self.notes.get("posted", {})
        return tuple(note.get("files", ())) if note.get("upload") == self.upload else ()

    @property
    def settled(self) -> bool:
        return self.state in (ACCEPTED, REJECTED)

    @property
    def state(self) -> str:
        outcome = self.notes.get("outcome")
        if outcome is not None:
            return ACCEPTED if outcome["state"] == ACCEPTED else REJECTED
        if "held" in self.notes:
            return HELD
        if self.request is None:
            return READY
        return AWAITING if set(self.posted) == set(self.files) else SENDING


class Outbox:
    """The outbox at `root`, made if it is not there. Raises `OSError` where it cannot be."""

    def __init__(self, root: Path, disk: Disk | None = None) -> None:
        self.root, self._disk = root, disk or RealDisk()
        missing = [folder for folder in (root, *root.parents) if not folder.exists()] if disk is None else [root]
        for folder in (*reversed(missing), root / FORMS):
            self._disk.make_folder(folder)
            self._disk.sync(folder.parent)
        # A process that was killed may have left a name that no lost power would leave. From here on it stays.
        self._disk.sync(root / FORMS)

    def items(self) -> list[Item]:
        """All forms: by station, its versions in their order. Raises `Damaged`."""
        return self._read("")

    def _read(self, beginning: str) -> list[Item]:
        names = self._disk.names(self.root / FORMS)
        wanted = [name for name in names if name.startswith(beginning) and not name.startswith(UNFINISHED)]
        return sorted((self.item(self.root / FORMS / name) for name in wanted), key=lambda item: item.slot)

    def item(self, folder: Path) -> Item:
        """Raises `Damaged`."""
        document = self._disk.read(folder / "form")
        try:
            form = parse_form(split_document(document or b"").payload)
        except RealcountError as error:
            raise Damaged(f"{folder / 'form'} is damaged: {error}") from None
        if folder.name != _name(form):
            raise Damaged(f"{folder} holds another form than its name says")
        notes = {}
        for name in ("grant", "posted", "held", "outcome", "standing"):
            content = self._disk.read(folder / name)
            if content is not None:
                notes[name] = json.loads(content)
        request, receipt = self._disk.read(folder / "request"), self._disk.read(folder / "receipt")
        return Item(folder, document or b"", form, request, notes, receipt)

    def live(self, contest: ContestKey, station: str) -> list[Item]:
        """The forms of a station that were not rejected, in the order of their versions."""
        of = [item for item in self._read(f"{station}.v") if (item.contest, item.form.station) == (contest, station)]
        return [item for item in of if item.state != REJECTED]

    def current(self) -> list[Item]:
        """All forms but the rejected ones in whose place another was signed."""
        items = self.items()
        replaced = {item.slot for item in items if item.state != REJECTED}
        return [item for item in items if item.state != REJECTED or item.slot not in replaced]

    def add(self, document: bytes, scans: Sequence[bytes]) -> Item:
        """Keep a signed form. Once this returns it is safe. The same document again is the same item.

        Raises `FileExistsError` if another form is there for this version: the caller looks first, holding `adding`.
        """
        form = parse_form(split_document(document).payload)
        folder = self.root / FORMS / _name(form)
        there = self.live(ContestKey(form.election, form.contest), form.station)
        if any(item.form.version == form.version and item.document != document for item in there):
            raise FileExistsError(f"{self.root} has another form of station {form.station}, version {form.version}")
        if folder.name in self._disk.names(self.root / FORMS):
            self._disk.sync(self.root / FORMS)  # Who put it there may have been killed before it could.
        else:
            contents = {f"scan-{i}": scan for i, scan in enumerate(scans, start=1)}
            put_folder(self._disk, folder, {**contents, "form": document})
        return self.item(folder)

    def file(self, item: Item, name: str) -> bytes:
        """A file of the upload, as it was signed for. Raises `Damaged`."""
        if name == "form":
            return item.document
        content = self._disk.read(item.folder / name)
        if content is None or sha256_hex(content) != item.form.scans[int(name[5:]) - 1].sha256:
            raise Damaged(f"{item.folder / name} is not the scan that was signed for: the disk has lost it")
        return content

    def note(self, item: Item, name: str, content: bytes | Mapping[str, object] | None) -> Item:
        """Write a note of an item, or take it away, and read the item anew."""
        path = item.folder / name
        if content is None:
            self._disk.remove(path)
        else:
            put(self._disk, path, content if isinstance(content, bytes) else json.dumps(content).encode())
        return self.item(item.folder)

    def adding(self) -> AbstractContextManager[bool]:
        """A lock: who holds it looks at what is there, signs, and adds. Waits for its turn."""
        return locked(self.root / "adding.lock", wait=True)

    def sending(self) -> AbstractContextManager[bool]:
        """A lock, given as whether one has it: one process sends."""
        return locked(self.root / "sending.lock", wait=False)


def _name(form: Form) -> str:
    return f"{form.station}.v{form.version}.{form.hash[:_HASH_DIGITS]}"
