"""How the suite is spread over two processors: what starts whole machines stays together in one, the rest anywhere."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
WHOLE_MACHINES = ("journeys", "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(HERE).parts[0] in WHOLE_MACHINES:
            item.add_marker(pytest.mark.xdist_group("whole machines"))
