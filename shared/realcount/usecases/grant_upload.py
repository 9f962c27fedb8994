"""An official asks to upload a form and its scans, and gets one presigned POST per file.

The grant promises nothing about the content: it says who may put which bytes where, and until when. S3 itself enforces
key, size, media type and SHA-256 of each file.
"""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain.election import ContestKey
from realcount.domain.errors import Forbidden, Refusal, Rejected
from realcount.domain.instants import within
from realcount.domain.official import SUBMITTER
from realcount.domain.signed import MAX_DOCUMENT, split_document
from realcount.domain.statements import parse_upload_request
from realcount.ports import (
    ElectionStore,
    IntakeSwitch,
    KeyRegistry,
    PresignedPost,
    SignatureVerifier,
    Upload,
    UploadBucket,
    UploadFile,
    UploadStore,
)
from realcount.usecases.entitled import require_entitled, station_of

REQUEST_WINDOW = 600
"""Seconds that a request's `signed_at` may be away from our clock. Bounds replay of requests, not the age of forms."""

GRANT_SECONDS = 3600

FORM_FILE = "form"


@dataclass(frozen=True, slots=True)
class Grant:
    upload: Upload
    posts: tuple[tuple[UploadFile, PresignedPost], ...]
    expires_in: int


def grant_upload(
    document: bytes,
    now: str,
    *,
    elections: ElectionStore,
    keys: KeyRegistry,
    verifier: SignatureVerifier,
    uploads: UploadStore,
    bucket: UploadBucket,
    intake: IntakeSwitch,
) -> Grant:
    """Check a signed upload request and grant it.

    The upload's id is taken from the request's hash: asking again with the same request (a lost answer) grants the same
    upload again, with fresh POSTs. Raises `Rejected`, `NotFound`, or `Forbidden` (also `intake-closed`).
    """
    signed = split_document(document)
    request = parse_upload_request(signed.payload)
    key = ContestKey(request.election, request.contest)
    _, station = station_of(key, request.station, elections)
    require_entitled(signed, request.key, SUBMITTER, key, station, now, keys=keys, verifier=verifier)
    if not within(request.signed_at, now, REQUEST_WINDOW):
        raise Rejected(
            [Refusal("stale-request", "signed_at", f"is more than {REQUEST_WINDOW} seconds away from {now}")]
        )
    if request.form.size > MAX_DOCUMENT:
        raise Rejected([Refusal("too-large", "form.bytes", f"a signed form has at most {MAX_DOCUMENT} bytes")])
    closed = intake.closed_because()
    if closed is not None:
        raise Forbidden("intake-closed", closed)

    files = (
        UploadFile(FORM_FILE, request.form),
        *(UploadFile(f"scan-{i}", scan) for i, scan in enumerate(request.scans, start=1)),
    )
    upload = uploads.grant(Upload(request.hash[:32], key, station.id, request.key, files, now))
    # If we die here the grant is on record and nobody has the POSTs: the same request, sent again, gets them.
    posts = tuple((file, bucket.presign(upload.id, file, GRANT_SECONDS)) for file in upload.files)
    return Grant(upload, posts, GRANT_SECONDS)
