"""How names and codes are spelled where they are searched for: no case, no accents, no punctuation.

Letters and digits of all scripts stay; each script is only searched for in itself.
"""

from __future__ import annotations

import unicodedata


def words(text: str) -> frozenset[str]:
    """The words that a name is found by. Of `D.I. Yogyakarta` these are `di`, `d`, `i` and `yogyakarta`: whatever stands
    between spaces, and the parts that punctuation makes of it."""
    found = set[str]()
    for piece in _folded(text).split():
        parts = _parts(piece)
        found.update(parts, ["".join(parts)] if parts else [])
    return frozenset(found)


def letters(text: str) -> str:
    """All letters and digits of it as one word, maybe none: how a code is found, and what was typed between two spaces."""
    return "".join("".join(_parts(piece)) for piece in _folded(text).split())


def _folded(text: str) -> str:
    """Caseless compatibility matching (Unicode, definition D146). What has an accent is two characters from here on."""
    text = unicodedata.normalize("NFD", text)
    for _ in range(2):  # What the first round takes apart can have a case of its own.
        text = unicodedata.normalize("NFKD", text.casefold())
    return text


def _parts(piece: str) -> list[str]:
    """Marks and invisible signs, such as those that set the direction of writing, part nothing; other punctuation does."""
    kept = [character for character in piece if _kind(character) not in ("M", "Cf")]
    return "".join(character if _kind(character) in ("L", "N") else " " for character in kept).split()


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    return category if category == "Cf" else category[0]
