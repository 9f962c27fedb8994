"""One browser for all stories; each has a page of its own, and fails if the page ever complained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import chromium
from tests.browser.stage import Stage, staged
from tests.verify.building import LOG

PHONE = {"width": 360, "height": 780}
DESK = {"width": 1280, "height": 900}
MILLISECONDS = 10_000
"""How long anything may take; it takes a tenth of a second."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged([LOG.key.to_text()]) as serving:
        yield serving


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A page in Indonesian, light, as wide as a desk. What it says in its console, or throws, fails the test; that the API
    answers 404 it may say."""
    context = browser.new_context(viewport=DESK, locale="id-ID", color_scheme="light", timezone_id="Asia/Jakarta")
    opened = context.new_page()
    opened.set_default_timeout(MILLISECONDS)
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    yield opened
    context.close()
    assert [line for line in said if "Failed to load resource" not in line] == []


def checked(tab: Any) -> Any:
    """The answer, once there is one."""
    tab.wait_for_selector("#answer[data-verdict]:not([data-verdict=''])")
    return tab.locator("#answer")


def steps(tab: Any) -> dict[str, str]:
    found: dict[str, str] = tab.eval_on_selector_all(
        "#answer li", "lines => Object.fromEntries(lines.map(({dataset}) => [dataset.step, dataset.state]))"
    )
    return found
