"""Two sealers at work on one log, in processes of their own, each killed again and again at a moment of no choosing.

What every step does when a sealer dies in it, tests/simulation/test_sealing.py tries one by one; here nothing is simulated
but AWS: real processes, SIGKILL, stores behind a socket, a key in KMS.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from contextlib import closing
from multiprocessing.context import ForkServerProcess
from typing import Any

import boto3
import pytest

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict
from realcount.domain.ledger import received
from realcount.usecases.load_election import load_election
from tests import small_election as small
from tests.contract.engines import CREDENTIALS, AWSStores
from tests.contract.log_checks import check_against_ledger, published_entries
from tests.contract.sealer import CHANGES, Office, seal_for_ever
from tests.property.test_fold import approved

SECONDS = 25.0
SEALERS = 2
DEATHS_AT_LEAST = 10


class Night:
    """Officials who approve one form after another, corrections too, and know what they approved."""

    def __init__(self, stores: AWSStores) -> None:
        self.stores = stores
        for key in (small.submitter(), small.approver()):
            stores.keys.register(key)
        load_election(
            small.election(), small.units(), elections=stores.elections, editions=stores.editions, copies=stores.copies, pages=stores.pages,
            log=stores.log,
        )  # fmt: skip
        kms: Any = boto3.client("kms", endpoint_url=stores.endpoint, **CREDENTIALS)
        made = kms.create_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        assert stores.endpoint is not None
        self.office = Office(
            stores.endpoint,
            stores.elections_table,
            stores.keys_table,
            stores.forms_table,
            stores.published_bucket,
            made,
        )
        self.approvals = 0

    def approve(self, contest: ContestKey, station: str) -> None:
        """Sealers move heads meanwhile; whoever loses the race looks again."""
        forms = self.stores.forms
        head = forms.head(contest, station)
        number = head.latest + 1 if head else 1
        version, review = approved(
            contest, station, number, head.latest_hash if head else None, "correction" if head else "form", (number, 7)
        )
        while True:
            head = forms.head(contest, station)
            try:
                forms.receive(version, head, received(head, version))
                break
            except Conflict:
                continue
        while True:
            head = forms.head(contest, station)
            assert head is not None
            try:
                forms.decide(review, head, head.decided(review.decision, review.decided_at), ("sub-1", "app-1"))
                break
            except Conflict:
                continue
        self.approvals += 1


class Crew:
    """Forked from a process that has imported everything: one that is killed is followed by another at once."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.contract.sealer"])
        self._running = [self._start() for _ in range(SEALERS)]

    def _start(self) -> ForkServerProcess:
        process = self._context.Process(target=seal_for_ever, args=(self._office,), daemon=True)
        process.start()
        return process

    def kill(self, which: int) -> None:
        self._end(self._running[which])
        self._running[which] = self._start()

    def close(self) -> None:
        for process in self._running:
            self._end(process)

    @staticmethod
    def _end(process: ForkServerProcess) -> None:
        assert process.is_alive(), "a sealer ended by itself"
        process.kill()
        process.join()


@pytest.mark.timeout(180)
def test_sealers_that_are_killed_lose_nothing_and_seal_nothing_twice(ministack_url: str) -> None:
    night = Night(AWSStores(ministack_url))
    opened = night.office.open().entries
    chance = random.Random(20190417)
    entries: list[bytes] = []
    deaths = 0
    end = time.monotonic() + SECONDS
    with closing(Crew(night.office)) as crew:
        # On a slow machine few of them live long enough to seal anything: then it goes on until somebody did.
        while time.monotonic() < end or len(entries) <= opened:
            for _ in range(chance.randrange(4)):
                change = chance.choice(CHANGES)
                night.approve(change.contest, change.station)
            time.sleep(chance.random())
            crew.kill(chance.randrange(SEALERS))
            deaths += 1
            if deaths % 5 == 0:
                now = published_entries(night.stores.log)
                assert now[: len(entries)] == entries, "what was published is no longer there"
                entries = now
    assert deaths >= DEATHS_AT_LEAST
    seal = night.office.sealer()
    while seal().entries:
        pass
    sealed = check_against_ledger(night.stores.log, night.stores.forms, list(CHANGES), small.PreVerified().verify)
    assert sealed == night.approvals > 0
    print(f"{deaths} deaths, {sealed} forms sealed, {len(entries)} entries when last looked at")  # noqa: T201
