"""Totals on the stores they are made for: laid down with the election, added up by several threads, read back by anybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from realcount.domain.log.sealed_keys import registration_entry
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.load_election import load_election
from realcount.usecases.seal_forms import seal_untold
from realcount.usecases.seal_totals import Totals, seal_totals
from tests import small_election as small
from tests.contract.engines import Stores
from tests.sealed_night import ROOTS, SIGNER, Marks, SealedNight


@pytest.mark.engines("memory", "ministack")
def test_totals_are_sealed_from_zero_on(stores: Stores) -> None:
    log, night = stores.log, SealedNight()
    load_election(
        small.election(),
        small.units(),
        elections=stores.elections,
        editions=stores.editions,
        copies=stores.copies,
        pages=stores.pages,
        log=log,
    )
    opened = seal_untold(
        small.ELECTION, small.DAWN, elections=stores.elections, forms=stores.forms, keys=stores.keys, log=log,
        signer=SIGNER,
    )  # fmt: skip
    zeros = night.check(log)
    assert (opened.entries, [(said.contest, said.unit) for said in zeros]) == (1 + 3 + len(ROOTS), ROOTS)
    assert all(said.sums.stations == 0 for said in zeros)

    keys = [Pending(registration_entry(key, small.DAWN), (key.id,)) for key in (small.submitter(), small.approver())]
    append_log(lambda: keys, log=log, seals=Marks(night, log), signer=SIGNER)
    for station in small.STATIONS:
        night.approve(small.PPWP, station, (2, 1))
        night.approve(small.DPRD, station, (4, 3))
    night.seal(log)
    with ThreadPoolExecutor(4) as pool:

        def totals() -> Totals:
            return seal_totals(
                small.ELECTION, small.DUSK, elections=stores.elections, log=log, signer=SIGNER,
                pause=lambda attempt: None, each=pool.map,
            )  # fmt: skip

        assert totals().forms == 12
        assert night.check(log)[-len(ROOTS)].sums.votes == (12, 6)
        night.approve(small.PPWP, "S6", (0, 0), "withdrawal")
        night.seal(log)
        assert totals().snapshots == len(ROOTS)
        assert night.check(log)[-len(ROOTS)].sums.votes == (10, 5)
        assert totals() == Totals()
