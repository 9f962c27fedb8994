"""The three statements an official signs, from bytes to values.

    upload request   "I want to upload these files for this station"        (a submitter, to grant_upload)
    form             "this is what the form of this station says"           (a submitter, uploaded as a file)
    review           "I approve, or return, exactly this version"           (an approver, to review_form)

Each parser takes the signed payload, requires canonical bytes, and returns the value or raises `Rejected` with every
refusal. They know nothing of stores: whether the station exists or the key may sign is the use case's question.
"""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain import strict
from realcount.domain.canonical import parse_canonical, sha256_hex
from realcount.domain.form import FIGURE_NAMES, KINDS, MAX_FIGURE, Form, ScanRef
from realcount.domain.ledger import APPROVE, RETURN

UPLOAD_REQUEST_TYPE = "realcount/upload-request/v1"
FORM_TYPE = "realcount/form/v1"
REVIEW_TYPE = "realcount/review/v1"

SCAN_MEDIA = ("image/jpeg", "image/png")
MAX_SCANS = 4
MAX_PAGE = 99
"""The highest page of a paper that a scan can be said to show."""

MAX_SCAN_SIZE = 8 * 1024 * 1024
"""Bytes of one scan. A page photographed by a phone is 1 to 5 MiB."""

MAX_FORM_VERSION = 1000
MAX_OPTIONS = 2000
"""Options of one contest: the largest DPR ballot of 2024 had 18 parties and 151 candidates in a district."""


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """`form` is the signed form's digest and size, `scans` those of the scans that go with it."""

    election: str
    contest: str
    station: str
    form: ScanRef
    scans: tuple[ScanRef, ...]
    key: str
    signed_at: str
    hash: str


@dataclass(frozen=True, slots=True)
class ReviewStatement:
    election: str
    contest: str
    station: str
    version: int
    form: str
    decision: str
    reason: str | None
    key: str
    signed_at: str


FORM_MEDIA = "application/vnd.realcount.form"


def parse_upload_request(payload: bytes) -> UploadRequest:
    members = strict.Members(parse_canonical(payload))
    members.take("type", strict.one_of(UPLOAD_REQUEST_TYPE))
    election = members.take("election", strict.identifier)
    contest = members.take("contest", strict.identifier)
    station = members.take("station", strict.identifier)
    form = _file(members, members.raw("form"), "form", (FORM_MEDIA,))
    scans = _scans(members)
    key = members.take("key", strict.identifier)
    members.take("nonce", strict.nonce)
    signed_at = members.take("signed_at", strict.instant)
    members.close()
    members.raise_if_refused()
    assert election and contest and station and form and key and signed_at
    return UploadRequest(election, contest, station, form, scans, key, signed_at, sha256_hex(payload))


def parse_form(payload: bytes) -> Form:
    return read_form(parse_canonical(payload), payload)


def read_form(value: object, payload: bytes) -> Form:
    """The form in an object that was decoded already; `payload` are its canonical bytes, which is for the caller to know.

    A scan may say which `page` of the paper it shows; no two may show the same one.

    Besides the structure of each member: a first version has neither `prev` nor `reason`, every later one has both,
    and only a later version can correct or withdraw; a withdrawal carries no numbers, everything else carries at least
    one scan of the paper."""
    members = strict.Members(value)
    members.take("type", strict.one_of(FORM_TYPE))
    kind = members.take("kind", strict.one_of(*KINDS))
    election = members.take("election", strict.identifier)
    contest = members.take("contest", strict.identifier)
    station = members.take("station", strict.identifier)
    version = members.take("version", strict.integer(1, MAX_FORM_VERSION))
    previous = members.take("prev", strict.maybe_digest)
    figures = members.take("figures", strict.counts(MAX_FIGURE))
    votes = members.take("votes", strict.counts(MAX_FIGURE))
    scans = _scans(members, paged=True)
    reason = members.take("reason", strict.maybe_text)
    key = members.take("key", strict.identifier)
    members.take("device", strict.identifier)
    members.take("nonce", strict.nonce)
    signed_at = members.take("signed_at", strict.instant)
    members.close()

    if figures and not figures.keys() <= FIGURE_NAMES:
        for name in sorted(figures.keys() - FIGURE_NAMES):
            members.refuse(f"figures.{name}", "unknown-field", "is not a figure of the form")
    if votes and len(votes) > MAX_OPTIONS:
        members.refuse("votes", "bad-value", f"has more than {MAX_OPTIONS} entries")
    if version == 1:
        if kind not in (None, "form"):
            members.refuse("kind", "bad-value", "a first version can only be a form")
        if previous is not None or reason is not None:
            members.refuse("prev", "bad-value", "a first version has neither prev nor reason: both must be null")
    elif version is not None and (previous is None or reason is None):
        members.refuse("prev", "bad-value", "a later version needs prev (the hash of the version before) and a reason")
    if kind == "withdrawal" and (figures or votes):
        members.refuse("figures", "bad-value", "a withdrawal carries no figures and no votes")
    if kind in ("form", "correction") and not scans and not members.refusals:
        members.refuse("scans", "bad-value", "at least one scan of the paper is needed")
    members.raise_if_refused()
    assert kind and election and contest and station and version and key and signed_at
    assert figures is not None and votes is not None
    return Form(
        kind,
        election,
        contest,
        station,
        version,
        previous,
        figures,
        votes,
        scans,
        reason,
        key,
        signed_at,
        sha256_hex(payload),
    )


def parse_review(payload: bytes) -> ReviewStatement:
    return read_review(parse_canonical(payload))


def read_review(value: object) -> ReviewStatement:
    """The review in an object that was decoded already."""
    members = strict.Members(value)
    members.take("type", strict.one_of(REVIEW_TYPE))
    election = members.take("election", strict.identifier)
    contest = members.take("contest", strict.identifier)
    station = members.take("station", strict.identifier)
    version = members.take("version", strict.integer(1, MAX_FORM_VERSION))
    form = members.take("form", strict.digest)
    decision = members.take("decision", strict.one_of(APPROVE, RETURN))
    reason = members.take("reason", strict.maybe_text)
    key = members.take("key", strict.identifier)
    members.take("nonce", strict.nonce)
    signed_at = members.take("signed_at", strict.instant)
    members.close()
    if decision == RETURN and reason is None:
        members.refuse("reason", "bad-value", "a form is returned with a reason")
    members.raise_if_refused()
    assert election and contest and station and version and form and decision and key and signed_at
    return ReviewStatement(election, contest, station, version, form, decision, reason, key, signed_at)


def _scans(members: strict.Members, paged: bool = False) -> tuple[ScanRef, ...]:
    entries = members.take("scans", strict.array(0, MAX_SCANS)) or ()
    found = [_file(members, entry, f"scans[{i}]", SCAN_MEDIA, paged) for i, entry in enumerate(entries)]
    scans = tuple(scan for scan in found if scan)
    if len({scan.sha256 for scan in scans}) != len(scans):
        members.refuse("scans", "bad-value", "the same scan is listed twice")
    pages = [scan.page for scan in scans if scan.page is not None]
    if len(set(pages)) != len(pages):
        members.refuse("scans", "bad-value", "two scans are said to show the same page")
    return scans


def _file(
    members: strict.Members, entry: object, where: str, media: tuple[str, ...], paged: bool = False
) -> ScanRef | None:
    inner = strict.Members(entry, where, members.refusals)
    sha256 = inner.take("sha256", strict.digest)
    size = inner.take("bytes", strict.integer(1, MAX_SCAN_SIZE))
    kind = inner.take("media", strict.one_of(*media))
    # Without the member the payload is what it was before there was one: old statements stay canonical, and valid.
    said = paged and isinstance(entry, dict) and "page" in entry
    page = inner.take("page", strict.integer(1, MAX_PAGE)) if said else None
    inner.close()
    return ScanRef(sha256, size, kind, page) if sha256 and size and kind else None
