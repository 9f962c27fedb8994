"""The project's own cfn-lint rules, found in their folder and run as cfn-lint does both."""

from pathlib import Path

from cfnlint.decode import decode
from cfnlint.helpers import load_plugins
from cfnlint.match import Match
from cfnlint.template import Template

ROOT = Path(__file__).parents[2]
RULES = ROOT / "infra" / "rules"

FUNCTIONS = {"E9001", "E9002", "E9003", "E9004", "E9005", "E9006"}
EDGE = {"E9101", "E9102", "E9103", "E9104", "E9105"}


def matches(template: Path) -> list[Match]:
    """What our rules say of a template."""
    rules = load_plugins(str(RULES))
    assert {rule.id for rule in rules} == FUNCTIONS | EDGE
    cfn = Template(str(template), decode(str(template))[0])
    return [match for rule in rules for match in rule.matchall(str(template), cfn)]
