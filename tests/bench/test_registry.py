"""Which benches there are, that each can be called by `make`, and that docs/performance.md says what they found."""

from __future__ import annotations

import importlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import records
from bench.__main__ import listing, main
from bench.options import RESULTS, Options
from bench.registry import Bench, benches

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "performance.md").read_text()
KEPT = sorted(RESULTS.glob("*.json"))

OURS = '''"""Counts to three.

More of it.
"""
NEEDS = "patience"
SERVERS: dict[str, tuple[str, ...]] = {"python": ("python3", "--version")}

def run(options): return {"three": 3, "out": str(options.out)}
def table(result): return "| three |"
'''


def test_a_module_with_run_and_table_is_a_bench_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "three.py").write_text(OURS)
    (tmp_path / "half.py").write_text("def run(options): ...")
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "__init__.py").write_text('"""A package."""\nfrom x import run\nfrom y import table\n')
    found = benches(tmp_path)
    assert list(found) == ["three", "whole"], "found by reading: x and y do not exist"
    assert found["three"] == Bench("three", "Counts to three.", "patience", {"python": ("python3", "--version")})


def test_the_list_says_what_each_does_and_needs() -> None:
    shown = listing({"a": Bench("a", "Counts.", "npm"), "bcd": Bench("bcd", "Weighs.")})
    assert shown == "a    Counts.\n     needs npm\nbcd  Weighs.\n"


def test_a_bench_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(SystemExit, match=r"there is no bench warp; there are .*model"):
        main(["warp"])


def test_names_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    """An option of one bench can be read only once that bench is known."""
    with pytest.raises(SystemExit):
        main(["--quick", "starts"])
    assert "name the benches before the options" in capsys.readouterr().err


def test_a_bench_that_lacks_a_library_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.registry.importlib.import_module", _absent)
    with pytest.raises(SystemExit, match="bench cold needs the module fastapi"):
        Bench("cold", "").load()


def _absent(name: str) -> None:
    raise ModuleNotFoundError(f"No module named {name}", name="fastapi")


def test_a_result_says_which_machine_it_was_taken_on() -> None:
    told = records.machine({"python": ("python3", "--version"), "none": ("no-such-server", "-V")})
    assert {"python", "processor", "cores", "memory_gib", "load_average"} <= told.keys()
    servers = told["servers"]
    assert isinstance(servers, dict)
    assert re.match(r"Python 3\.", servers["python"])
    assert servers["none"] == "absent"


def test_a_table_replaces_the_last_one_and_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "d.md"
    document.write_text("before\n<!-- bench a -->\nold\n<!-- end -->\nbetween\n<!-- bench ab -->\n<!-- end -->\n")
    assert records.show("a", r"| \1 new |", document)
    assert not records.show("b", "| x |", document)
    assert records.shown("a", document) == r"| \1 new |"
    assert records.shown("ab", document) == ""
    assert document.read_text().startswith("before\n<!--")
    assert "between\n<!-- bench ab -->" in document.read_text()


# ---- the benches, targets and figures there are ------------------------------------------------------------------------


@pytest.mark.parametrize("bench", benches().values(), ids=lambda bench: bench.name)
def test_every_bench_says_what_it_measures_and_has_a_place_in_the_document(bench: Bench) -> None:
    assert bench.about, "its docstring is what `python -m bench` lists"
    assert records.shown(bench.name) is not None, f"docs/performance.md: <!-- bench {bench.name} --> … <!-- end -->"
    assert f"bench-{bench.name}`" in DOCUMENT or f"bench {bench.name}" in DOCUMENT, "and how to run it"


def test_every_target_has_its_bench() -> None:
    makefile = (ROOT / "Makefile").read_text()
    listed = re.search(r"^BENCHES := (.+)$", makefile, re.MULTILINE)
    assert listed is not None
    assert {name for name in listed[1].split() if name not in benches()} == set()


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_every_result_was_made_by_a_bench_and_its_figures_stand_in_the_document(path: Path) -> None:
    assert path.stem in benches()
    record = json.loads(path.read_text())
    assert record["bench"] == path.stem
    table = importlib.import_module(f"bench.{path.stem}").table(record["result"])
    assert records.shown(path.stem) == table.strip(), f"python -m bench {path.stem} writes it; nobody types it"


def test_a_run_is_kept_where_others_look_for_it(tmp_path: Path) -> None:
    records.keep("three", {"three": 3}, datetime(2026, 11, 24, tzinfo=UTC), 1.26, {"cores": 2}, tmp_path)
    assert records.kept("three", tmp_path) == {"three": 3}
    assert records.kept("four", tmp_path) is None
    assert Options().out == RESULTS
