"""`python -m bench confirm` against the whole system on this machine: the deployed edge's rules, a real cache, real functions."""

from __future__ import annotations

import pytest

from bench import confirm
from bench.options import Options
from realcount.local.edge.copies_origin import serving_copies
from realcount.local.edge.distribution import Primary
from realcount.local.edge.varnish import running_edge
from realcount.local.machine import Machine
from tests.journeys.conftest import Night

pytestmark = pytest.mark.edge


@pytest.mark.parametrize(
    ("primary", "differs"),
    [
        ("api", set()),
        # Copies lie uncompressed in S3. CloudFront compresses them and Varnish does not (docs/operations.md).
        ("copies", {"br for who takes it", "gzip for who takes it"}),
    ],
)
def test_the_edge_of_one_machine_is_confirmed(
    machine: Machine, night: Night, primary: Primary, differs: set[str]
) -> None:
    bucket = machine.stack.environment()["BUCKET_PUBLISHED"]
    with (
        serving_copies(machine.engine, bucket) as copies,
        running_edge(machine.places, api=machine.base_url, copies=copies, primary=primary) as edge,
    ):
        given = {"edge": edge.base_url, "api": machine.base_url, "rate": 20.0, "yes": True}
        result = confirm.run(Options(quick=True, given={**given, "copies_first": primary == "copies"}))
    outcomes = {finding["what"]: finding["outcome"] for finding in result["findings"]}
    assert {what for what, outcome in outcomes.items() if outcome == "FAILS"} == differs, confirm.table(result)
    assert outcomes["a second look is a hit"] == "holds"
