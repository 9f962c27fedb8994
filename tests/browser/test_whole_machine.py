"""The page, the API and the log of a whole machine: a form is filed, sealed and summed up, and somebody's browser checks it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from realcount.cli.web_files import put_web_files
from realcount.domain.log.notes import read_key
from realcount.local.machine import running_machine
from realcount.local.places import Places, checkout
from realcount.rendering.paths import proof_path
from realcount.verify.findings import Findings
from realcount.verify.proof import check_proof
from tests.browser.conftest import checked, steps
from tests.browser.stories import ADDRESS
from tests.browser.test_citizens import ALL_HOLD
from tests.journeys.conftest import open_polls
from tests.small_election import ELECTION, PPWP

pytestmark = pytest.mark.browser


def test_a_form_that_was_filed_here_is_proven_in_a_browser(tab: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_machine(Places(checkout().root, tmp_path_factory.mktemp("machine"))) as machine:
        night = open_polls(machine)
        key = machine.stores.signers.of(ELECTION).key.to_text()
        bucket = machine.stack.environment()["BUCKET_PUBLISHED"]
        put_web_files(machine.engine.client("s3"), machine.places.web, bucket, [key])
        proof = machine.base_url + proof_path(PPWP, "S1")
        assert httpx.get(proof).json()["type"] == "/problems/not-proven-yet"

        form = night.file("S1", {"01": 61, "02": 39})
        night.decide("S1", form)
        night.until_nation_is("S1", {"01": 61, "02": 39})
        machine.tick("seal_totals")
        machine.drain()

        answer = httpx.get(proof)
        findings = Findings()
        assert check_proof(answer.content, read_key(key), findings, "S1") is not None, list(map(str, findings.kept()))
        assert answer.headers["cache-control"].startswith("public, max-age=60")
        assert httpx.head(proof).headers["etag"] == answer.headers["etag"]

        tab.goto(f"{machine.base_url}/check#{ADDRESS}")
        assert checked(tab).get_attribute("data-verdict") == "proven"
        assert steps(tab) == ALL_HOLD
        assert tab.url == f"{machine.base_url}/check/#{ADDRESS}"
        night.sender.http.close()
