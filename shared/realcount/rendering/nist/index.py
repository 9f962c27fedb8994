"""Which reports there are and where each of them lies: a report whose numbers did not move stays where it was."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from realcount.domain.election import Contest, Election
from realcount.domain.page import Page
from realcount.rendering.bulk.index import File, Folder, Listed, folder_path
from realcount.rendering.bulk.tables import GZIP_MEDIA
from realcount.rendering.encoding import encode_document, json_page
from realcount.rendering.lifetimes import BULK
from realcount.rendering.nist.report import SUMMARY, Object
from realcount.rendering.nist.units import Plan
from realcount.rendering.nist.xml import report_xml
from realcount.rendering.paths import bulk_path, contest_path, nist_path

REPORTS = 1
"""Version of these reports. Raise it whenever their bytes change for unchanged numbers: all are then written again."""


def report_name(plan: Plan) -> str:
    """Its path in a folder, without the ending that says in which form."""
    series = "summary" if plan.format == SUMMARY else "precinct"
    return f"nist/{series}/{plan.region.id}"


def report_files(plan: Plan, report: Object) -> tuple[File, File]:
    """JSON and XML of a report, packed; the same report always gives the same bytes."""
    name = report_name(plan)
    return (
        File(f"{name}.json.gz", GZIP_MEDIA, None, gzip.compress(encode_document(report), 6, mtime=0)),
        File(f"{name}.xml.gz", GZIP_MEDIA, None, gzip.compress(report_xml(report), 6, mtime=0)),
    )


def state_of(election: Election, plan: Plan, numbers: Sequence[object]) -> str:
    """What tells whether a report has to be written again: its numbers, and what names them."""
    said = repr((REPORTS, election.digest, plan.format, plan.region.id, *numbers))
    return hashlib.sha256(said.encode()).hexdigest()


def entry(plan: Plan, size: int, state: str, files: Sequence[Listed]) -> dict[str, Any]:
    """A report as an index names it; `size` is the log's when it was written."""
    return {
        "region": plan.region.id,
        "level": plan.region.level,
        "format": plan.format,
        "size": size,
        "state": state,
        "files": [
            {"path": file.path, "media": file.media, "bytes": file.bytes, "sha256": file.sha256} for file in files
        ],
    }


def nist_index(election: Election, contest: Contest, folder: Folder, reports: Sequence[Mapping[str, Any]]) -> bytes:
    return encode_document(
        {
            "election": election.id,
            "contest": contest.key.contest,
            "label": election.label,
            "licence": election.licence,
            "attribution": election.attribution,
            "size": folder.size,
            "root": folder.covered.root().hex(),
            "sealed_at": folder.sealed_at,
            "reports": list(reports),
        }
    )


def nist_page(contest: Contest, index: Mapping[str, Any], packed: Listed, older: Sequence[Mapping[str, Any]]) -> Page:
    """The page that leads to the newest index; of reports it names those of the roots."""
    document = {
        **{name: index[name] for name in ("election", "contest", "label", "licence", "attribution")},
        "edition": index["size"],
        "updated_at": index["sealed_at"],
        **{name: index[name] for name in ("size", "root", "sealed_at")},
        "index": {"path": packed.path, "bytes": packed.bytes, "sha256": packed.sha256},
        "reports": [
            report for report in index["reports"] if report["region"] in contest.roots and report["format"] == SUMMARY
        ],
        "older": list(older),
        "links": {
            "self": nist_path(contest.key),
            "contest": contest_path(contest.key),
            "bulk": bulk_path(contest.key),
        },
    }
    return json_page(
        nist_path(contest.key), document, edition=index["size"], updated_at=index["sealed_at"], max_age=BULK
    )


def nist_folder(folder: Folder) -> str:
    return folder_path(folder.contest, folder.size)
