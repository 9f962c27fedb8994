"""Data flows one way. Each contract of pyproject.toml is broken once in a copy of the tree, to see that it holds."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in ("shared", "functions"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def lint(checkout: Path) -> subprocess.CompletedProcess[str]:
    """The contracts on a copy: its own folders come before the installed package."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": "shared:.", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_tree_keeps_its_contracts(checkout: Path) -> None:
    result = lint(checkout)
    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("shared/realcount/domain/tally.py", "import realcount.ports", "functions → wiring"),
        ("shared/realcount/usecases/roll_up.py", "import realcount.aws.keys", "functions → wiring"),
        ("shared/realcount/aws/keys.py", "import realcount.edge.stream", "functions → wiring"),
        ("shared/realcount/edge/stream.py", "import realcount.wiring", "functions → wiring"),
        ("shared/realcount/rendering/results.py", "import realcount.ports", "functions → wiring"),
        ("shared/realcount/wiring.py", "import functions.roll_up.handler", "functions → wiring"),
        (
            "shared/realcount/rendering/results.py",
            "import boto3",
            "domain, rendering, ports and use cases know no cloud",
        ),
        (
            "shared/realcount/usecases/roll_up.py",
            "import pydantic",
            "domain, rendering, ports and use cases know no cloud",
        ),
        ("shared/realcount/aws/keys.py", "import realcount.usecases.roll_up", "adapters answer to ports"),
        ("shared/realcount/aws/keys.py", "import aws_lambda_powertools", "only functions and edge know Powertools"),
        ("shared/realcount/wiring.py", "import realcount.local.memory", "nothing that runs in Lambda imports"),
        ("functions/roll_up/handler.py", "import realcount.cli", "nothing that runs in Lambda imports"),
        (
            "shared/realcount/usecases/seal_forms.py",
            "import realcount.verify.audit",
            "nothing that runs in Lambda imports",
        ),
        ("shared/realcount/officials/official.py", "import realcount.aws.keys", "the officials' side knows"),
        ("shared/realcount/officials/official.py", "import realcount.local.machine", "the officials' side knows"),
        (
            "shared/realcount/verify/count.py",
            "import realcount.usecases.roll_up",
            "the outside checker shares the domain",
        ),
        ("shared/realcount/verify/count.py", "import realcount.cli.terminal", "the outside checker shares the domain"),
        ("shared/realcount/verify/count.py", "import boto3", "the outside checker shares the domain"),
    ],
)
def test_a_planted_import_is_found(checkout: Path, module: str, line: str, contract: str) -> None:
    path = checkout / module
    path.write_text(f"{path.read_text()}\n{line}\n")

    result = lint(checkout)

    assert result.returncode == 1
    assert any(row.startswith(contract) and "BROKEN" in row for row in result.stdout.splitlines()), result.stdout


@pytest.mark.parametrize("line", ["os.environ['TABLE_FORMS']", "os.getenv('TABLE_FORMS')"])
def test_only_wiring_reads_the_environment(checkout: Path, line: str) -> None:
    ruff = [str(Path(sys.executable).with_name("ruff")), "check", "--quiet", "--no-cache", "--select", "TID251", "."]
    assert subprocess.run(ruff, cwd=checkout, timeout=60, check=False).returncode == 0

    path = checkout / "shared/realcount/usecases/roll_up.py"
    path.write_text(f"import os\n{path.read_text()}\nTABLE = {line}\n")

    result = subprocess.run(ruff, cwd=checkout, capture_output=True, text=True, timeout=60, check=False)
    assert "only wiring reads the environment" in result.stdout


def foreign(domain: Path) -> dict[str, str]:
    """What the domain imports that is neither the standard library nor itself, and where."""
    found = {}
    for path in sorted(domain.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                own = module == "realcount.domain" or module.startswith("realcount.domain.")
                if not own and module.split(".")[0] not in sys.stdlib_module_names:
                    found[module] = path.name
    return found


def test_the_domain_is_the_standard_library_and_itself(checkout: Path) -> None:
    domain = checkout / "shared/realcount/domain"
    assert foreign(domain) == {}

    (domain / "page.py").write_text("def late():\n    import brotli\n    from realcount.ports import Clock\n")
    assert foreign(domain) == {"brotli": "page.py", "realcount.ports": "page.py"}
