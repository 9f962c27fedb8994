"""A station's proof through the API: whoever gets it needs the log's key and nothing else, and is told when there is none yet."""

from __future__ import annotations

import gzip
import json

import pytest

from realcount.domain.counted import sums_of
from realcount.domain.errors import Drift
from realcount.domain.log.snapshots import ContestFrame
from realcount.rendering.lifetimes import STATION, cache_control, max_age
from realcount.rendering.paths import proof_path
from realcount.verify.findings import Findings
from realcount.verify.proof import Shown, check_proof
from tests.functions.night import Night, Reply
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import DPRD, ELECTION, PPWP, contest

PROOF = proof_path(PPWP, "S1")


@pytest.fixture
def counted(night: Night) -> Night:
    """Two stations are in the totals, of which S2 is in two hierarchies."""
    for station in ("S1", "S2"):
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
        night.approve(at=station)
    night.seal("S1", "S2")
    night.invoke("seal_totals", SCHEDULED)
    return night


def get(night: Night, path: str = PROOF, **headers: str) -> Reply:
    return night.http("read_proof", "GET", path, **headers)


def shown(night: Night, reply: Reply, station: str) -> Shown:
    """What the proof shows to somebody who has the log's key."""
    assert reply.status == 200, reply.body
    findings = Findings()
    found = check_proof(reply.body, night.signers.of(ELECTION).key, findings, station)
    assert found is not None, [str(finding) for finding in findings.kept()]
    return found


@pytest.mark.parametrize("station", ["S1", "S2"])
def test_a_counted_station_is_proven_to_whoever_has_the_logs_key(counted: Night, station: str) -> None:
    found = shown(counted, get(counted, proof_path(PPWP, station)), station)
    assert found.index == counted.forms.seals(PPWP, station)[1]
    of = contest(PPWP)
    assert found.sums == sums_of(found.form.form, ContestFrame(of.option_ids(), of.hierarchies, of.roots))
    assert found.snapshot.unit == "N"
    assert found.snapshot.sums.stations == 2


def test_it_is_kept_as_long_as_the_stations_page_and_asked_for_again_by_its_tag(counted: Night) -> None:
    reply = get(counted)
    assert reply.headers["cache-control"] == cache_control(max_age(STATION, complete=False))
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["access-control-allow-origin"] == "*"
    again = get(counted, if_none_match=reply.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert get(counted).body == reply.body


def test_it_travels_compressed_to_whoever_can_unpack_it(counted: Night) -> None:
    packed = get(counted, accept_encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == get(counted).body
    assert len(packed.body) < 5_000
    assert get(counted, accept_encoding="identity;q=0, gzip;q=0").problem == "not-acceptable"


def test_a_head_is_as_the_get_without_a_body(counted: Night) -> None:
    head, whole = counted.http("read_proof", "HEAD", PROOF), get(counted)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]


def test_other_methods_are_refused(counted: Night) -> None:
    assert counted.http("read_proof", "POST", PROOF, b"{}").problem == "method-not-allowed"


@pytest.mark.parametrize("path", [proof_path(PPWP, "S99"), proof_path(DPRD, "N"), PROOF.replace("ppwp", "none"), PROOF.replace(ELECTION, "e99"), PROOF.replace("S1", "S%201")])  # fmt: skip
def test_there_is_no_proof_of_what_there_is_not(counted: Night, path: str) -> None:
    assert (get(counted, path).status, get(counted, path).problem) == (404, "not-found")


def test_before_the_first_totals_it_says_when_to_come_again(night: Night) -> None:
    reply = get(night)
    assert (reply.status, reply.problem) == (404, "not-proven-yet")
    assert reply.headers["cache-control"] == "public, max-age=15, s-maxage=15"
    assert reply.headers["retry-after"] == "60"
    assert "no totals are sealed yet" in reply.json["detail"]


def test_a_station_that_no_totals_have_yet_is_proven_with_the_next_ones(counted: Night) -> None:
    counted.submit(at="S4", nonce="S4-nonce-16-long")
    counted.approve(at="S4")
    counted.seal("S4")
    path = proof_path(PPWP, "S4")
    reply = get(counted, path)
    assert (reply.problem, counted.now in reply.json["detail"]) == ("not-proven-yet", True)
    counted.invoke("seal_totals", SCHEDULED)
    assert shown(counted, get(counted, path), "S4").snapshot.sums.stations == 3


def test_the_newest_totals_are_gone_by_however_many_there_were(counted: Night) -> None:
    """Ten of them and more: their sizes are noted as texts, of which 9 would be the last."""
    for number, station in enumerate(("S3", "S4", "S5", "S6") * 3):
        if number < 4:
            counted.submit(at=station, nonce=f"{station}-nonce-16-long")
            counted.approve(at=station)
            counted.seal(station)
        counted.invoke("seal_totals", SCHEDULED)
    found = shown(counted, get(counted, proof_path(PPWP, "S3")), "S3")
    assert found.snapshot.sums.stations == 6


def test_a_correction_is_proven_once_totals_count_it_and_the_form_before_until_then(counted: Night) -> None:
    head = counted.forms.head(PPWP, "S1")
    assert head is not None
    history = {"version": 2, "prev": head.latest_hash, "kind": "correction", "reason": "as on the paper"}
    counted.submit(counted.form(at="S1", **history), nonce="another-nonce-16-long")
    counted.approve(at="S1")
    counted.seal("S1")
    assert shown(counted, get(counted), "S1").form.form.version == 1
    counted.invoke("seal_totals", SCHEDULED)
    assert shown(counted, get(counted), "S1").form.form.version == 2


def test_a_log_that_is_not_what_was_noted_of_it_is_no_answer(counted: Night) -> None:
    log = counted.logs.of(ELECTION)
    for bundle in [path for path in log.files if path.startswith("tile/entries/")]:
        log.files[bundle] = log.files[bundle].replace(b'"01":150', b'"01":151')
    with pytest.raises(Drift):
        get(counted)


def test_its_size_is_that_of_a_letter(counted: Night) -> None:
    assert len(get(counted).body) < 10_000
    assert json.loads(get(counted).body)["type"] == "realcount/station-proof/v1"
