"""What stands in the way of an edge is one line; what it writes of its origins is read back whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from realcount.local.edge.varnish import Fetch, _fetch, running_edge
from realcount.local.places import LocalError, Places, checkout


def test_where_varnish_is_not_installed_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with (
        pytest.raises(LocalError, match=r"^varnishd is missing: .*apt-get install varnish"),
        running_edge(Places(checkout().root, tmp_path), api="127.0.0.1:1", copies="127.0.0.1:2"),
    ):
        pytest.fail("an edge without Varnish")


def test_a_line_of_its_log_is_a_request_to_an_origin() -> None:
    assert _fetch("1795521597.986\tapi\t200\t/v1/a\tbr,gzip\t-\n") == Fetch(
        1795521597.986, "api", 200, "/v1/a", "br,gzip"
    )
    assert _fetch("1795521597.986\tcopies\t-\t/v1/a\t-\t\n") == Fetch(1795521597.986, "copies", 503, "/v1/a", "")


def test_what_was_decided_not_to_be_asked_and_half_a_line_are_none() -> None:
    assert _fetch("1795521597.986\t-\t-\t/v1/a\tbr\t1\n") is None
    assert _fetch("1795521597.986\tapi\t200\t/v1/a\tbr") is None
