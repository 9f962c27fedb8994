from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from realcount.edge.telemetry import Telemetry
from tests.functions.night import Night

# The logger keeps the stream it is born with. Born here, it is the one of the whole run; in a test, one that is closed.
Telemetry("tests", trace=False)


@pytest.fixture
def night() -> Night:
    return Night()


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, float]]:
    """The metrics sent since the last question, added up over invocations."""

    def sent() -> dict[str, float]:
        totals: dict[str, float] = {}
        for line in capsys.readouterr().out.splitlines():
            if '"CloudWatchMetrics"' not in line:
                continue
            document = json.loads(line)
            for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                totals[metric["Name"]] = totals.get(metric["Name"], 0) + sum(document[metric["Name"]])
        return totals

    return sent
