"""What officials' clients are told, as JSON values: a grant, an upload's state, a recorded review."""

from __future__ import annotations

from realcount.domain.election import ContestKey
from realcount.domain.ledger import Review
from realcount.ports import Upload, UploadFile
from realcount.rendering.paths import station_path
from realcount.usecases.grant_upload import Grant


def upload_path(upload: str) -> str:
    return f"/v1/uploads/{upload}"


def grant_document(grant: Grant) -> dict[str, object]:
    """`files` holds, for each file, where and with which form fields to post it; `expires_in` is seconds from now."""
    upload = grant.upload
    return {
        **_upload(upload),
        "expires_in": grant.expires_in,
        "files": [{**_file(file), "url": post.url, "fields": dict(post.fields)} for file, post in grant.posts],
    }


def upload_document(upload: Upload) -> dict[str, object]:
    return {**_upload(upload), "files": [_file(file) for file in upload.files]}


def review_document(review: Review) -> dict[str, object]:
    contest = ContestKey(review.election, review.contest)
    return {
        "election": review.election,
        "contest": review.contest,
        "station": review.station,
        "version": review.version,
        "form": review.form,
        "decision": review.decision,
        "reason": review.reason,
        "by": review.key,
        "decided_at": review.decided_at,
        "links": {"station": station_path(contest, review.station)},
    }


def _upload(upload: Upload) -> dict[str, object]:
    """`form` and `version` name what was recorded, once the state is `accepted`; `receipt` says so over a signature."""
    return {
        "upload": upload.id,
        "state": upload.state,
        "election": upload.contest.election,
        "contest": upload.contest.contest,
        "station": upload.station,
        "granted_at": upload.granted_at,
        "settled_at": upload.settled_at,
        "version": upload.version,
        "form": upload.form_hash,
        "receipt": upload.receipt,
        "refusals": [
            {"code": refusal.code, "field": refusal.field, "detail": refusal.detail} for refusal in upload.refusals
        ],
        "links": {"self": upload_path(upload.id), "station": station_path(upload.contest, upload.station)},
    }


def _file(file: UploadFile) -> dict[str, object]:
    return {
        "name": file.name,
        "sha256": file.content.sha256,
        "bytes": file.content.size,
        "media": file.content.media,
    }
