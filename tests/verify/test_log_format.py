"""docs/log-format.md: its worked example is what the code writes, every hash in it follows from the files beside it by
SHA-256 alone, and every code it points to has a meaning."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from realcount.domain.log.notes import read_key
from realcount.verify.audit import Audit
from realcount.verify.findings import CODES, Findings
from realcount.verify.proof import check_proof
from realcount.verify.sources import FolderSource
from realcount.verify.state import State
from tests.verify import example

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "log-format.md").read_text(encoding="utf-8")


def test_the_example_is_what_the_code_writes() -> None:
    laid = {
        path.relative_to(example.FOLDER).as_posix(): path.read_bytes()
        for path in example.FOLDER.rglob("*")
        if path.is_file()
    }
    assert laid == example.files(), "run `python -m tests.verify.example`, and see why"


def test_the_page_says_so_and_does_not_promise_what_is_not_there() -> None:
    assert all(line in PAGE for line in example.table())
    assert all(root in PAGE for root in example.roots())
    assert PAGE.splitlines()[2].startswith("**Written today: all of it**")
    writers = list((ROOT / "shared" / "realcount" / "usecases").glob("*.py"))
    assert [path for path in writers if "snapshot_entry" in path.read_text()]
    assert [path for path in writers if "cosignatures(" in path.read_text()]


def test_its_hashes_follow_from_its_files_by_sha256_alone() -> None:
    """Written without this project's code, as an implementer would begin."""
    bundle = (example.FOLDER / "tile/entries/000.p/10").read_bytes()
    entries, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        entries.append(bundle[at + 2 : end])
        at = end
    leaves = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
    assert b"".join(leaves) == (example.FOLDER / "tile/0/000.p/10").read_bytes()

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    four = [node(node(leaves[i], leaves[i + 1]), node(leaves[i + 2], leaves[i + 3])) for i in (0, 4)]
    root = node(node(four[0], four[1]), node(leaves[8], leaves[9]))
    assert root.hex() == example.roots()[0]

    snapshot = json.loads(entries[9])
    units = {"N": snapshot["root"]}
    for unit, child in (("N", "P1"), ("P1", "V1"), ("V1", "S1")):
        document = json.loads((example.FOLDER / "sums" / units[unit]).read_bytes())
        assert sum_node(document) == units[unit]
        listed = {row["unit"]: row for row in document["children"]}
        units[child] = listed[child]["hash"]
    assert units["S1"] == leaves[8].hex()
    assert snapshot["sums"]["votes"] == [151 + 80, 119 + 95]

    way = json.loads((example.FOLDER / example.PROOF).read_bytes())["way"]
    assert [level["unit"] for level in way] == ["V1", "P1", "N"]
    below = {"unit": "S1", "sums": listed["S1"]["sums"], "hash": leaves[8].hex()}
    for level in way:
        part = {"sums": below["sums"], "hash": hashed(3, below)}
        for side, hash_, *numbers in level["steps"]:
            names = ("stations", "valid", "invalid", "voters")
            beside = {
                "sums": {**dict(zip(names, numbers, strict=False)), "votes": numbers[4:]},
                "hash": base64.b64decode(hash_).hex(),
            }
            part = pair(beside, part) if side == "left" else pair(part, beside)
        node_ = {
            **NODE,
            "unit": level["unit"],
            "children": level["children"],
            "sums": part["sums"],
            "tree": part["hash"],
        }
        below = {"unit": level["unit"], "sums": part["sums"], "hash": hashed(2, node_)}
    assert (below["sums"], below["hash"]) == (snapshot["sums"], snapshot["root"])


NODE = {"type": "realcount/sum/v1", "election": "e19", "contest": "ppwp"}


def hashed(first: int, document: object) -> str:
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(bytes([first]) + data).hexdigest()


def pair(left: Any, right: Any) -> dict[str, Any]:
    a, b = left["sums"], right["sums"]
    sums = {name: a[name] + b[name] for name in a if name != "votes"}
    sums["votes"] = [x + y for x, y in zip(a["votes"], b["votes"], strict=True)]
    return {"sums": sums, "hash": hashed(4, {"left": left, "right": right})}


def sum_node(document: dict[str, Any]) -> str:
    parts = [{"sums": child["sums"], "hash": hashed(3, child)} for child in document["children"]]
    while len(parts) > 1:
        pairs = [pair(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[2 * len(pairs) :]
    assert parts[0]["sums"] == document["sums"]
    node = {**document, "children": len(document["children"]), "tree": parts[0]["hash"]}
    return hashed(2, node)


def test_the_example_holds(tmp_path: Path) -> None:
    key = read_key((example.FOLDER / "log.key").read_text().strip())
    witness = read_key((example.FOLDER / "witness.key").read_text().strip())
    report = Audit(FolderSource(example.FOLDER), key, State(tmp_path, key), [witness], 1).run()
    assert report.holds, report.to_document()
    shown = check_proof((example.FOLDER / example.PROOF).read_bytes(), key, Findings(), "S1")
    assert shown is not None and shown.index == 8


def test_every_code_that_is_found_has_a_meaning() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "shared/realcount/verify").glob("*.py"))
    assert all(sources.count(f'"{code}"') > 1 for code in CODES), "a code that nothing finds"
