"""Accept-Encoding as RFC 9110 has it, and no header that can bring it down."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.edge.codings import body_in, choose

COMPRESSED = ("gzip", "br")
PLAIN = ("identity",)


@pytest.mark.parametrize(
    ("header", "compressed", "plain"),
    [
        (None, "identity", "identity"),
        ("", "identity", "identity"),
        ("br", "br", "identity"),
        ("gzip", "gzip", "identity"),
        ("gzip, br", "br", "identity"),
        ("gzip;q=1, br;q=1", "br", "identity"),
        ("gzip;q=0.9, br;q=0.8", "gzip", "identity"),
        ("identity;q=0.5, br;q=0.4", "identity", "identity"),
        ("identity;q=0.5, br;q=0.6", "br", "identity"),
        ("identity", "identity", "identity"),
        ("identity, *;q=0", "identity", "identity"),
        ("*", "br", "identity"),
        ("*, br;q=0", "gzip", "identity"),
        ("*;q=0", None, None),
        ("*;q=0.0, gzip", "gzip", None),
        ("identity;q=0", None, None),
        ("identity;q=0, gzip", "gzip", None),
        ("br;q=0, gzip;q=0", "identity", "identity"),
        ("deflate, compress", "identity", "identity"),
        (" BR ; Q=0.7 , gzip ; q=0.6", "br", "identity"),
        ("x-gzip", "gzip", "identity"),
        ("br;q=2", "identity", "identity"),
        ("br;q=-1, gzip", "gzip", "identity"),
        ("br;level=5", "identity", "identity"),
    ],
)
def test_the_best_acceptable_coding_is_chosen(header: str | None, compressed: str | None, plain: str | None) -> None:
    assert choose(header, COMPRESSED) == compressed
    assert choose(header, PLAIN) == plain


@given(st.text(max_size=200))
def test_no_header_is_an_exception(header: str) -> None:
    assert choose(header, COMPRESSED) in {"br", "gzip", "identity", None}


@given(st.lists(st.tuples(st.sampled_from(["br", "gzip", "identity", "*", "zstd"]), st.integers(0, 1000)), max_size=6))
def test_what_the_client_excludes_is_never_sent(entries: list[tuple[str, int]]) -> None:
    header = ", ".join(f"{coding};q={weight / 1000:.3f}" for coding, weight in entries)
    weights = dict(entries)
    chosen = choose(header, COMPRESSED)
    if chosen is not None:
        assert weights.get(chosen, weights.get("*", 1)) > 0
        assert chosen == "identity" or chosen in weights or "*" in weights


def test_identity_is_made_where_only_compressed_bodies_are_stored() -> None:
    assert body_in("identity", {"gzip": gzip.compress(b"page"), "br": b"?"}) == b"page"
    assert body_in("identity", {"identity": b"page"}) == b"page"
    assert body_in("br", {"gzip": b"?", "br": b"stored"}) == b"stored"
