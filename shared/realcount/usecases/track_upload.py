"""Tell an official what became of an upload."""

from __future__ import annotations

from realcount.domain.errors import NotFound
from realcount.ports import Upload, UploadStore


def track_upload(upload_id: str, *, uploads: UploadStore) -> Upload:
    """The upload with its state and every refusal. The id is the secret: it is derived from a request with a nonce.

    Raises `NotFound`.
    """
    upload = uploads.find(upload_id)
    if upload is None:
        raise NotFound(f"there is no upload {upload_id!r}")
    return upload
