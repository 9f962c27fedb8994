"""A log in a folder, and the check of it as the command would do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from realcount.verify.audit import Audit, Report
from realcount.verify.sources import FolderSource
from realcount.verify.state import State
from tests.verify.building import LOG, WITNESSES, lay_down

settings.register_profile(
    "same-every-time", derandomize=True, deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same-every-time")

Check = Callable[..., Report]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Lay files down in a folder of their own and check them. Checks of one test share their memory."""
    laid = 0

    def run(files: dict[str, bytes], quorum: int = 3, **changes: object) -> Report:
        nonlocal laid
        laid += 1
        source = FolderSource(lay_down(files, tmp_path / f"log-{laid}"))
        witnesses = [witness.key for witness in WITNESSES]
        settings: dict[str, object] = {"witnesses": witnesses, "quorum": quorum} | changes
        return Audit(source, LOG.key, State(tmp_path / "state", LOG.key), **settings).run()  # type: ignore[arg-type]

    return run
