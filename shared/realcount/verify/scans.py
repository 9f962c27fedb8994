"""Whether a photograph of the paper is the one that both officials signed for.

The form names every scan by its SHA-256, and the form is signed: whoever swaps a scan cannot swap its name. What the
paper in the picture says, only a person can read.
"""

from __future__ import annotations

from collections.abc import Mapping

from realcount.domain.canonical import sha256_hex
from realcount.verify.findings import Finding, Findings
from realcount.verify.proof import Shown


def check_scans(shown: Shown, scans: Mapping[str, bytes], findings: Findings) -> list[str]:
    """Those of the files, by name, that the proven form names. For each other one there is a finding."""
    form = shown.form.form
    named = [scan.sha256 for scan in form.scans]
    same = []
    for name, content in scans.items():
        digest = sha256_hex(content)
        if digest in named:
            same.append(name)
        else:
            expected = " or ".join(named) or "no scan: the form names none"
            findings.add(Finding("scan-differs", name, digest, expected, shown.index, form.station))
    return same
