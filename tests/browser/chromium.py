"""The system's Chromium, driven by a Playwright of its own environment (infra/tools/browser), which `make test-browser` fills.

Playwright brings no browser here: what is tested is what Debian's readers have.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PLAYWRIGHT = Path(__file__).parents[2] / "infra" / "tools" / "browser" / ".venv" / "lib"

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
"""Containers have no user namespaces and little shared memory; what is opened is ours alone."""


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser, as Playwright's synchronous interface has it."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("chromium is missing: the page is tested in a real browser (Debian: apt-get install chromium)")
    where = next(PLAYWRIGHT.glob("python3.*/site-packages"), None)
    if where is None:
        pytest.fail("the browser's environment is missing: run `make test-browser`")
    sys.path.append(str(where))  # Behind everything of ours: it adds a name and replaces none.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
