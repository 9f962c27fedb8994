"""The real bodies of Situng and Sirekap, read where they lie: in ../shared/data, or REALCOUNT_DATA. Never copied."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def real_data() -> Path:
    """The folder; skips the test with one line that says what is missing."""
    folder = Path(os.environ.get("REALCOUNT_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "samples").is_dir():
        pytest.skip(f"the real bodies are not in {folder}: set REALCOUNT_DATA to the folder that holds them")
    return folder


def sample(name: str) -> Any:
    [path] = (real_data() / "samples").glob(f"{name}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def real_stations() -> dict[str, dict[str, Any]]:
    """Every real body of a Sirekap station by a name of its own: `<kind or file>`; the station is in the name."""
    folder = real_data()
    found = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((folder / "samples").glob("sirekap2024_tps_ppwp_REAL_*.json"))
    }
    with zipfile.ZipFile(folder / "sirekap2024" / "tps_json_samples_pulauseribu.zip") as bodies:
        for name in bodies.namelist():
            if name.endswith(".json"):
                found[Path(name).stem] = json.loads(bodies.read(name))
    return found
