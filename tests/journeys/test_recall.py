"""A key turns out to have been in other hands: what it approved goes back, everybody sees it go, and it counts again once
another official approved it. Over real HTTP, on a machine of its own, as the story takes an official's key away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from realcount.domain.errors import NotFound
from realcount.domain.official import APPROVER
from realcount.local.machine import Machine, running_machine
from realcount.local.places import Places, checkout
from realcount.officials.official import form_hash, new_official
from realcount.verify.audit import Audit, Report
from realcount.verify.sources import TooLarge
from realcount.verify.state import State
from tests.journeys.conftest import Night, now, open_polls, until
from tests.small_election import BEFORE, ELECTION

COMMAND = [sys.executable, "-c", "from realcount.cli.main import main; main()"]
REASON = "the telephone was stolen on the eve"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with running_machine(Places(checkout().root, tmp_path_factory.mktemp("recall"))) as running:
        yield running


@pytest.fixture(scope="module")
def night(machine: Machine) -> Iterator[Night]:
    opened = open_polls(machine)
    yield opened
    opened.sender.http.close()


def revoke(machine: Machine, key: str, since: str) -> None:
    """As an operator does."""
    done = subprocess.run(
        [*COMMAND, "key", "revoke", key, "--effect-from", since, "--reason", REASON],
        env=os.environ | machine.stack.environment() | machine.engine.environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "goes back to review" in done.stdout


class LogSource:
    """The log as it lies in the machine's bucket."""

    name, at_once, keeps = "the machine's log", 4, False

    def __init__(self, machine: Machine) -> None:
        self._log = machine.stores.logs.of(ELECTION)

    def get(self, path: str, limit: int) -> bytes:
        if path == "checkpoint":
            note, _ = self._log.checkpoint()
            if note is None:
                raise NotFound("there is no checkpoint")
            return note
        data = self._log.file(path)
        if len(data) > limit:
            raise TooLarge(f"{path} has more than {limit} bytes")
        return data


def audit(machine: Machine, folder: Path) -> Report:
    key = machine.stores.signers.of(ELECTION).key
    return Audit(LogSource(machine), key, State(folder, key)).run()


def test_what_a_stolen_key_approved_is_recalled_in_public_and_counts_again_by_another(
    machine: Machine, night: Night, tmp_path: Path
) -> None:
    other = new_official("journey-approver-2", b"o" * 32)
    machine.stores.keys.register(
        other.key(holder="person-3", election=ELECTION, role=APPROVER, regions=("N",), valid_from=BEFORE, valid_until="2124-01-01T00:00:00.000Z")
    )  # fmt: skip
    good, second = night, replace(night, approver=other)
    second.sender.http.close()
    second.sender = night.sender
    forms = {"S1": good.file("S1", {"01": 10, "02": 20}), "S2": good.file("S2", {"01": 30, "02": 40})}
    good.decide("S1", forms["S1"])
    second.decide("S2", forms["S2"])
    since = now()
    correction = good.file(
        "S2", {"01": 35, "02": 45}, kind="correction", version=2, prev=form_hash(forms["S2"]), reason="five more"
    )
    forms["S3"] = good.file("S3", {"01": 50, "02": 60})
    for station, form, version in (("S2", correction, 2), ("S3", forms["S3"], 1)):
        good.decide(station, form, version)
    good.until_nation_is("S2", {"01": 35, "02": 45})
    good.until_nation_is("S3", {"01": 50, "02": 60})
    machine.tick("seal_totals")

    revoke(machine, "journey-approver", since)
    machine.tick("seal_forms")
    nation = good.until_nation_is("S3", {"01": 0, "02": 0})
    nation = good.until_nation_is("S2", {"01": 30, "02": 40})
    assert nation["votes"] == {"01": 40, "02": 60}, "S1 was approved before; S2 as it was; S3 waits"
    assert nation["stations"]["approved"] == 2
    (version,) = good.station("S3")["versions"]
    assert (version["state"], version["recalls"][0]["reason"]) == ("recalled", REASON)
    assert [one["state"] for one in good.station("S2")["versions"]] == ["approved", "recalled"]

    machine.tick("list_corrections")
    (gone,) = until(lambda: good.corrections("N", "S3"), "the recall is listed for the nation")
    assert (gone["kind"], gone["reason"], gone["to"]) == ("recall", REASON, None)
    assert gone["from"]["votes"] == {"01": 50, "02": 60}
    back, _ = good.corrections("N", "S2")
    assert (back["kind"], back["to"]["votes"]) == ("recall", {"01": 30, "02": 40})

    second.decide("S3", forms["S3"])
    nation = good.until_nation_is("S3", {"01": 50, "02": 60})
    assert nation["votes"] == {"01": 90, "02": 120}
    (version,) = good.station("S3")["versions"]
    assert (version["state"], version["review"]["by"]) == ("approved", "journey-approver-2")

    machine.tick("seal_totals")
    machine.drain()
    report = audit(machine, tmp_path)
    assert report.holds, [str(finding) for finding in report.findings.kept()]
    assert (report.forms, report.snapshots > 10) == (3, True)
    totals = {unit: sums.votes for contest, unit, _, sums in report.totals if contest.endswith("ppwp")}
    assert totals["N"] == (90, 120)
