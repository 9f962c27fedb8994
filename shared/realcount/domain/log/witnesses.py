"""Whom the log asks to cosign it, and how many of them are a quorum: what operators set, as values.

    {"quorum": 2, "witnesses": [{"name": "A university", "key": "witness.example+…+…", "url": "https://witness.example"}]}

The list decides whom we ask and what our page says. It proves nothing to a reader, who brings a list of their own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from realcount.domain.errors import Rejected
from realcount.domain.log.notes import COSIGNATURE, NoteKey, read_key
from realcount.domain.strict import Members, array, integer, text

MAX_WITNESSES = 16

_URL = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+(/[A-Za-z0-9._~/-]*)?")


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """`name` is for people; `key` signs; `url` is its submission prefix, below which `add-checkpoint` lies."""

    name: str
    key: NoteKey
    url: str


@dataclass(frozen=True, slots=True)
class WitnessList:
    """`quorum` is 0 if and only if there is nobody to ask."""

    quorum: int = 0
    witnesses: tuple[KnownWitness, ...] = ()


def read_witness_list(data: str) -> WitnessList:
    """Raises `Rejected` with everything that is wrong: half a list would be a quorum that nobody meant."""
    try:
        value: object = json.loads(data)
    except ValueError as error:
        value = f"no JSON: {error}"
    members = Members(value, "witnesses")
    found = members.take("witnesses", array(0, MAX_WITNESSES)) or ()
    witnesses = [_witness(Members(one, f"witnesses[{i}]", members.refusals)) for i, one in enumerate(found)]
    quorum = members.take("quorum", integer(min(1, len(found)), len(found)))
    members.close()
    keys = [witness.key for witness in witnesses if witness is not None]
    if len(set(keys)) < len(keys):
        members.refuse("", "bad-value", "must name each key once: two votes of one witness are no quorum")
    members.raise_if_refused()
    assert quorum is not None
    return WitnessList(quorum, tuple(witness for witness in witnesses if witness is not None))


def _witness(members: Members) -> KnownWitness | None:
    name, key, url = members.take("name", text), members.take("key", _key), members.take("url", _url)
    members.close()
    return None if name is None or key is None or url is None else KnownWitness(name, key, url)


def _key(value: object) -> NoteKey:
    try:
        key = read_key(text(value))
    except Rejected as error:
        raise ValueError(f"must be a witness's public key: {error}") from None
    if key.kind != COSIGNATURE:
        raise ValueError("must be a key that cosigns (its base64 begins with BA), not one that signs logs")
    return key


def _url(value: object) -> str:
    if isinstance(value, str) and len(value) <= 300 and _URL.fullmatch(value):
        return value.rstrip("/")
    raise ValueError("must be http:// or https:// with a host and perhaps a path, of 300 characters at most")
