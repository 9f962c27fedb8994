"""What the tests of the command line share: the invented folder of 2019 files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invented_situng import InventedSitung


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in the format of the Situng 2019 files; its numbers agree."""
    return InventedSitung().write(tmp_path / "data")
