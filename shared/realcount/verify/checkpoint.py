"""Is this the log's word, who else has seen it, and does it go on from the word it gave before?

The last question is the one that a log cannot talk its way out of: two signed checkpoints that contradict each other are
proof by themselves, wherever they came from. Both are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from realcount.domain.errors import NotFound, Rejected
from realcount.domain.log.base64_text import to_base64
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.notes import MAX_NOTE, Note, NoteKey, read_note
from realcount.verify.findings import Finding, Findings
from realcount.verify.signatures import holds
from realcount.verify.sources import Source, TooLarge
from realcount.verify.state import State

FILE = "checkpoint"
WITNESSED = "witnessed"
"""The last checkpoint with a quorum, for while the log grows faster than witnesses are asked."""


@dataclass(frozen=True, slots=True)
class Word:
    """A checkpoint that the log's key signed, as it was published. `witnesses` are those who cosigned it, and when (in
    seconds since 1970). `witnessed` is an earlier word with the quorum that this one lacks."""

    checkpoint: Checkpoint
    data: bytes
    witnesses: tuple[tuple[str, int], ...]
    witnessed: Word | None = None


def read_word(
    source: Source, key: NoteKey, witnesses: Sequence[NoteKey], quorum: int, findings: Findings
) -> Word | None:
    """The published checkpoint, or None if there is none to go by. Raises `Unavailable`."""
    try:
        data = source.get(FILE, MAX_NOTE)
    except NotFound as error:
        findings.add(Finding("missing", FILE, str(error), "the log's checkpoint"))
        return None
    except TooLarge as error:
        findings.add(Finding("too-large", FILE, str(error), f"at most {MAX_NOTE} bytes"))
        return None
    word = word_in(data, key, witnesses, findings)
    if word is not None and len(word.witnesses) < quorum:
        earlier = _witnessed_word(source, key, witnesses)
        if earlier is not None and len(earlier.witnesses) >= quorum:
            # A cache may give an older checkpoint than it gives `witnessed`. Then that is the log's word: nobody is accused.
            newer = earlier.checkpoint.size > word.checkpoint.size or earlier.checkpoint == word.checkpoint
            return earlier if newer else replace(word, witnessed=earlier)
        names = ", ".join(name for name, _ in word.witnesses) or "none"
        found = f"{len(word.witnesses)}: {names}"
        findings.add(Finding("too-few-witnesses", FILE, found, f"{quorum} of {len(witnesses)} that were named"))
    return word


def _witnessed_word(source: Source, key: NoteKey, witnesses: Sequence[NoteKey]) -> Word | None:
    """The log's last word with a quorum of cosignatures, if one lies there that its key signed. Raises `Unavailable`."""
    try:
        return word_in(source.get(WITNESSED, MAX_NOTE), key, witnesses, Findings())
    except (NotFound, TooLarge):
        return None


def word_in(data: bytes, key: NoteKey, witnesses: Sequence[NoteKey], findings: Findings) -> Word | None:
    try:
        note = read_note(data)
        checkpoint = read_checkpoint(note.text)
    except Rejected as error:
        findings.add(Finding("bad-checkpoint", FILE, str(error), "a signed note of origin, size and root"))
        return None
    if not note.signed_by(key, holds):
        others = ", ".join(dict.fromkeys(signature.name for signature in note.signatures))
        findings.add(
            Finding("checkpoint-unsigned", FILE, f"signatures of {others or 'nobody'}", f"one of {key.to_text()}")
        )
        return None
    if checkpoint.origin != key.name:
        findings.add(Finding("wrong-origin", FILE, checkpoint.origin, key.name))
        return None
    return Word(checkpoint, data, _seen(note, witnesses))


def _seen(note: Note, witnesses: Sequence[NoteKey]) -> tuple[tuple[str, int], ...]:
    # One key counts once, however often it is named or signs.
    times = {witness.to_text(): (witness.name, note.seen_at(witness, holds)) for witness in witnesses}
    return tuple((name, at) for name, at in times.values() if at is not None)


def remembered_word(state: State, key: NoteKey) -> Word | None:
    """What the log said when it was seen last. A memory that does not hold any more is as good as none."""
    data = state.remembered()
    return None if data is None else word_in(data, key, (), Findings())


def contradiction(before: Word, now: Word, root_then: bytes | None, state: State) -> Finding | None:
    """How the log's word contradicts what it said before, if it does; both notes are then kept as evidence.

    `root_then` is the root that the log as it lies there had when it was as large as `before`; None if that is unknown.
    """
    said, says = before.checkpoint, now.checkpoint
    if says.size < said.size:
        code, found, expected = "log-shrank", f"{says.size} entries", f"{said.size} or more, as it said before"
    elif says.size == said.size and says.root != said.root:
        code, found, expected = "log-forked", f"root {to_base64(says.root)}", f"{to_base64(said.root)} as before"
    elif root_then is not None and root_then != said.root:
        code = "log-rewritten"
        found = f"its first {said.size} entries have the root {to_base64(root_then)}"
        expected = f"{to_base64(said.root)}, the root it signed over them before"
    else:
        return None
    kept = state.keep_evidence(before.data, now.data)
    return Finding(code, FILE, f"{found} (both signed notes are kept: {', '.join(map(str, kept))})", expected)
