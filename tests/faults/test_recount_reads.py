"""Each single read of a recount fails once: nobody is accused of anything for it, and the next run is as good as ever.

As in the table of writes, an undisturbed run says what there is to fail. A store that fails in the middle of the log must
leave the count where it stood: the next run goes on from there and must come to the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from realcount.domain.errors import Unavailable
from realcount.evidence.signatures import holds
from realcount.usecases.recount import Standing, recount
from realcount.usecases.recount_report import Recounted
from tests.small_election import DUSK, ELECTION
from tests.tampering.stage import counted_election
from tests.unit.usecases.office import SIGNER, Office


class Reads:
    """Counts the reads of all stores; read number `failing` is not answered."""

    def __init__(self, failing: int | None = None) -> None:
        self.seen: list[str] = []
        self._failing = failing

    def through(self, store: Any) -> Any:
        return _Through(store, self)

    def answer(self, name: str, do: Callable[[], Any]) -> Any:
        self.seen.append(name)
        if len(self.seen) - 1 == self._failing:
            raise Unavailable(f"{name}: no answer")
        return do()


class _Through:
    def __init__(self, store: Any, reads: Reads) -> None:
        self._store, self._reads = store, reads

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        label = f"{type(self._store).__name__.removeprefix('Memory').lower()}.{name}"
        return lambda *args: self._reads.answer(label, lambda: method(*args))


def run(office: Office, standing: Standing, reads: Reads) -> Recounted:
    through = reads.through
    return recount(
        standing, DUSK, 0, elections=through(office.elections), forms=through(office.forms),
        tallies=through(office.tallies), pages=through(office.pages), log=through(office.log), key=SIGNER.key,
        holds=holds, goes_on=lambda: True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def office() -> Office:
    return counted_election()


def test_whatever_is_not_answered_nobody_is_accused(office: Office) -> None:
    undisturbed = Reads()
    sure = run(office, Standing(ELECTION), undisturbed)
    assert sure.differences == []
    assert {name.split(".")[0] for name in undisturbed.seen} == {"elections", "forms", "tallies", "pages", "log"}
    for failing, name in enumerate(undisturbed.seen):
        standing = Standing(ELECTION)
        try:
            found = run(office, standing, Reads(failing))
        except Unavailable:
            pass  # Of log or tally, without which nothing can be said.
        else:
            assert found.differences == [], name
            assert [type(error) for error in found.failed.values()] == [Unavailable], name
        again = run(office, standing, Reads())
        assert (again.differences, again.failed, again.size) == ([], {}, sure.size), name
