"""Bringing forms from the outbox to the API: each step may be repeated, in this process or in one after a power cut.

1. what is known of the upload?       a request that was sent before may have been settled since
2. may I?                             the request is on the disk before it is sent: an answer lost is asked for again
3. the files                          each once, noted one by one; again only if the upload is another
4. what became of it?                 accepted, with a receipt, or rejected: both are final

A request is good for ten minutes, a grant for an hour. What is older is signed anew, for the same form bytes, of which the
ledger takes one, whichever upload brings them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol

import httpx

from realcount.client.patience import Patience
from realcount.client.reading import AGAIN
from realcount.domain.errors import RealcountError, Rejected
from realcount.domain.instants import from_instant, to_instant
from realcount.domain.log.receipts import read_receipt
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_upload_request
from realcount.officials.official import Official
from realcount.officials.outbox import ACCEPTED, AWAITING, SENDING, Damaged, Item, Outbox
from realcount.officials.sending import Sender, SendError

REQUEST_SECONDS = 540
"""For how long a request is sent again as it is. The API takes it for ten minutes, and clocks differ."""

GRANT_MARGIN = 60
"""Seconds before its end from which a grant is not used any more: a scan takes its time on a thin line."""

RETELL_SECONDS = 30
"""After which the form of an upload that nothing became of is sent again: the word that it came may have been lost."""

TRIES_AT_FILES = 3

Progress = Callable[[str, int, int], None]
"""What is done (`send` or `ask`), how many are done, of how many."""


class NoLine(RealcountError):
    """The API cannot be reached, or takes nothing at present. `closed` is its reason, if it gave one."""

    def __init__(self, said: str, closed: str | None = None) -> None:
        super().__init__(said)
        self.closed = closed


class Line(Protocol):
    """The part of `Sender` that is needed here."""

    def grant(self, request: bytes) -> dict[str, Any]: ...
    def put(self, file: dict[str, Any], content: bytes) -> None: ...
    def upload(self, upload: str) -> dict[str, Any]: ...


@dataclass(slots=True)
class Delivery:
    """Sends what `official` signed. `now` is the time, `nonce` gives a fresh one; `patience` has the clock to wait by.

    `skew` is how much later the API's clock is, found out when it calls a fresh request stale."""

    outbox: Outbox
    line: Line | Sender
    official: Official
    patience: Patience
    now: Callable[[], datetime]
    nonce: Callable[[], str]
    progress: Progress = lambda what, done, of: None
    skew: timedelta = field(default=timedelta(0))
    _failed: int = 0

    def send_all(self, wait: float = 60.0) -> None:
        """Send whatever has no answer yet, then wait for answers, for about `wait` seconds after the last one.

        Raises `NoLine` once patience is over: what was done until then is noted. The caller holds the outbox's `sending`.
        """
        mine = [item for item in self.outbox.items() if not item.settled and item.form.key == self.official.key_id]
        for done, item in enumerate(mine):
            self.progress("send", done, len(mine))
            if not self._waits_for_another(item):
                self.send(item)
        self._await([item.folder for item in mine], wait)

    def send(self, item: Item) -> Item:
        """Bring one form as far as it goes. Raises `NoLine`."""
        try:
            item = self.outbox.note(item, "held", None)
            item = self.ask(item)
            for _ in range(TRIES_AT_FILES):
                if item.settled or item.state == AWAITING:
                    return item
                item, grant = self._granted(item)
                item = self._put_files(item, grant)
            return item
        except SendError as error:
            return self._held(item, error.problem or str(error.status), error.detail or str(error), error.refusals)
        except Damaged as error:
            return self._held(item, "damaged", str(error), [])

    def ask(self, item: Item) -> Item:
        """Settle the item if its upload was. Raises `NoLine`, and `SendError`."""
        upload = item.upload
        if upload is None:
            return item
        try:
            said = self._patiently(lambda: self.line.upload(upload))
        except SendError as error:
            if error.status == 404:
                return item  # The request never arrived.
            raise
        if said["state"] == "granted":
            note = item.notes.get("posted", {})
            if item.state == AWAITING and self._age(note["at"]) > RETELL_SECONDS:
                files = [name for name in item.files if name != "form"]
                item = self.outbox.note(item, "posted", {**note, "files": files})
            return item
        return self._settle(item, said)

    def _await(self, folders: list[Path], wait: float) -> None:
        asked, last = 0, self.now()
        while True:
            waiting = [item for item in map(self.outbox.item, folders) if item.state == AWAITING]
            if not waiting or (self.now() - last).total_seconds() > wait:
                return
            self.progress("ask", len(folders) - len(waiting), len(folders))
            asked += 1
            self.patience.between(min(5.0, 0.25 * asked))
            for item in waiting:
                try:
                    after = self.ask(item)
                except SendError as error:
                    after = self._held(item, error.problem or str(error.status), str(error), [])
                if after.state == SENDING:
                    self.send(after)
                elif after.state != AWAITING:
                    asked, last = 0, self.now()
                    self._send_next(after)

    def _send_next(self, item: Item) -> None:
        """The version that waited until this one was accepted."""
        for later in self.outbox.live(item.contest, item.form.station):
            mine = later.form.key == self.official.key_id
            if mine and later.form.previous == item.form.hash and item.state == ACCEPTED and not later.settled:
                self.send(later)

    def _waits_for_another(self, item: Item) -> bool:
        before = [
            one for one in self.outbox.live(item.contest, item.form.station) if one.form.hash == item.form.previous
        ]
        return any(one.state != ACCEPTED for one in before)

    def _granted(self, item: Item) -> tuple[Item, dict[str, Any]]:
        kept = item.notes.get("grant")
        if kept is not None and kept["upload"] == item.upload and kept["until"] > to_instant(self.now()):
            return item, kept
        item = self._requested(item)
        try:
            grant = self._ask_grant(item)
        except SendError as error:
            if not any(refusal.get("code") == "stale-request" for refusal in error.refusals):
                raise
            self._set_clock(error)
            item = self._signed_anew(item)
            grant = self._ask_grant(item)
        until = self.now() + timedelta(seconds=grant["expires_in"] - GRANT_MARGIN)
        kept = {"upload": grant["upload"], "files": grant["files"], "until": to_instant(until)}
        return self.outbox.note(item, "grant", kept), kept

    def _ask_grant(self, item: Item) -> dict[str, Any]:
        request = item.request
        assert request is not None
        grant: dict[str, Any] = self._patiently(lambda: self.line.grant(request))
        return grant

    def _requested(self, item: Item) -> Item:
        """The item with a request that may be sent: on the disk before anybody sees it."""
        if item.request is not None:
            signed_at = parse_upload_request(split_document(item.request).payload).signed_at
            if abs(self._age(signed_at) + self.skew.total_seconds()) < REQUEST_SECONDS:
                return item
        return self._signed_anew(item)

    def _signed_anew(self, item: Item) -> Item:
        request = self.official.request_for(
            item.document, item.form, now=to_instant(self.now() + self.skew), nonce=self.nonce()
        )
        return self.outbox.note(item, "request", request)

    def _put_files(self, item: Item, grant: dict[str, Any]) -> Item:
        files = {file["name"]: file for file in grant["files"]}
        for name in item.files:
            if name in item.posted:
                continue
            content = self.outbox.file(item, name)
            try:
                self._patiently(lambda file=files[name], content=content: self.line.put(file, content))  # type: ignore[misc]
            except SendError as error:
                if error.status != 403:
                    raise
                return self.outbox.note(item, "grant", None)  # It has expired, whatever the clocks say.
            posted = {"upload": grant["upload"], "files": [*item.posted, name], "at": to_instant(self.now())}
            item = self.outbox.note(item, "posted", posted)
        return item

    def _settle(self, item: Item, said: dict[str, Any]) -> Item:
        """The receipt before the outcome: who is told `accepted` has it."""
        if said["state"] == ACCEPTED:
            receipt = str(said["receipt"]).encode()
            try:
                held, _ = read_receipt(receipt)
            except Rejected as error:
                return self._held(item, "bad-receipt", str(error), [])
            if (held.form, held.station, held.version, held.contest) != (
                *(item.form.hash, item.form.station, item.form.version),
                item.contest,
            ):
                return self._held(item, "bad-receipt", "the receipt is for another form", [])
            item = self.outbox.note(item, "receipt", receipt)
        outcome = {name: said.get(name) for name in ("state", "upload", "version", "form", "refusals")}
        return self.outbox.note(item, "outcome", {**outcome, "at": to_instant(self.now())})

    def _held(self, item: Item, code: str, detail: str, refusals: Any) -> Item:
        note = {"code": code, "detail": detail, "refusals": list(refusals), "at": to_instant(self.now())}
        return self.outbox.note(item, "held", note)

    def _patiently(self, call: Callable[[], Any]) -> Any:
        """The call, again and again while the line is the trouble. Whatever gets through ends a row of failures."""
        while True:
            retry_after = None
            try:
                found = call()
            except httpx.TransportError as error:
                said = f"{type(error).__name__}: {error}"
            except SendError as error:
                if error.problem == "intake-closed":
                    raise NoLine(error.detail, closed=error.detail) from None
                if error.status not in AGAIN:
                    self._failed = 0
                    raise
                said, retry_after = f"the answer is {error.status}", error.headers.get("retry-after")
            else:
                self._failed = 0
                return found
            self._failed += 1
            if not self.patience.pause(self._failed, retry_after):
                raise NoLine(said)

    def _set_clock(self, error: SendError) -> None:
        """Our clock is wrong, or the API's: requests are for it to judge, so its counts. The form keeps our time."""
        date = error.headers.get("date")
        if date is not None:
            self.skew = parsedate_to_datetime(date).astimezone(UTC) - self.now()

    def _age(self, instant: str) -> float:
        return (self.now() - from_instant(instant)).total_seconds()
