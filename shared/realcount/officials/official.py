"""An official's statements: building and signing them needs neither network nor clock (`sending` is what talks to the API)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from realcount.domain.canonical import canonical_bytes, sha256_hex
from realcount.domain.election import ContestKey
from realcount.domain.form import Form, ScanRef
from realcount.domain.official import ED25519, OfficialKey
from realcount.domain.signed import SignedDocument
from realcount.domain.statements import FORM_MEDIA, FORM_TYPE, REVIEW_TYPE, UPLOAD_REQUEST_TYPE
from realcount.officials.signing_keys import SigningKey, algorithm_of, key_of, public_of, signature_of


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan an official holds: its bytes and media type, and which page of the paper it shows, if they say so."""

    content: bytes
    media: str = "image/jpeg"
    page: int | None = None

    def ref(self) -> ScanRef:
        return ScanRef(sha256_hex(self.content), len(self.content), self.media, self.page)


@dataclass(frozen=True, slots=True)
class Official:
    """Someone with a key. `nonce` must be fresh for every statement; the caller supplies it, and the time."""

    key_id: str
    private: SigningKey

    def key(
        self,
        *,
        holder: str,
        election: str,
        role: str,
        regions: Sequence[str],
        contests: Sequence[str] = ("*",),
        valid_from: str,
        valid_until: str,
    ) -> OfficialKey:
        """The record to register for this official."""
        return OfficialKey(
            self.key_id,
            holder,
            election,
            algorithm_of(self.private),
            public_of(self.private),
            role,
            tuple(regions),
            tuple(contests),
            valid_from,
            valid_until,
        )

    def sign(self, statement: Mapping[str, object]) -> bytes:
        payload = canonical_bytes(statement)
        return SignedDocument(payload, signature_of(self.private, payload)).to_bytes()

    def form(
        self,
        contest: ContestKey,
        station: str,
        *,
        figures: Mapping[str, int],
        votes: Mapping[str, int],
        scans: Sequence[Scan],
        now: str,
        nonce: str,
        kind: str = "form",
        version: int = 1,
        prev: str | None = None,
        reason: str | None = None,
        device: str = "device-1",
    ) -> bytes:
        """A signed form. For a correction or withdrawal give `kind`, `version`, `prev` (hash of the version before), `reason`."""
        return self.sign({
            "type": FORM_TYPE, "kind": kind, "election": contest.election, "contest": contest.contest, "station": station,
            "version": version, "prev": prev, "figures": dict(figures), "votes": dict(votes),
            "scans": [_paged(scan.ref()) for scan in scans], "reason": reason, "key": self.key_id, "device": device,
            "nonce": nonce, "signed_at": now,
        })  # fmt: skip

    def upload_request(
        self, contest: ContestKey, station: str, *, form: bytes, scans: Sequence[Scan], now: str, nonce: str
    ) -> bytes:
        return self.sign({
            "type": UPLOAD_REQUEST_TYPE, "election": contest.election, "contest": contest.contest, "station": station,
            "form": _ref(ScanRef(sha256_hex(form), len(form), FORM_MEDIA)), "scans": [_ref(scan.ref()) for scan in scans],
            "key": self.key_id, "nonce": nonce, "signed_at": now,
        })  # fmt: skip

    def request_for(self, document: bytes, form: Form, *, now: str, nonce: str) -> bytes:
        """The upload request for a signed form: its scans are those that it names."""
        return self.sign({
            "type": UPLOAD_REQUEST_TYPE, "election": form.election, "contest": form.contest, "station": form.station,
            "form": _ref(ScanRef(sha256_hex(document), len(document), FORM_MEDIA)),
            "scans": [_ref(scan) for scan in form.scans], "key": self.key_id, "nonce": nonce, "signed_at": now,
        })  # fmt: skip

    def review(
        self,
        contest: ContestKey,
        station: str,
        *,
        version: int,
        form_hash: str,
        decision: str,
        now: str,
        nonce: str,
        reason: str | None = None,
    ) -> bytes:
        return self.sign({
            "type": REVIEW_TYPE, "election": contest.election, "contest": contest.contest, "station": station,
            "version": version, "form": form_hash, "decision": decision, "reason": reason, "key": self.key_id,
            "nonce": nonce, "signed_at": now,
        })  # fmt: skip


def form_hash(document: bytes) -> str:
    """The hash of a signed form, by which a review and the next version name it."""
    return sha256_hex(document.split(b"\n", 1)[0])


def _ref(ref: ScanRef) -> dict[str, object]:
    return {"sha256": ref.sha256, "bytes": ref.size, "media": ref.media}


def _paged(ref: ScanRef) -> dict[str, object]:
    return _ref(ref) if ref.page is None else {**_ref(ref), "page": ref.page}


def new_official(key_id: str, secret: bytes, algorithm: str = ED25519) -> Official:
    """An official with the key of this secret of 32 bytes."""
    return Official(key_id, key_of(algorithm, secret))
