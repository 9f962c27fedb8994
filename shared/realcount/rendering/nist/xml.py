"""A report in XML, by the sequences of the official schema: what is in another order is not valid."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from realcount.rendering.nist.report import Object

NAMESPACE = "http://itl.nist.gov/ns/voting/1500-100/v2"
SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

_UNIT = ("ComposingGpUnitIds", "ExternalIdentifier", "Name")
_COUNTS = ("GpUnitId", "Type")

SEQUENCES: Mapping[str, Sequence[str]] = {
    "ElectionReport": (
        *(
            "Election",
            "ExternalIdentifier",
            "Format",
            "GeneratedDate",
            "GpUnit",
            "Issuer",
            "IssuerAbbreviation",
            "Notes",
        ),
        *("Party", "SequenceStart", "SequenceEnd", "Status", "VendorApplicationId"),
    ),
    "Election": (
        *("BallotCounts", "Candidate", "Contest", "ElectionScopeId", "ExternalIdentifier", "Name"),
        *("StartDate", "EndDate", "Type"),
    ),
    "CandidateContest": (
        *("ContestSelection", "CountStatus", "ElectionDistrictId", "ExternalIdentifier", "Name"),
        *("SubUnitsReported", "TotalSubUnits", "VotesAllowed"),
    ),
    "CandidateSelection": ("SequenceOrder", "VoteCounts", "CandidateIds"),
    "Candidate": ("BallotName", "ExternalIdentifier", "PartyId"),
    "VoteCounts": (*_COUNTS, "Count"),
    "BallotCounts": (*_COUNTS, "BallotsCast", "BallotsRejected"),
    "ReportingUnit": (
        *(*_UNIT, "CountStatus", "SubUnitsReported", "TotalSubUnits", "Type", "OtherType"),
        *("VotersParticipated", "VotersRegistered"),
    ),
    "Party": ("Name",),
    "CountStatus": ("Status", "Type"),
    "ExternalIdentifier": ("Type", "OtherType", "Value"),
    "InternationalizedText": ("Text",),
}
"""Of every class that a report has, its members in the order of the schema, those of the base type first."""

_DERIVED = frozenset({"CandidateContest", "CandidateSelection", "ReportingUnit"})
"""Classes that stand where the schema names an abstract one, and say so in `xsi:type`."""

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document can hold, however they are written."""

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


def report_xml(report: Object) -> bytes:
    """The document. Raises `KeyError` for a class and `ValueError` for a member that has no place in `SEQUENCES`."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write("ElectionReport", report, out, f' xmlns="{NAMESPACE}" xmlns:xsi="{SCHEMA_INSTANCE}"')
    out.append("\n")
    return "".join(out).encode("utf-8")


def _write(element: str, value: Any, out: list[str], more: str = "") -> None:
    if not isinstance(value, dict):
        out.append(f"<{element}>{_text(value)}</{element}>")
        return
    class_ = value["@type"].removeprefix("ElectionResults.")
    if class_ == "LanguageString":
        out.append(f'<{element} Language="{_text(value["Language"])}">{_text(value["Content"])}</{element}>')
        return
    if "@id" in value:
        more += f' ObjectId="{_text(value["@id"])}"'
    if class_ in _DERIVED:
        more += f' xsi:type="{class_}"'
    out.append(f"<{element}{more}>")
    sequence = SEQUENCES[class_]
    written = 0
    for name in sequence:
        if name not in value:
            continue
        written += 1
        member = value[name]
        if not isinstance(member, list):
            _write(name, member, out)
        elif isinstance(member[0], str):
            out.append(f"<{name}>{' '.join(map(_text, member))}</{name}>")  # xsd:IDREFS
        else:
            for one in member:
                _write(name, one, out)
    if written != sum(not name.startswith("@") for name in value):
        raise ValueError(f"{sorted(value.keys() - set(sequence))} of {class_} have no place in the sequence")
    out.append(f"</{element}>")


def _text(value: object) -> str:
    text = str(value)
    if text.isascii() and text.isalnum():  # Nearly all: numbers.
        return text
    return _ILLEGAL.sub("\ufffd", text).translate(_ESCAPES)
