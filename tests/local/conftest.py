"""What tests of one machine stand on: an engine of their own, and functions written to a folder."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realcount.local.engine import Engine, start_engine
from realcount.local.places import Places, checkout
from realcount.local.stack import Destination, Function

MakeFunction = Callable[..., Function]


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return Places(checkout().root, tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="session")
def engine(places: Places) -> Iterator[Engine]:
    """One engine for all tests of a run; each test makes tables, buckets and queues of its own names."""
    running = start_engine(places)
    yield running
    running.stop()


@pytest.fixture
def make_function(tmp_path: Path) -> MakeFunction:
    """Write a handler and return the function: `make_function("name", "def lambda_handler(event, context): …")`."""

    def make(
        name: str,
        source: str,
        *,
        timeout: int = 10,
        retries: int = 2,
        max_age: int = 3600,
        failures: Destination | None = None,
        environment: dict[str, str] | None = None,
    ) -> Function:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "handler.py").write_text(textwrap.dedent(source))
        return Function(
            logical=name.title(),
            name=name,
            folder=folder,
            handler="handler.lambda_handler",
            environment=environment or {},
            timeout=timeout,
            memory=128,
            async_retries=retries,
            async_max_age=max_age,
            async_failures=failures,
        )

    return make


@pytest.fixture
def plain_environment() -> dict[str, str]:
    """No more than a process needs."""
    return {"PATH": os.environ["PATH"]}
