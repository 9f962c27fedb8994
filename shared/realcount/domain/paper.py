"""The numbers of a sealed form, kept as small as they go: of a nation there are 800,000 in memory at once.

A figure that the paper does not have is missing here too, and is no zero.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from realcount.domain.form import FIGURES, Form
from realcount.domain.sum_tree import Sums, nothing

WITHDRAWAL = "withdrawal"

_MISSING = -1
_VALID, _INVALID, _VOTERS = (FIGURES.index(name) for name in ("valid", "invalid", "voters.total"))


class Paper(NamedTuple):
    """What counts at a station: which version, of which kind, which entry of the log it is, the form's hash, and its numbers:
    every figure in the order of `FIGURES`, then the votes in the order of the contest's options."""

    version: int
    kind: str
    entry: int
    form: str
    numbers: bytes

    def figures(self) -> Iterator[int | None]:
        """In the order of `FIGURES`."""
        return islice(_read(self.numbers), len(FIGURES))

    def votes(self) -> Iterator[int | None]:
        """In the order of the contest's options."""
        return islice(_read(self.numbers), len(FIGURES), None)

    def sums(self) -> Sums:
        """What it adds, as `domain.fold.sums_of` says."""
        numbers = _numbers(self.numbers)
        if self.kind == WITHDRAWAL:
            return nothing(len(numbers) - len(FIGURES))
        return Sums(
            1,
            max(0, numbers[_VALID]),
            max(0, numbers[_INVALID]),
            max(0, numbers[_VOTERS]),
            tuple(max(0, votes) for votes in numbers[len(FIGURES) :]),
        )


def paper_of(form: Form, entry: int, options: Sequence[str]) -> Paper:
    """`entry` is its place in the log. Votes must be for these options alone: the fold sees to it."""
    return Paper(form.version, form.kind, entry, form.hash, packed(form.figures, form.votes, options))


def packed(figures: Mapping[str, int], votes: Mapping[str, int], options: Sequence[str]) -> bytes:
    return _layout(len(options)).pack(
        *(figures.get(name, _MISSING) for name in FIGURES), *(votes.get(option, _MISSING) for option in options)
    )


@cache
def _layout(options: int) -> struct.Struct:
    """A form carries no number above `MAX_FIGURE`, so four bytes hold each."""
    return struct.Struct(f"<{len(FIGURES) + options}i")


def _numbers(data: bytes) -> tuple[int, ...]:
    return _layout(len(data) // 4 - len(FIGURES)).unpack(data)


def _read(data: bytes) -> Iterator[int | None]:
    return (None if number == _MISSING else number for number in _numbers(data))
