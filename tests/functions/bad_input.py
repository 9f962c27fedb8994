"""What a careless client, a broken phone or somebody with a plan may send in place of a canonical, signed statement.

Each entry turns the canonical payload of a good statement into bytes that are then properly signed: the signature is
never what saves us.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Spoil = Callable[[bytes], bytes]


def number(text: str) -> Spoil:
    """The first whole number that is the value of a member, written another way."""
    return lambda payload: re.sub(rb":[0-9]+([,}])", b":" + text.encode() + rb"\1", payload, count=1)


def twice(payload: bytes) -> bytes:
    """The first member again, with the same value."""
    head, _, rest = payload[1:].partition(b",")
    return b"{" + head + b"," + head + b"," + rest


NOT_CANONICAL: dict[str, Spoil] = {
    "not UTF-8": lambda payload: payload.replace(b'"e19"', b'"e\xff9"'),
    "UTF-16": lambda payload: payload.decode().encode("utf-16"),
    "a byte order mark": lambda payload: b"\xef\xbb\xbf" + payload,
    "an overlong encoding": lambda payload: payload.replace(b'"e19"', b'"\xc1\xa519"'),
    "an encoded surrogate": lambda payload: payload.replace(b'"e19"', b'"\xed\xa0\x80"'),
    "an escaped surrogate": lambda payload: payload.replace(b'"e19"', b'"\\ud800"'),
    "an escape that is not needed": lambda payload: payload.replace(b'"e19"', b'"\\u00651\\u0039"'),
    "white space": lambda payload: payload.replace(b":", b": ", 1),
    "white space in front": lambda payload: b" " + payload,
    "keys out of order": lambda payload: payload[:-1].replace(b"{", b'{"z":1,', 1) + b"}",
    "a key twice": twice,
    "NaN": number("NaN"),
    "Infinity": number("-Infinity"),
    "1e9": number("1e9"),
    "-0": number("-0"),
    "a fraction": number("12.0"),
    "a leading zero": number("012"),
    "a plus sign": number("+12"),
    "hexadecimal": number("0x1f"),
    "Arabic digits": number("١٢"),
    "full-width digits": number("１２"),
    "five thousand digits": number("9" * 5000),
    "a comment": lambda payload: payload.replace(b"{", b"{/**/", 1),
    "cut off": lambda payload: payload[: len(payload) // 2],
    "two objects": lambda payload: payload + payload,
    "a list": lambda payload: b"[" + payload + b"]",
    "a text": lambda payload: b'"form"',
    "null": lambda payload: b"null",
    "nothing but depth": lambda payload: b"[" * 15_000 + b"]" * 15_000,
    "depth inside an object": lambda payload: b'{"a":' * 6_000 + b"1" + b"}" * 6_000,
    "a null byte": lambda payload: payload + b"\0",
    "a form field": lambda payload: b"document=" + payload,
    "no JSON at all": lambda payload: b"<form/>",
}
"""What is refused before a single member is looked at, as `not-canonical` in `payload`."""

NOT_SIGNED: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda document: b"",
    "a line feed": lambda document: b"\n",
    "two line feeds": lambda document: b"\n\n",
    "the payload alone": lambda document: document.split(b"\n")[0] + b"\n",
    "no line feed at the end": lambda document: document[:-1],
    "carriage returns": lambda document: document.replace(b"\n", b"\r\n"),
    "a third line": lambda document: document + b"more\n",
    "a signature that is not base64": lambda document: document.split(b"\n")[0] + b"\n!!!!\n",
    "a signature with white space": lambda document: document[:-9] + b" " + document[-9:],
    "a signature in the other alphabet": lambda document: document.split(b"\n")[0] + b"\n" + b"-_" * 43 + b"==\n",
    "an endless signature": lambda document: document.split(b"\n")[0] + b"\n" + b"A" * 4_000 + b"\n",
    "cut off": lambda document: document[:-20],
    "random bytes": lambda document: bytes(range(256)) * 3,
}
"""What is no signed document at all."""

NOT_A_NUMBER: dict[str, object] = {
    "a boolean": True,
    "a text": "12",
    "null": None,
    "negative": -1,
    "too large": 10_000_000,
    "far too large": 2**53 - 1,
    "a list": [12],
    "an object": {"n": 12},
    "Arabic digits in a text": "١٢",
    "a thousand with a dot in a text": "1.234",
}
"""Canonical JSON, but no count of votes."""
