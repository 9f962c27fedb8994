"""A second official approves or returns exactly one version of a form."""

from __future__ import annotations

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Forbidden, NotFound, Refusal, Rejected, Unavailable
from realcount.domain.instants import within
from realcount.domain.ledger import RECEIVED, FormVersion, Review
from realcount.domain.official import APPROVER
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_review
from realcount.ports import ElectionStore, FormStore, KeyRegistry, SignatureVerifier
from realcount.usecases.entitled import require_entitled, station_of
from realcount.usecases.grant_upload import REQUEST_WINDOW

ATTEMPTS = 8


def review_form(
    document: bytes,
    now: str,
    *,
    elections: ElectionStore,
    keys: KeyRegistry,
    verifier: SignatureVerifier,
    forms: FormStore,
) -> Review:
    """Check a signed review and record it; the review as recorded comes back.

    1. an entitled approver signed it, within the request window
    2. the version exists and its hash is the one approved
    3. approver and submitter are two different holders
    4. no decision has been made yet; the same decision, signed again, is a no-op that returns the first
    5. both keys are still unrevoked in the very transaction that records it

    Raises `Rejected`, `Forbidden` (`same-holder`, `revoked`…), `NotFound`, `Conflict`, `Unavailable`.
    """
    signed = split_document(document)
    statement = parse_review(signed.payload)
    contest = ContestKey(statement.election, statement.contest)
    _, station = station_of(contest, statement.station, elections)
    approver = require_entitled(
        signed, statement.key, APPROVER, contest, station, now, keys=keys, verifier=verifier
    )  # (1)
    if not within(statement.signed_at, now, REQUEST_WINDOW):
        raise Rejected(
            [Refusal("stale-request", "signed_at", f"is more than {REQUEST_WINDOW} seconds away from {now}")]
        )

    version = forms.version(contest, station.id, statement.version)
    if version is None:  # (2)
        raise NotFound(f"station {station.id!r} in {contest} has no version {statement.version}")
    if version.form.hash != statement.form:
        raise Conflict(f"version {statement.version} is {version.form.hash}, not {statement.form}: look at it again")
    submitter = keys.find(version.form.key)
    if submitter is None or submitter.holder == approver.holder:  # (3)
        raise Forbidden("same-holder", "a form is approved by another official than the one who submitted it")

    review = Review(
        *contest,
        station.id,
        statement.version,
        statement.form,
        statement.decision,
        statement.reason,
        statement.key,
        statement.signed_at,
        signed.payload,
        signed.signature,
        now,
    )
    return _record(review, version, forms)


def _record(review: Review, version: FormVersion, forms: FormStore) -> Review:
    contest = ContestKey(review.election, review.contest)
    for _ in range(ATTEMPTS):
        head = forms.head(contest, review.station)
        if head is None:
            raise NotFound(f"station {review.station!r} in {contest} has no form")
        if head.latest != review.version or head.latest_state != RECEIVED:  # (4)
            recorded = _recorded(review, forms)
            if recorded is not None and (recorded.decision, recorded.key) == (review.decision, review.key):
                return recorded
            raise Conflict(
                f"version {review.version} can no longer be decided on: version {head.latest} is the latest and {head.latest_state}"
            )
        now = head.decided(review.decision, review.decided_at)
        try:
            forms.decide(review, head, now, (version.form.key, review.key))  # (5)
        except Conflict:
            continue  # Decided or superseded meanwhile, or our own write landed and the answer was lost.
        return review
    raise Unavailable(f"station {review.station!r} in {contest} is being written by others; try again")


def _recorded(review: Review, forms: FormStore) -> Review | None:
    contest = ContestKey(review.election, review.contest)
    for version, decided in forms.history(contest, review.station):
        if version.form.version == review.version:
            return decided
    return None
