"""Where the real files of 2019 are, for acceptance tests: ../shared/data beside the checkout, or REALCOUNT_DATA."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def real_2019() -> Path:
    """The folder; skips the test with one line that says what is missing."""
    folder = Path(os.environ.get("REALCOUNT_DATA", ROOT.parent / "shared" / "data"))
    if not list(folder.glob("**/wilayah_2019.csv.gz")):
        pytest.skip(f"the real files of 2019 are not in {folder}: set REALCOUNT_DATA to the folder that holds them")
    return folder
