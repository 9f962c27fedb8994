"""Which stored coding of a page a client gets: `Accept-Encoding` with weights, after RFC 9110.

Total: a header nobody can make sense of excludes nothing and asks for nothing.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection, Mapping

PREFERENCE = ("br", "gzip", "identity")
"""Smallest first: what decides between codings the client likes equally well."""

_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_LAST_RESORT = 0.0005
"""The weight of `identity` where the client does not mention it: below any weight that can be written."""


def choose(accept_encoding: str | None, stored: Collection[str]) -> str | None:
    """The best coding that is stored or can be made, or None if the client accepts none of them.

    `identity` can be had wherever `gzip` is stored. No header means `identity`: whoever cannot unpack will not say so.
    """
    available = set(stored) | ({"identity"} if "gzip" in stored else set())
    if accept_encoding is None:
        return "identity" if "identity" in available else None
    weights = _weights(accept_encoding)
    acceptable = [(_weight(coding, weights), coding) for coding in PREFERENCE if coding in available]
    best = max(weight for weight, _ in acceptable)
    return next(coding for weight, coding in acceptable if weight == best) if best > 0 else None


def body_in(coding: str, bodies: Mapping[str, bytes]) -> bytes:
    """The bytes of a page in a coding that `choose` returned. Pages of a kilobyte and more are stored compressed only."""
    return bodies[coding] if coding in bodies else gzip.decompress(bodies["gzip"])


def _weight(coding: str, weights: Mapping[str, float]) -> float:
    if coding in weights:
        return weights[coding]
    if coding == "identity":
        return 0.0 if weights.get("*") == 0 else _LAST_RESORT
    return weights.get("*", 0.0)


def _weights(header: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for entry in header.split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        coding = name.lower().removeprefix("x-")
        matches = [_WEIGHT.fullmatch(parameter) for parameter in parameters]
        if coding and all(matches):
            weights[coding] = min((float(match[1]) for match in matches if match), default=1.0)
    return weights
