"""UploadStore, UploadBucket, EvidenceStore and IntakeSwitch in memory."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from realcount.domain.canonical import sha256_hex
from realcount.domain.errors import NotFound
from realcount.domain.form import ScanRef
from realcount.ports import PresignedPost, Upload, UploadFile


class MemoryUploads:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: dict[str, Upload] = {}
        self.writes = 0

    def find(self, upload: str) -> Upload | None:
        return self._uploads.get(upload)

    def grant(self, upload: Upload) -> Upload:
        with self._lock:
            self.writes += upload.id not in self._uploads
            return self._uploads.setdefault(upload.id, upload)

    def settle(self, upload: Upload) -> Upload:
        with self._lock:
            known = self._uploads.get(upload.id)
            if known is None:
                raise NotFound(f"upload {upload.id!r} was never granted")
            if known.state != "granted":
                return known
            self._uploads[upload.id] = upload
            self.writes += 1
            return upload

    def accepted(self, election: str, turn: int, shares: int) -> Iterator[Upload]:
        with self._lock:
            known = list(self._uploads.values())
        for upload in known:
            mine = zlib.crc32(upload.id.encode()) % shares == turn % shares
            if mine and upload.state == "accepted" and upload.contest.election == election:
                yield upload


class MemoryUploadBucket:
    """Objects are put with `put`, as S3 would after accepting a POST; nothing checks them, as nobody may trust them."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], bytes] = {}

    def presign(self, upload: str, file: UploadFile, seconds: int) -> PresignedPost:
        return PresignedPost("memory:", {"key": f"uploads/{upload}/{file.name}", "expires": str(seconds)})

    def put(self, upload: str, name: str, content: bytes) -> None:
        self._objects[upload, name] = content

    def read(self, upload: str, file: UploadFile) -> bytes | None:
        content = self._objects.get((upload, file.name))
        return None if content is None else content[: file.content.size + 1]


class MemoryEvidence:
    def __init__(self) -> None:
        self._scans: dict[str, bytes] = {}
        self.writes = 0

    def keep(self, scan: ScanRef, content: bytes) -> None:
        assert sha256_hex(content) == scan.sha256, "evidence must lie under its own hash"
        if self._scans.setdefault(scan.sha256, content) is content:
            self.writes += 1

    def get(self, sha256: str) -> bytes | None:
        return self._scans.get(sha256)


@dataclass(slots=True)
class MemoryIntake:
    reason: str | None = field(default=None)

    def closed_because(self) -> str | None:
        return self.reason
