"""The pages that carry numbers: a region with its children, and a polling station with its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from realcount.domain.election import Contest, ContestKey, Crumb, Election, Region, Station
from realcount.domain.findings import Finding
from realcount.domain.form import FIGURES
from realcount.domain.instants import EPOCH
from realcount.domain.ledger import (
    APPROVE,
    APPROVED,
    RECEIVED,
    RETURNED,
    FormVersion,
    Head,
    Recall,
    Review,
    station_tally,
)
from realcount.domain.page import Page
from realcount.domain.tally import Tally, total, zero
from realcount.rendering.deltas import is_upper, links_beside
from realcount.rendering.encoding import BEST_BROTLI, BROTLI_QUALITY, json_page
from realcount.rendering.lifetimes import STATION, max_age
from realcount.rendering.paths import contest_path, region_path, station_path


def region_page(election: Election, contest: Contest, region: Region, rows: Mapping[str, Tally]) -> Page:
    """A region's document from the rows of its children; children without a row are zeros.

    The region's own numbers are the sum of exactly the rows listed, so a page never contradicts itself; its edition is
    the sum of their versions, so it never goes backwards.
    """
    options = contest.option_ids()
    nothing = zero(len(options))
    children = list(region.children_in(contest))
    path = region_path(contest.key, region.id)
    own = total((rows[child.id] for child in children if child.id in rows), len(options))
    link = station_path if region.holds == "stations" else region_path
    document = {
        **_frame(election, contest, own),
        "region": {"id": region.id, "level": region.level, "name": region.name},
        "path": _crumbs(contest.key, region.path),
        **_numbers(own, options, region.expected, region.registered),
        "example": _example(contest.key, own),
        "holds": region.holds,
        "children": [
            {
                "id": child.id,
                "name": child.name,
                **({} if child.serial is None else {"serial": child.serial}),
                "edition": rows.get(child.id, nothing).sv,
                **_numbers(rows.get(child.id, nothing), options, child.expected, child.registered),
                **_findings(rows.get(child.id, nothing)),
                "link": link(contest.key, child.id),
            }
            for child in children
        ],
        "links": {
            "self": path,
            "contest": contest_path(contest.key),
            "parents": [
                region_path(contest.key, parent) for parent in contest.parents_of(region) if parent in region.ancestors
            ],
            **links_beside(path, upper=is_upper(region)),
        },
    }
    return json_page(
        path,
        document,
        edition=own.sv,
        updated_at=own.at,
        max_age=max_age(len(region.path), complete=own.approved >= region.expected),
        brotli_quality=BROTLI_QUALITY if region.path else BEST_BROTLI,
    )


def station_page(
    election: Election,
    contest: Contest,
    station: Station,
    head: Head | None,
    history: Sequence[tuple[FormVersion, Review | None]],
    seals: Mapping[int, int],
    recalls: Sequence[Recall] = (),
) -> Page:
    """A station's document: what counts, and every version there ever was, with its decision, its findings, how often it was
    recalled, and where it stands in the public log.

    `history`, `seals` and `recalls` may be newer than `head` (they are read after it, the former two by it); what the head
    does not know yet is left for the next edition.
    """
    options = contest.option_ids()
    known = [(version, review) for version, review in history if head and version.form.version <= head.latest]
    by_number = {version.form.version: version for version, _ in known}
    latest = by_number.get(head.latest) if head else None
    counted = by_number.get(head.counted) if head and head.counted else None
    tally = station_tally(head, latest, counted, options)
    document = {
        **_frame(election, contest, tally),
        "station": {"id": station.id, "kind": station.kind, "name": station.name},
        "path": _crumbs(contest.key, station.path),
        **_numbers(tally, options, 1, station.registered),
        "counted_version": head.counted if head and head.counted else None,
        "versions": [_version(version, review, head, seals, recalls, options) for version, review in known],
        "links": {
            "self": station_path(contest.key, station.id),
            "contest": contest_path(contest.key),
            "parents": [region_path(contest.key, parent) for parent in contest.parents_of(station)],
        },
    }
    return json_page(
        station_path(contest.key, station.id),
        document,
        edition=tally.sv,
        updated_at=tally.at,
        # While a version waits, for its second official or to be sealed, or was returned, the page will change.
        max_age=max_age(STATION, complete=head is not None and head.counted == head.latest),
    )


def _frame(election: Election, contest: Contest, tally: Tally) -> dict[str, object]:
    return {
        "election": election.id,
        "contest": contest.key.contest,
        "label": election.label,
        "provisional": True,
        "edition": tally.sv,
        "updated_at": None if tally.at == EPOCH else tally.at,
    }


def _numbers(tally: Tally, options: tuple[str, ...], expected: int, registered: int | None) -> dict[str, object]:
    return {
        "votes": dict(zip(options, tally.votes, strict=True)),
        "valid": tally.valid,
        "invalid": tally.invalid,
        "voters": tally.voters,
        "registered": registered,
        "stations": {
            "expected": expected,
            "received": tally.received,
            "approved": tally.approved,
            "flagged": tally.flagged,
            "incomplete": tally.incomplete,
        },
    }


def _findings(row: Tally) -> dict[str, object]:
    """Only where something is odd: of a flagged station, what it is."""
    return {"findings": list(row.findings)} if row.findings else {}


def _example(contest: ContestKey, own: Tally) -> dict[str, object] | None:
    """One flagged station to look at. Of the page alone: in each child it would be an eighth of a nation's page."""
    return None if own.example is None else {"station": own.example, "link": station_path(contest, own.example)}


def _crumbs(contest: ContestKey, path: Sequence[Crumb]) -> list[dict[str, object]]:
    """The way up, the top first. A region that is no part of this contest has no page to link to."""
    return [
        {
            "id": crumb.id,
            "level": crumb.level,
            "name": crumb.name,
            "link": None if contest.contest in crumb.outside else region_path(contest, crumb.id),
        }
        for crumb in path
    ]


def _version(
    version: FormVersion,
    review: Review | None,
    head: Head | None,
    seals: Mapping[int, int],
    recalls: Sequence[Recall],
    options: tuple[str, ...],
) -> dict[str, object]:
    form = version.form
    # A decision newer than the head belongs to the next edition, like a version newer than the head.
    decided = review if head and (form.version < head.latest or head.latest_state != RECEIVED) else None
    return {
        "version": form.version,
        "kind": form.kind,
        "state": _state(form.version, decided, head),
        "hash": form.hash,
        "prev": form.previous,
        "reason": form.reason,
        "received_at": version.received_at,
        "votes": {option: form.votes.get(option) for option in options} if form.kind != "withdrawal" else {},
        "figures": {name: form.figures[name] for name in FIGURES if name in form.figures},
        "findings": [_finding(finding) for finding in version.findings],
        "scans": [
            {"sha256": scan.sha256, "bytes": scan.size, "media": scan.media, "page": scan.page} for scan in form.scans
        ],
        "sealed": seals.get(form.version) if head and form.version <= head.counted else None,
        "submitted_by": form.key,
        "review": decided
        and {
            "decision": decided.decision,
            "reason": decided.reason,
            "by": decided.key,
            "at": decided.decided_at,
        },
        **_recalls(form.version, head, recalls),
    }


def _recalls(version: int, head: Head | None, recalls: Sequence[Recall]) -> dict[str, object]:
    """Only where there are any."""
    known = [one for one in recalls if head and one.version == version and one.round < head.round_of(version)]
    if not known:
        return {}
    return {
        "recalls": [
            {
                "by": one.key,
                "role": one.role,
                "since": one.since,
                "reason": one.reason,
                "at": one.at,
                "form": one.entry,
                "sealed": one.index,
            }
            for one in known
        ]
    }


def _state(version: int, decided: Review | None, head: Head | None) -> str:
    """An undecided version that a later one overtook can no longer be decided on: it is superseded. One that was recalled
    says so until it is decided on again."""
    if decided is not None:
        return APPROVED if decided.decision == APPROVE else RETURNED
    if head and head.round_of(version):
        return "recalled"
    return "superseded" if head and version < head.latest else RECEIVED


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "kind": finding.kind,
        "fields": list(finding.fields),
        "found": finding.found,
        "expected": finding.expected,
    }
