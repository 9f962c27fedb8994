"""A file of an upload has arrived. Once all have, the form is checked and recorded, or refused with every reason.

The event that brings us here says only which upload it may concern. It can come twice, late, or in any order of files.
"""

from __future__ import annotations

from dataclasses import replace

from realcount.domain.canonical import sha256_hex
from realcount.domain.contest_forms import check_form
from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Forbidden, NotFound, Refusal, Rejected, Unavailable
from realcount.domain.findings import find
from realcount.domain.form import Form
from realcount.domain.ledger import FormVersion, Head, received
from realcount.domain.log.notes import Note, signature_of
from realcount.domain.log.receipts import Receipt
from realcount.domain.official import SUBMITTER
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_form
from realcount.log_ports import Signer, Signers
from realcount.ports import (
    ElectionStore,
    EvidenceStore,
    FormStore,
    KeyRegistry,
    ScanInspector,
    SignatureVerifier,
    Upload,
    UploadBucket,
    UploadStore,
)
from realcount.usecases.entitled import require_entitled, station_of
from realcount.usecases.grant_upload import FORM_FILE

ATTEMPTS = 8
"""How often a lost race for a station's head is run again. Two officials typing one station make one; eight never happen."""


def receive_form(
    upload_id: str,
    now: str,
    *,
    elections: ElectionStore,
    keys: KeyRegistry,
    verifier: SignatureVerifier,
    uploads: UploadStore,
    bucket: UploadBucket,
    inspector: ScanInspector,
    evidence: EvidenceStore,
    forms: FormStore,
    receipts: Signers,
) -> Upload:
    """Bring an upload forward as far as it goes and return it: still `granted` (files missing), `accepted`, `rejected`.

    1. all files are there, else wait for the next event
    2. each is byte for byte what was granted
    3. the form is a canonical, signed statement by an entitled submitter about the granted station
    4. its votes are for options of the contest
    5. the scans it names are exactly the uploaded ones, and decodable images
    6. it is the next version of the station's form (or the very version already recorded: a no-op)

    Whatever fails in 2 to 6 settles the upload as `rejected` with every refusal; the uploaded objects stay for inquiry.
    What is accepted gets a receipt, signed by the election's key of `receipts`. Raises `NotFound` for an upload nobody granted, and `Unavailable`.
    """
    upload = uploads.find(upload_id)
    if upload is None:
        raise NotFound(f"upload {upload_id!r} was never granted")
    if upload.state != "granted":
        return upload
    contents: dict[str, bytes] = {}
    for file in upload.files:  # (1)
        content = bucket.read(upload.id, file)
        if content is None:
            return upload
        contents[file.name] = content
    try:
        version = _checked(upload, contents, now, elections, keys, verifier, inspector)
        # Evidence before ledger: if we die in between, a scan lies unused. The other way round a form would lack its.
        for file in upload.files:
            if file.name != FORM_FILE:
                evidence.keep(file.content, contents[file.name])
        recorded = _record(version, forms)
    except Rejected as refused:
        return uploads.settle(replace(upload, state="rejected", refusals=refused.refusals, settled_at=now))
    except (Forbidden, NotFound) as refused:
        code = refused.code if isinstance(refused, Forbidden) else "not-found"
        reason = Refusal(code, "key" if isinstance(refused, Forbidden) else "station", str(refused))
        return uploads.settle(replace(upload, state="rejected", refusals=(reason,), settled_at=now))
    # If we die here the form is in the ledger and the upload still says granted: the retried event finds the very same
    # version recorded and settles. Its receipt is the same, byte for byte: it says when the ledger received the form, and
    # the signature over the same text is the same.
    form = recorded.form
    receipt = _receipt(upload, recorded, receipts.of(upload.contest.election))
    return uploads.settle(
        replace(upload, state="accepted", form_hash=form.hash, version=form.version, settled_at=now, receipt=receipt)
    )


def _checked(
    upload: Upload,
    contents: dict[str, bytes],
    now: str,
    elections: ElectionStore,
    keys: KeyRegistry,
    verifier: SignatureVerifier,
    inspector: ScanInspector,
) -> FormVersion:
    refusals = [
        Refusal("wrong-bytes", file.name, "is not the file that was granted: size or SHA-256 differ")
        for file in upload.files
        if len(contents[file.name]) != file.content.size or sha256_hex(contents[file.name]) != file.content.sha256
    ]  # (2)
    if refusals:
        raise Rejected(refusals)

    signed = split_document(contents[FORM_FILE])  # (3)
    form = parse_form(signed.payload)
    if (form.election, form.contest, form.station, form.key) != (*upload.contest, upload.station, upload.key):
        raise Rejected(
            [
                Refusal(
                    "not-as-granted",
                    "station",
                    "the form's election, contest, station or key differ from the granted ones",
                )
            ]
        )
    key = ContestKey(form.election, form.contest)
    contest, station = station_of(key, form.station, elections)
    require_entitled(signed, form.key, SUBMITTER, key, station, now, keys=keys, verifier=verifier)
    check_form(form, contest)  # (4)

    scans = {file.content.sha256: file for file in upload.files if file.name != FORM_FILE}  # (5)
    for i, scan in enumerate(form.scans):
        if scan.sha256 not in scans or scans[scan.sha256].content != replace(scan, page=None):
            refusals.append(Refusal("scan-missing", f"scans[{i}]", "is not among the uploaded files as described"))
    for sha256 in sorted(scans.keys() - {scan.sha256 for scan in form.scans}):
        refusals.append(
            Refusal("scan-unnamed", scans[sha256].name, "was uploaded, but the signed form does not name it")
        )
    if not refusals:
        for file in scans.values():
            why = inspector.inspect(contents[file.name], file.content.media)
            if why is not None:
                refusals.append(Refusal("bad-image", file.name, why))
    if refusals:
        raise Rejected(refusals)
    return FormVersion(form, signed.payload, signed.signature, upload.id, now, find(form, contest, station.registered))


def _receipt(upload: Upload, recorded: FormVersion, signer: Signer) -> str:
    form = recorded.form
    text = Receipt(
        signer.key.name,
        upload.contest,
        form.station,
        form.version,
        form.hash,
        form.key,
        upload.id,
        recorded.received_at,
    ).to_text()
    return Note(text, (signature_of(signer.key, signer.sign, text),)).to_bytes().decode()


def _record(version: FormVersion, forms: FormStore) -> FormVersion:
    """Step 6, under the optimistic lock of the station's head. Returns what the ledger holds."""
    form = version.form
    contest = ContestKey(form.election, form.contest)
    for _ in range(ATTEMPTS):
        head = forms.head(contest, form.station)
        latest = head.latest if head else 0
        if form.version <= latest:
            existing = forms.version(contest, form.station, form.version)
            if existing is not None and existing.form.hash == form.hash:
                return existing
            raise Rejected([_version_refusal(form, head)])
        if form.version != latest + 1 or form.previous != (head.latest_hash if head else None):
            raise Rejected([_version_refusal(form, head)])
        try:
            forms.receive(version, head, received(head, version))
        except Conflict:
            continue  # Another version came in, or our own did and the answer was lost: the next look tells.
        return version
    raise Unavailable(f"station {form.station!r} in {contest} is being written by others; try again")


def _version_refusal(form: Form, head: Head | None) -> Refusal:
    if head is None:
        return Refusal(
            "wrong-version",
            "version",
            f"is {form.version}, but no form of this station is recorded: the first is version 1",
        )
    return Refusal(
        "wrong-version",
        "version",
        f"is {form.version} after {form.previous or 'nothing'}, but version {head.latest} ({head.latest_hash}) is recorded: "
        f"the next is version {head.latest + 1} with that hash as prev",
    )
