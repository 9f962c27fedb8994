"""Show the log to one witness (C2SP tlog-witness), and find out what its answer is worth.

An answer is one of three: a cosignature that holds; a refusal, which is what witnesses are for and must be loud; or no
answer to go by, which is a fault of the witness and says nothing about the log.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

from realcount.domain.errors import Unavailable
from realcount.domain.log.checkpoints import Checkpoint
from realcount.domain.log.notes import Note, Signature, Verify
from realcount.domain.log.proofs import Tree
from realcount.domain.log.witnesses import KnownWitness
from realcount.domain.log.witnessing import SIZE_MEDIA, add_checkpoint, cosignatures, size_seen
from realcount.log_ports import Witness, WitnessAnswer

ROUNDS = 3
"""Requests to one witness: it may name another size once, and somebody else may have shown it a newer log meanwhile."""

REFUSALS = frozenset({403, 404, 409, 422})
"""It does not know the key, or the log; it has seen another log than this one; the proof does not hold."""

_SAID = 200


@dataclass(frozen=True, slots=True)
class Agreed:
    signature: Signature


@dataclass(frozen=True, slots=True)
class Refused:
    """`evidence` is the request and the answer, for people and for programs."""

    seen: int
    status: int
    said: str
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Silent:
    why: str


Outcome = Agreed | Refused | Silent


@dataclass(frozen=True, slots=True)
class Shown:
    """The log as it is shown: its note, what that says, its files; and how large it is by now, asked anew."""

    note: Note
    checkpoint: Checkpoint
    files: Callable[[str], bytes]
    size_now: Callable[[], int]


def show_to(known: KnownWitness, seen: int, shown: Shown, *, witness: Witness, verify: Verify) -> Outcome:
    """Ask one witness that is believed to have seen a log of `seen` entries. If that is wrong, it says so.

    Raises what reading our own files raises; never for anything that the witness does.
    """
    size = shown.checkpoint.size
    tree = Tree(size, lambda name: shown.files(name.path))
    seen = min(seen, size)
    for _ in range(ROUNDS):
        request = add_checkpoint(seen, tree.consistency_proof(seen), shown.note)
        try:
            answer = witness.add_checkpoint(known.url, request)
        except Unavailable as error:
            return Silent(str(error))
        if answer.status == 200:
            return _cosigned(answer, known, shown.note, verify)
        if answer.status not in REFUSALS:
            return Silent(f"it answered {answer.status}: {_said(answer)}")
        told = size_seen(answer.body) if answer.status == 409 and answer.media == SIZE_MEDIA else None
        if told is not None and told != seen and told <= size:
            seen = told
            continue
        if told is not None and told > size and shown.size_now() >= told:
            return Silent(f"it has seen {told} entries, more than the {size} that there were a moment ago")
        return Refused(seen, answer.status, _said(answer), _evidence(known, request, answer))
    return Silent(f"it names another size that it saw each time it is asked; last, {seen}")


def _cosigned(answer: WitnessAnswer, known: KnownWitness, note: Note, verify: Verify) -> Outcome:
    valid = cosignatures(answer.body, note, [known.key], verify)
    if not valid:
        return Silent(f"its answer holds no valid cosignature of this checkpoint by {known.key.to_text()}")
    return Agreed(valid[-1])


def _said(answer: WitnessAnswer) -> str:
    """What it said, cut, as one printable line: it goes into logs and onto a page."""
    text = " ".join(answer.body[: 4 * _SAID].decode("utf-8", "replace").split())
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:_SAID]


def _evidence(known: KnownWitness, request: bytes, answer: WitnessAnswer) -> bytes:
    document = {
        "witness": {"name": known.name, "key": known.key.to_text(), "url": known.url},
        "request": request.decode(),
        "status": answer.status,
        "media": answer.media,
        "answer": b64encode(answer.body).decode(),
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"
