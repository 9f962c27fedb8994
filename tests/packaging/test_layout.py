"""House rules about files that no linter knows: what a folder holds, what a module is called, how long it is."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "data", "service", "misc", "base"}

LONGEST_MODULE = 300
LONGEST_HANDLER = 60


def sources() -> Iterator[Path]:
    """Every Python module that is committed or about to be, tests apart."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for line in sorted(set(listed.stdout.splitlines())):
        if not line.startswith("tests/") and (ROOT / line).is_file():
            yield ROOT / line


def test_a_function_folder_holds_a_handler_and_nothing_else() -> None:
    """A second module there could hide the layer's package of the same name: /var/task comes before /opt/python."""
    for folder in (ROOT / "functions").iterdir():
        held = {path.name for path in folder.iterdir()} - {"__pycache__"}
        assert held == {"handler.py"}, folder.name


def test_handlers_are_thin() -> None:
    lengths = {path.parent.name: len(path.read_text().splitlines()) for path in ROOT.glob("functions/*/handler.py")}
    assert {name: length for name, length in lengths.items() if length > LONGEST_HANDLER} == {}


def test_every_step_is_called_the_same_everywhere() -> None:
    steps = {path.parent.name for path in ROOT.glob("functions/*/handler.py")}
    usecases = {path.stem for path in ROOT.glob("shared/realcount/usecases/*.py")}
    assert steps - usecases == {"read_results"}, "reading is one look-up: it has no use case"


def test_modules_are_named_after_what_they_decide() -> None:
    assert [str(path.relative_to(ROOT)) for path in sources() if path.stem in NAMELESS] == []


def test_modules_can_be_read_in_one_sitting() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_module_says_what_it_decides() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in sources() if not path.read_text().lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []
