"""docs/tampering.md says what is really tried, and how often."""

from __future__ import annotations

import re
from pathlib import Path

from realcount.verify.findings import CODES
from tests.tampering.pokes import POKES
from tests.verify.forgeries import FORGERIES

PAGE = (Path(__file__).parents[2] / "docs" / "tampering.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
CHANGES = [row for row in ROWS[1:] if row[1]]


def test_every_change_in_the_manual_is_made_and_found_as_it_says() -> None:
    codes = {forgery.name: forgery.code for forgery in FORGERIES}
    pokes = {poke.name for poke in POKES}
    for _, found_by, _, name in CHANGES:
        if "verify, " in found_by and name in codes:
            assert codes[name] in found_by, name
            assert codes[name] in CODES
        else:
            assert name in pokes, name
            assert found_by.startswith("recount"), name


def test_it_has_enough_of_them_and_counts_right() -> None:
    assert len(CHANGES) >= 25
    said = re.search(r"forgeries\.py\), (\d+) of them, .*\n\(\[`pokes.py`\]\([^)]*\), (\d+),", PAGE)
    assert said is not None
    assert (int(said[1]), int(said[2])) == (len(FORGERIES), len(POKES))
