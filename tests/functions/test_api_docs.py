"""docs/api.md names every route, problem, refusal, setting and metric there is, and none that there is not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from realcount.edge.problems import PROBLEMS
from realcount.edge.settings import PORTS_OF, VARIABLES, variables_of
from realcount.edge.telemetry import Metric

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "api.md").read_text()


def rows(heading: str) -> dict[str, list[str]]:
    """The table below a heading: its first cell, stripped of its ticks, to the others."""
    section = DOCS.split(f"\n{heading}\n", 1)[1]
    section = re.split(r"\n#{2,3} ", section, maxsplit=1)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "]
    return {first.strip("`"): rest for first, *rest in cells[1:] if not first.startswith("-")}


def test_every_problem_has_its_row_and_its_status() -> None:
    documented = {name.removeprefix("/problems/"): int(cells[0]) for name, cells in rows("## Problems").items()}
    assert documented == {code: kind.status for code, kind in PROBLEMS.items()}


OF_THE_LOG = ("fold.py", "sum_path.py", "sum_tree.py")
"""What whoever checks the public log is told by these is no answer of the API."""


def calls(*names: str) -> Iterator[ast.Call]:
    for folder in ("domain", "usecases", "edge"):
        for path in (ROOT / "shared" / "realcount" / folder).glob("*.py"):
            if path.name in OF_THE_LOG:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    if name in names:
                        yield node


def test_every_code_of_a_refusal_has_its_row() -> None:
    """Read from the source: the texts that are the first argument of `Refusal` and `_refused`, or the second of `refuse`."""
    codes = {
        arg.value for call in calls("Refusal", "_refused") for arg in call.args[:1] if isinstance(arg, ast.Constant)
    }
    codes |= {arg.value for call in calls("refuse") for arg in call.args[1:2] if isinstance(arg, ast.Constant)}
    details = {code for code in codes if " " in str(code)}  # `_refused(detail)` of one module has no code argument
    assert codes - details | {"not-found"} == rows("### Codes of refusals").keys()


def test_every_metric_has_its_row_and_the_functions_that_send_it() -> None:
    documented = rows("### Metrics")
    assert documented.keys() == {str(metric) for metric in Metric}
    for function in PORTS_OF:
        source = (ROOT / "functions" / function / "handler.py").read_text()
        sends = {str(Metric[name]) for name in re.findall(r"Metric\.([A-Z_]+)", source)}
        if "count_failures" in source:
            sends |= {"Failed", "Drift"}
        assert sends == {metric for metric, cells in documented.items() if function in cells[1].split(", ")}, function


def test_every_setting_has_its_row_and_the_functions_that_read_it() -> None:
    documented = rows("### Settings")
    assert {name: cells[0] for name, cells in documented.items()} == dict(VARIABLES)
    for name, cells in documented.items():
        assert cells[1].split(", ") == [function for function in PORTS_OF if name in variables_of(function)], name


class _Template(yaml.SafeLoader):
    """CloudFormation's short tags, of which nothing is needed here."""


_Template.add_multi_constructor("!", lambda loader, suffix, node: None)


def test_every_route_of_the_template_has_its_row_and_no_other() -> None:
    template = yaml.load((ROOT / "template.yaml").read_text(), _Template)
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for resource in template["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    documented = {tuple(name.split(" ")) for heading in ("## Reading", "## For officials") for name in rows(heading)}
    documented = {
        route
        for route in documented
        if len(route) == 2 and route[1].startswith(("/v1", "/v3", "/static", "/pemilu", "/wilayah"))
    }
    documented |= {("HEAD", path) for method, path in documented if method == "GET"}
    assert {route for route in routes if "+}" not in route[1]} <= documented
    greedy = [(method, re.sub(r"\{\w+\+\}$", "", path)) for method, path in routes]
    for method, path in documented - routes:
        assert any(path.startswith(start) and way in (method, "ANY") for way, start in greedy), f"{method} {path}"


@pytest.mark.parametrize("function", PORTS_OF)
def test_every_function_has_a_handler_and_nothing_else(function: str) -> None:
    folder = ROOT / "functions" / function
    assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["handler.py"]
    assert len((folder / "handler.py").read_text().splitlines()) <= 60
