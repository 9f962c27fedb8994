"""`python -m tests.browser.screenshots FOLDER`: the page in both sizes, schemes and languages, to be looked at by people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.browser.chromium import chromium
from tests.browser.conftest import DESK, PHONE, checked
from tests.browser.stage import Stage, staged
from tests.browser.stories import ADDRESS, Story, honest
from tests.verify.building import LOG


def forged() -> Story:
    story = honest()
    story.page["votes"]["01"] = 999
    return story


def take(browser: Any, stage: Stage, folder: Path) -> None:
    for size, viewport in (("phone", PHONE), ("desk", DESK)):
        for scheme in ("light", "dark"):
            for name, story in (("asked", None), ("proven", honest()), ("broken", forged())):
                tab = browser.new_page(viewport=viewport, color_scheme=scheme, locale="id-ID")
                (story or honest()).told(stage)
                tab.goto(stage.page(ADDRESS if story else ""))
                if story:
                    checked(tab)
                else:
                    tab.wait_for_load_state("networkidle")
                if scheme == "dark":
                    tab.click("#language")
                tab.screenshot(path=str(folder / f"{name}-{size}-{scheme}.png"), full_page=True)
                tab.close()


if __name__ == "__main__":
    shots = Path(sys.argv[1])
    shots.mkdir(parents=True, exist_ok=True)
    with chromium() as running, staged([LOG.key.to_text()]) as serving:
        take(running, serving, shots)
