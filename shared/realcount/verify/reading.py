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
from dataclasses import replace
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from realcount.domain.errors import Refusal, Rejected
from realcount.domain.log.entries import Entry, read_entry
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.sealed_forms import SEALED_FORM, SealedForm
from realcount.domain.log.tiles import TileName, decode_bundle
from realcount.domain.official import OfficialKey
from realcount.verify.ed25519 import ALGORITHM

COUNTED_FIGURES = ("valid", "invalid", "voters.total")

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
        self._public: dict[tuple[str, str], Ed25519PublicKey | None] = {}

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
        form = replace(
            said.form, figures={name: said.form.figures.get(name, 0) for name in COUNTED_FIGURES}, scans=(), reason=None
        )
        lean = replace(said, form=form, form_payload=b"", form_signature=b"", review_payload=b"", review_signature=b"")
        return Read(leaf, lean, wrong=wrong)

    def _wrong(self, said: SealedForm) -> Iterator[str]:
        election = said.form.election
        if not self._holds((election, said.form.key), said.form_payload, said.form_signature):
            yield "form_signature"
        if not self._holds((election, said.review.key), said.review_payload, said.review_signature):
            yield "review_signature"

    def _holds(self, key: tuple[str, str], message: bytes, signature: bytes) -> bool:
        if key not in self._records:
            return True  # The fold refuses a key that nobody registered; there is no signature to speak of.
        if key not in self._public:
            self._public[key] = _public(self._records[key])
        public = self._public[key]
        if public is None:
            return False
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def _public(record: OfficialKey) -> Ed25519PublicKey | None:
    if record.algorithm != ALGORITHM:
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(record.public_key)
    except ValueError:
        return None


def read_bundles(
    bundles: Iterable[tuple[TileName, bytes]], keys: Keys, signed: int, workers: int
) -> Iterator[tuple[TileName, list[Read] | None]]:
    """The bundles, read, in order; None for what is no bundle. With more than one worker, by so many processes."""
    if workers <= 1:
        reader = Reader(keys, signed)
        for name, data in bundles:
            yield name, _try(reader, name, data)
        return
    # Spawned, not forked: the threads that fetch files would not live on in a fork, but their locks would.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start, (dict(keys), signed)) as pool:
        pending: deque[tuple[TileName, Future[list[Read] | None]]] = deque()
        try:
            for name, data in bundles:
                pending.append((name, pool.submit(_work, name, data)))
                if len(pending) > 4 * workers:
                    done, result = pending.popleft()
                    yield done, result.result()
            while pending:
                done, result = pending.popleft()
                yield done, result.result()
        finally:
            for _, waiting in pending:
                waiting.cancel()


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
