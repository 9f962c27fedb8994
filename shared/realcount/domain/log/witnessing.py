"""What a log says to a witness, and what the witness answers (C2SP tlog-witness, `add-checkpoint`).

    old <size of the log the witness saw last>
    <a line of base64 for each hash of the consistency proof>
    <empty line>
    <the checkpoint, a signed note>

A witness that is convinced answers with a signature line; one that saw another size last says which (409); one that is
not convinced refuses, and that is the moment everything here exists for.
"""

from __future__ import annotations

from collections.abc import Sequence

from realcount.domain.errors import Rejected
from realcount.domain.log.base64_text import to_base64
from realcount.domain.log.notes import Note, NoteKey, Signature, Verify, read_note

SIZE_MEDIA = "text/x.tlog.size"
"""The media type of a 409 that names the size the witness saw last."""


def add_checkpoint(seen: int, proof: Sequence[bytes], checkpoint: Note) -> bytes:
    """The body of the request: `proof` leads from the log of `seen` entries to the checkpoint's."""
    lines = [f"old {seen}\n", *(to_base64(node) + "\n" for node in proof), "\n"]
    return "".join(lines).encode() + checkpoint.to_bytes()


def size_seen(body: bytes) -> int | None:
    """The size in a 409 of `SIZE_MEDIA`, or None if it is none."""
    text = body.decode("ascii", "replace").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def cosignatures(body: bytes, checkpoint: Note, witnesses: Sequence[NoteKey], verify: Verify) -> list[Signature]:
    """The valid cosignatures of known witnesses in an answer; all else in it is dropped, unread."""
    try:
        answered = read_note(checkpoint.text.encode() + b"\n" + body)
    except Rejected:
        return []
    return [
        signature
        for signature in answered.signatures
        for witness in witnesses
        if (signature.name, signature.key) == (witness.name, witness.id)
        and Note(checkpoint.text, (signature,)).seen_at(witness, verify) is not None
    ]
