"""That everything a report refers to is in it, and is what it must be: JSON Schema cannot say so (`refTypes` is the schema's
own word, which no validator knows)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from realcount.rendering.nist.report import Object

REFERENCES: Mapping[str, str] = {
    "ElectionScopeId": "ReportingUnit",
    "ElectionDistrictId": "ReportingUnit",
    "GpUnitId": "ReportingUnit",
    "ComposingGpUnitIds": "ReportingUnit",
    "CandidateIds": "Candidate",
    "PartyId": "Party",
}
"""Members that refer to something, and to what."""


def faults_of(report: Object) -> list[str]:
    """What is named and is not there, is something else, or is there twice. Empty for a good report."""
    known: dict[str, str] = {}
    named: list[tuple[str, str]] = []
    faults: list[str] = []
    for value in _objects(report):
        if "@id" in value:
            if value["@id"] in known:
                faults.append(f"{value['@id']} is there twice")
            known[value["@id"]] = value["@type"].removeprefix("ElectionResults.")
        for member, wanted in value.items():
            if member in REFERENCES:
                named += [(member, one) for one in (wanted if isinstance(wanted, list) else [wanted])]
    for member, wanted in named:
        if known.get(wanted) != REFERENCES[member]:
            faults.append(f"{member} names {wanted}, which is {known.get(wanted, 'not there')}")
    return faults


def _objects(value: Any) -> Iterator[Object]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from _objects(member)
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one)
