"""The life of a form over real HTTP: signed, uploaded, approved, counted, corrected, withdrawn, and read by anyone.

Each story has a station of its own; all of them meet in the nation's total.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from realcount.domain.ledger import RETURN
from realcount.local.machine import Machine
from realcount.officials.official import form_hash
from realcount.rendering.paths import feed_path, history_path, milestones_path, region_path, station_path
from tests.journeys.conftest import Night, photograph, until
from tests.small_election import PPWP, election


def test_before_the_first_form_every_page_is_there_with_zeros(night: Night) -> None:
    """Station S6 is nobody's story: its page stays as it was when the polls closed."""
    assert night.page("/v1")["links"]["elections"] == "/v1/elections"
    assert [entry["id"] for entry in night.page("/v1/elections")["elections"]] == [election().id]
    page = night.station("S6")
    assert (page["votes"], page["counted_version"], page["versions"]) == ({"01": 0, "02": 0}, None, [])
    assert page["label"] == "SIMULATION"
    assert night.region("V3")["stations"]["expected"] == 1


def test_a_form_counts_once_two_officials_agree_on_it(night: Night, machine: Machine) -> None:
    before = night.region()
    form = night.file("S1", {"01": 150, "02": 120})

    def received() -> bool:
        page = night.station("S1")
        return page["stations"]["received"] == 1 and page["votes"] == {"01": 0, "02": 0}

    until(received, "the page of station S1 shows a form that waits for its second official")
    night.decide("S1", form)
    nation = night.until_nation_is("S1", {"01": 150, "02": 120})
    assert nation["stations"]["approved"] > before["stations"]["approved"]
    assert nation["edition"] > before["edition"]

    page = night.station("S1")
    (version,) = page["versions"]
    assert (version["state"], version["hash"], version["findings"]) == ("approved", form_hash(form), [])
    assert (version["submitted_by"], version["review"]["by"]) == ("journey-submitter", "journey-approver")
    for region, link in (("V1", "S1"), ("P1", "V1"), ("N", "P1")):
        child = next(child for child in night.region(region)["children"] if child["id"] == link)
        assert child["votes"]["01"] >= 150

    scan = photograph("S1")
    bucket = machine.stack.environment()["BUCKET_EVIDENCE"]
    kept = machine.engine.client("s3").get_object(Bucket=bucket, Key=f"scans/{scan.ref().sha256}")
    assert kept["Body"].read() == scan.content, "the evidence is kept under its own hash"


def test_what_is_shown_becomes_a_point_of_the_curve(night: Night, machine: Machine) -> None:
    """Whatever has been counted by then: what was shown is what the point says."""
    machine.drain()
    before = night.region()
    machine.tick("record_history")

    def recorded() -> dict[str, Any] | None:
        history = night.page(history_path(region_path(PPWP, "N")))
        return history if history["days"] or not before["edition"] else None

    for day in until(recorded, "the nation's curve has a day")["days"]:
        page = night.page(day["link"])
        point = dict(zip(page["columns"], page["points"][-1], strict=True))
        assert point["edition"] <= night.region()["edition"]
        if point["edition"] == before["edition"]:
            assert (point["votes.01"], point["valid"]) == (before["votes"]["01"], before["valid"])
            milestones = night.page(milestones_path(region_path(PPWP, "N")))["milestones"]
            assert bool(milestones) == bool(before["stations"]["approved"])


def test_a_correction_lowers_the_total_and_leaves_the_history_whole(night: Night, machine: Machine) -> None:
    first = night.file("S2", {"01": 190, "02": 50})
    night.decide("S2", first)
    before = night.until_nation_is("S2", {"01": 190, "02": 50})["votes"]["01"]

    second = night.file(
        "S2", {"01": 90, "02": 50}, kind="correction", version=2, prev=form_hash(first), reason="a hundred too many"
    )
    page = night.station("S2")
    assert page["votes"] == {"01": 190, "02": 50}, "a correction counts only once it is approved"
    night.decide("S2", second, version=2)
    after = night.until_nation_is("S2", {"01": 90, "02": 50})["votes"]["01"]
    assert after == before - 100

    old, new = night.station("S2")["versions"]
    assert (old["state"], old["votes"], old["hash"]) == ("approved", {"01": 190, "02": 50}, form_hash(first))
    assert (new["state"], new["votes"], new["prev"]) == ("approved", {"01": 90, "02": 50}, form_hash(first))
    assert new["reason"] == "a hundred too many"

    machine.tick("list_corrections")
    (one,) = until(lambda: night.corrections("N", "S2"), "the correction is listed for the nation")
    assert (one["from"]["votes"], one["to"]["votes"]) == ({"01": 190, "02": 50}, {"01": 90, "02": 50})
    assert (one["from"]["sealed"], one["to"]["sealed"]) == (old["sealed"], new["sealed"])
    assert night.corrections("V1", "S2") == night.corrections("P1", "S2") == [one]
    until(lambda: night.get(feed_path(PPWP, "feed.en")).status_code == 200, "there is a feed")

    def told() -> bool:
        answer = night.get(feed_path(PPWP, "feed.en"))
        assert answer.headers["content-type"] == "application/atom+xml"
        feed = ElementTree.fromstring(answer.content)
        addresses = [link.get("href") for link in feed.iter("{http://www.w3.org/2005/Atom}link")]
        assert all(str(address).startswith(f"{night.base_url}/v1/") for address in addresses)
        return f"{night.base_url}{station_path(PPWP, 'S2')}" in addresses

    until(told, "the feed tells of the correction")


def test_a_withdrawal_removes_the_form_and_nothing_is_forgotten(night: Night, machine: Machine) -> None:
    first = night.file("S3", {"01": 10, "02": 20})
    night.decide("S3", first)
    before = night.until_nation_is("S3", {"01": 10, "02": 20})["stations"]["approved"]

    empty = night.file(
        "S3", {}, kind="withdrawal", version=2, prev=form_hash(first), reason="of another station", scans=[]
    )
    night.decide("S3", empty, version=2)
    nation = night.until_nation_is("S3", {"01": 0, "02": 0})
    assert nation["stations"]["approved"] == before - 1
    page = night.station("S3")
    assert [version["kind"] for version in page["versions"]] == ["form", "withdrawal"]
    assert page["versions"][0]["votes"] == {"01": 10, "02": 20}

    machine.tick("list_corrections")
    (one,) = until(lambda: night.corrections("N", "S3"), "the withdrawal is listed for the nation")
    assert (one["kind"], one["reason"], one["to"]["votes"]) == ("withdrawal", "of another station", None)
    assert (one["from"]["votes"], one["from"]["voters"]) == ({"01": 10, "02": 20}, 35)


def test_a_form_that_does_not_add_up_counts_as_written_and_is_flagged(night: Night) -> None:
    figures = {"valid": 100, "invalid": 0, "total": 100, "voters.total": 100}
    form = night.file("S4", {"01": 60, "02": 30}, figures=figures)
    night.decide("S4", form)
    night.until_nation_is("S4", {"01": 60, "02": 30})
    page = night.station("S4")
    assert (page["stations"]["flagged"], page["stations"]["incomplete"], page["valid"]) == (1, 1, 100)
    findings = {finding["code"]: finding for finding in page["versions"][0]["findings"]}
    assert (findings["votes-sum"]["found"], findings["votes-sum"]["expected"]) == (100, 90)


def test_a_returned_form_never_counts_and_the_next_one_does(night: Night) -> None:
    first = night.file("S5", {"01": 70, "02": 20})
    night.decide("S5", first, decision=RETURN, reason="the photograph is of another paper")

    def returned() -> bool:
        versions = night.station("S5")["versions"]
        return bool(versions) and versions[0]["state"] == "returned"

    until(returned, "the page of station S5 shows a returned form")
    assert night.station("S5")["stations"]["received"] == 0
    second = night.file(
        "S5", {"01": 60, "02": 30}, kind="correction", version=2, prev=form_hash(first), reason="the right paper",
        scans=[photograph("S5 again")],
    )  # fmt: skip
    night.decide("S5", second, version=2)
    night.until_nation_is("S5", {"01": 60, "02": 30})
    assert [version["state"] for version in night.station("S5")["versions"]] == ["returned", "approved"]


def test_a_page_is_read_once_and_then_asked_for_by_its_etag(night: Night, machine: Machine) -> None:
    machine.drain()
    path = region_path(PPWP, "N")
    first = night.get(path, origin="https://anyone.example")
    assert first.status_code == 200
    assert "max-age" in first.headers["cache-control"]
    assert first.headers["access-control-allow-origin"] == "*"
    etag = first.headers["etag"]
    again = night.get(path, **{"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert night.get(path, **{"if-none-match": '"another"'}).status_code == 200
    head = night.sender.http.head(night.base_url + path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    assert night.get(path + "?cache=busted", **{"if-none-match": etag}).status_code == 304


def test_a_page_comes_in_the_coding_that_is_asked_for(night: Night) -> None:
    """A page of three stations is long enough to be worth compressing, whatever has been counted by then."""
    path = region_path(PPWP, "V1")
    texts = set()
    for coding in ("gzip", "br", "identity"):
        answer = night.get(path, **{"accept-encoding": coding})
        assert answer.headers.get("content-encoding", "identity") == coding
        texts.add(answer.text if coding != "br" else night.get(path, **{"accept-encoding": "gzip"}).text)
    assert len(texts) == 1


def test_what_does_not_exist_is_a_problem_document(night: Night) -> None:
    for path in (station_path(PPWP, "S7"), "/v1/elections/nowhere", region_path(PPWP, "%00")):
        answer = night.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert night.get("/v2").json() == {"message": "Not Found"}
