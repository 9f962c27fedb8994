"""Canonical JSON: one value, one sequence of bytes. What is signed and hashed is always these bytes.

The profile is RFC 8785 (JCS) cut down to what this project signs: objects with ASCII keys, arrays, strings, integers
within +-(2**53 - 1), true, false, null. Within it `json.dumps(sort_keys=True)` writes exactly the bytes of RFC 8785
(held by a property test), and numbers have one spelling, because there are no fractions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import NoReturn

from realcount.domain.errors import Refusal, Rejected

MAX_INTEGER = 2**53 - 1


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:32]} is not an integer")


_decode = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode
_encode = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,  # What comes here was decoded, or written out as a literal: it cannot contain itself.
).encode


def canonical_bytes(value: Mapping[str, object]) -> bytes:
    """Encode an object canonically, as UTF-8 without a byte order mark and without a final newline.

    The caller guarantees the profile (no floats, ASCII keys). Lone surrogates raise `UnicodeEncodeError`.
    """
    return _encode(value).encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """The name of a sequence of bytes: its SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def parse_canonical(data: bytes) -> dict[str, object]:
    """Decode bytes that must already be canonical; anything else is refused, never repaired.

    Decoding and encoding again must give the identical bytes. That one rule catches duplicate keys, `-0`, `1e9`,
    `1.0`, insignificant white space, escapes that need none, a byte order mark and a different order of keys.

    Raises `Rejected` with one refusal (`not-canonical`).
    """
    value = decode_object(data)
    require_canonical(data, encode_decoded(value))
    return value


def decode_object(data: bytes) -> dict[str, object]:
    """The first half of `parse_canonical`, for whoever encodes the value anyway: nothing is to be believed of it before
    `require_canonical`. Raises `Rejected` as that does."""
    try:
        value = _decode(data.decode("utf-8", "strict"))
    except UnicodeError as error:
        raise _refused(f"is not UTF-8: {error}") from None
    except RecursionError:
        raise _refused("is nested too deeply") from None
    except ValueError as error:
        raise _refused(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise _refused("is not a JSON object")
    return value


def encode_decoded(value: Mapping[str, object]) -> bytes:
    """`canonical_bytes` of what somebody else wrote. Raises `Rejected` as `parse_canonical` does."""
    try:
        return canonical_bytes(value)
    except UnicodeError as error:
        raise _refused(f"is not UTF-8: {error}") from None
    except RecursionError:
        raise _refused("is nested too deeply") from None


def require_canonical(data: bytes, again: bytes) -> None:
    """That what was decoded from `data` encodes to it again. Raises `Rejected` as `parse_canonical` does."""
    if again != data:
        at = next((i for i, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), min(len(again), len(data)))
        raise _refused(
            f"is not in canonical form: at byte {at} expected {again[at : at + 16]!r}, found {data[at : at + 16]!r}"
        )


def _refused(detail: str) -> Rejected:
    return Rejected([Refusal("not-canonical", "payload", detail)])
