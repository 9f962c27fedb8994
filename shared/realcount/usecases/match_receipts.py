"""Match what officials were promised with what there is: every accepted upload's form in the ledger, and once it is approved
and the minute is over, in the public log.

A receipt is given after the ledger has the form, and nothing is ever deleted there, so a form that is missing was taken away.
That a form waits for a second official, or was returned, is as it should be: the ledger says so, and so does the station's page.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from realcount.domain.counted import Counted
from realcount.domain.election import ContestKey
from realcount.domain.errors import Rejected
from realcount.domain.ledger import APPROVE, Head
from realcount.domain.log.receipts import read_receipt
from realcount.domain.upload import Upload
from realcount.read_ports import HeadReader

logger = logging.getLogger(__name__)

AT_A_TIME = 1_000

Versions = Callable[[ContestKey, str], Mapping[int, Counted]]
"""Every sealed version of a station, by its number, out of the log."""


def match_receipts(
    uploads: Iterable[Upload],
    overdue: str,
    *,
    forms: HeadReader,
    versions: Versions,
    read_on: Callable[[], object],
    goes_on: Callable[[], bool],
) -> tuple[list[str], bool]:
    """The receipts that match nothing, each in words that name it, and whether there was time for all uploads.

    `overdue`: what was approved before must be sealed by now. `read_on` lets `versions` know what the log has got since:
    nobody is accused by an old reading. Raises what the stores raise.
    """
    found: list[str] = []
    rest = iter(uploads)
    while some := list(islice(rest, AT_A_TIME)):
        if not goes_on():
            return found, False
        late: list[Upload] = []
        for upload, why in _judged(some, overdue, forms, versions, late):
            found.append(_named(upload, why))
        if late:
            read_on()
            for upload in late:
                if upload.version not in versions(upload.contest, upload.station):
                    found.append(_named(upload, "was approved more than two minutes ago and is not in the public log"))
    for each in found:
        logger.error("receipt without a match: %s", each)
    return found, True


def _judged(
    uploads: Sequence[Upload], overdue: str, forms: HeadReader, versions: Versions, late: list[Upload]
) -> Iterator[tuple[Upload, str]]:
    heads = {
        contest: forms.heads(contest, sorted({one.station for one in uploads if one.contest == contest}))
        for contest in dict.fromkeys(one.contest for one in uploads)
    }
    for upload in uploads:
        if not _says_so(upload):
            yield upload, "is for another form than the upload was accepted with"
            continue
        sealed = versions(upload.contest, upload.station).get(upload.version or 0)
        if sealed is not None:
            if sealed.form != upload.form_hash:
                yield upload, f"is for another form than entry {sealed.index} of the public log has as this version"
        elif not _waits(upload, heads[upload.contest].get(upload.station)):
            why = _looked_up(upload, overdue, forms, late)
            if why is not None:
                yield upload, why


def _waits(upload: Upload, head: Head | None) -> bool:
    """The usual case of what is not sealed, told by the head alone: it is the newest, and nobody has approved it."""
    return (
        head is not None
        and (head.latest, head.latest_hash) == (upload.version, upload.form_hash)
        and head.approved < head.latest
    )


def _looked_up(upload: Upload, overdue: str, forms: HeadReader, late: list[Upload]) -> str | None:
    for version, review in forms.history(upload.contest, upload.station):
        if version.form.version == upload.version:
            if version.form.hash != upload.form_hash:
                return f"is for another form than the ledger has as this version: {version.form.hash}"
            if review is not None and review.decision == APPROVE and review.decided_at < overdue:
                late.append(upload)
            return None
    return "is for a form that is not in the ledger"


def _says_so(upload: Upload) -> bool:
    """Whether the receipt is for what the upload says. One that was accepted before there were receipts has none."""
    if upload.receipt is None:
        return True
    try:
        receipt, _ = read_receipt(upload.receipt.encode())
    except Rejected:
        return False
    said = (receipt.contest, receipt.station, receipt.version, receipt.form, receipt.key, receipt.upload)
    return said == (upload.contest, upload.station, upload.version, upload.form_hash, upload.key, upload.id)


def _named(upload: Upload, why: str) -> str:
    return (
        f"that of upload {upload.id}, version {upload.version} of station {upload.station!r} in {upload.contest}, "
        f"form {upload.form_hash}: {why}"
    )
