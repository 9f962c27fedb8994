"""Checkpoints are where a restart begins: kept per shard, replaced whole, and only for the very same stream."""

from __future__ import annotations

import json
from pathlib import Path

from realcount.local.checkpoints import Checkpoints


def test_places_are_kept_per_shard(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "c.json"
    first = Checkpoints(path, "stream")
    assert first.after("a") is None
    first.done("a", "1")
    first.done("a", "2")
    first.done("b", "7")
    first.end("a")
    again = Checkpoints(path, "stream")
    assert (again.after("a"), again.after("b"), again.ended("a"), again.ended("b")) == ("2", "7", True, False)
    again.forget("b")
    assert Checkpoints(path, "stream").after("b") is None


def test_places_of_another_stream_do_not_count(tmp_path: Path) -> None:
    Checkpoints(tmp_path / "c.json", "old").done("a", "5")
    new = Checkpoints(tmp_path / "c.json", "new")
    assert new.after("a") is None
    new.done("a", "1")
    assert json.loads((tmp_path / "c.json").read_text())["after"] == {"a": "1"}


def test_a_write_that_died_halfway_leaves_the_place_before(tmp_path: Path) -> None:
    Checkpoints(tmp_path / "c.json", "stream").done("a", "5")
    (tmp_path / "c.new").write_text('{"stream": "str')
    assert Checkpoints(tmp_path / "c.json", "stream").after("a") == "5"
