"""Entries as they come out of the bundles: read, and with both officials' signatures checked. This is nearly all of the
work, and no entry's depends on another's, so several processes do it.

Which keys there are is known before (`rehash` shows every entry once); whether a key was good when it was used, the fold
decides afterwards, in order.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from operator import attrgetter
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature

from realcount.domain.errors import Refusal, Rejected
from realcount.domain.form import Form
from realcount.domain.log.entries import Entry, read_entry
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.sealed_forms import SEALED_FORM, SealedForm
from realcount.domain.log.tiles import TileName, decode_bundle
from realcount.domain.official import OfficialKey
from realcount.verify.signatures import Check, officials_check

AHEAD = 4
"""Bundles in work or waiting for it, for each process: half a megabyte each."""

COUNTED_FIGURES = ("valid", "invalid", "voters.total")

_before_figures = attrgetter("kind", "election", "contest", "station", "version", "previous")
_after_reason = attrgetter("key", "signed_at", "hash")

_FORM_ENDS = f'"type":"{SEALED_FORM}"}}'.encode()

Keys = Mapping[tuple[str, str], OfficialKey]
"""Every key that the log registers anywhere, by election and id, as it was registered first."""


class Read(NamedTuple):
    """An entry. `said` is None if it is refused by itself; `wrong` are signatures that do not hold: `form_signature`,
    `review_signature`. Of forms only what the fold needs is kept."""

    leaf: bytes
    said: Entry | None
    refusals: tuple[Refusal, ...] = ()
    wrong: tuple[str, ...] = ()


def is_form(entry: bytes) -> bool:
    """Whether this may be a form, without reading it: canonical JSON has the entry's type at its end."""
    return entry.endswith(_FORM_ENDS)


def read_safely(entry: bytes) -> Entry:
    """`read_entry` for bytes that an enemy may have made. Raises `Rejected`."""
    try:
        return read_entry(entry)
    except RecursionError:
        raise Rejected([Refusal("not-canonical", "payload", "is nested too deeply")]) from None


class Reader:
    """Reads bundles with these keys at hand. `signed` is the index up to which signatures were found right before."""

    def __init__(self, keys: Keys, signed: int) -> None:
        self._records = keys
        self._signed = signed
        self._checks: dict[tuple[str, str], Check | None] = {}

    def read(self, name: TileName, data: bytes) -> list[Read]:
        """The entries of a bundle. Raises `ValueError` if it is none."""
        first = name.number * 256
        return [self._read(first + i, entry) for i, entry in enumerate(decode_bundle(name, data))]

    def _read(self, index: int, entry: bytes) -> Read:
        leaf = leaf_hash(entry)
        try:
            said = read_safely(entry)
        except Rejected as error:
            return Read(leaf, None, error.refusals)
        if not isinstance(said, SealedForm):
            return Read(leaf, said)
        wrong = () if index < self._signed else tuple(self._wrong(said))
        return Read(leaf, _lean(said), wrong=wrong)

    def _wrong(self, said: SealedForm) -> Iterator[str]:
        election = said.form.election
        if not self._holds((election, said.form.key), said.form_payload, said.form_signature):
            yield "form_signature"
        if not self._holds((election, said.review.key), said.review_payload, said.review_signature):
            yield "review_signature"

    def _holds(self, key: tuple[str, str], message: bytes, signature: bytes) -> bool:
        if key not in self._records:
            return True  # The fold refuses a key that nobody registered; there is no signature to speak of.
        if key not in self._checks:
            self._checks[key] = officials_check(self._records[key])
        check = self._checks[key]
        if check is None:
            return False
        try:
            check(message, signature)
        except InvalidSignature:
            return False
        return True


def _lean(said: SealedForm) -> SealedForm:
    form = said.form
    figures = {name: form.figures.get(name, 0) for name in COUNTED_FIGURES}
    members = (*_before_figures(form), figures, form.votes, (), None, *_after_reason(form))
    return SealedForm(Form(*members), b"", b"", said.review, b"", b"", said.received_at, said.decided_at)


_Work = Future[list[Read] | None] | None
"""Of a process. None: there is none to do it."""


def read_bundles(
    bundles: Iterable[tuple[TileName, bytes]], keys: Keys, signed: int, workers: int
) -> Iterator[tuple[TileName, list[Read] | None]]:
    """The bundles, read, in order; None for what is no bundle. With more than one worker, by so many processes, which have
    a few bundles each before them and no more; without them if they cannot be had, or die."""
    alone = Reader(keys, signed)
    pool = _pool(keys, signed, workers) if workers > 1 else None
    if pool is None:
        for name, data in bundles:
            yield name, _try(alone, name, data)
        return
    with pool:
        pending: deque[tuple[TileName, bytes, _Work]] = deque()
        try:
            for name, data in bundles:
                pending.append((name, data, _submit(pool, name, data)))
                if len(pending) > AHEAD * workers:
                    yield _result(alone, *pending.popleft())
            while pending:
                yield _result(alone, *pending.popleft())
        finally:
            for _, _, waiting in pending:
                if waiting is not None:
                    waiting.cancel()


def _pool(keys: Keys, signed: int, workers: int) -> ProcessPoolExecutor | None:
    """None where the system has no processes for us."""
    # Spawned, not forked: the threads that fetch files would not live on in a fork, but their locks would.
    context = multiprocessing.get_context("spawn")
    try:
        return ProcessPoolExecutor(workers, context, _start, (dict(keys), signed))
    except (NotImplementedError, OSError):
        return None


def _submit(pool: ProcessPoolExecutor, name: TileName, data: bytes) -> _Work:
    try:
        return pool.submit(_work, name, data)
    except BrokenProcessPool:
        return None


def _result(alone: Reader, name: TileName, data: bytes, work: _Work) -> tuple[TileName, list[Read] | None]:
    """What a process read; if the processes died (a system short of memory ends them), what we read ourselves."""
    if work is not None:
        try:
            return name, work.result()
        except BrokenProcessPool:
            pass
    return name, _try(alone, name, data)


def _try(reader: Reader, name: TileName, data: bytes) -> list[Read] | None:
    try:
        return reader.read(name, data)
    except ValueError:
        return None


_reader: Reader | None = None


def _start(keys: Keys, signed: int) -> None:
    global _reader
    _reader = Reader(keys, signed)


def _work(name: TileName, data: bytes) -> list[Read] | None:
    assert _reader is not None, "the process was started with keys"
    return _try(_reader, name, data)
