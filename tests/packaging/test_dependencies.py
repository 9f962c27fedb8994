"""Locks and what is exported from them: fresh, hashed, from the public index, and split as the template's layers are."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ROOT / "infra" / "dependencies"
PEERS = ROOT / "bench" / "peers" / "uv.lock"
LOCKS = sorted([ROOT / "uv.lock", *ROOT.glob("infra/tools/*/uv.lock"), *ROOT.glob("bench/*/uv.lock")])
NPM_LOCK = ROOT / "infra" / "tools" / "dynoxide" / "package-lock.json"

PUBLIC_INDEX = "https://pypi.org/simple"
PUBLIC_FILES = "https://files.pythonhosted.org/packages/"
PUBLIC_NPM = "https://registry.npmjs.org/"


def names(layer: str) -> set[str]:
    """The packages of a dependency layer."""
    return set(re.findall(r"^([\w.-]+)==", (LAYERS / layer / "requirements.txt").read_text(), re.MULTILINE))


def export(into: Path) -> dict[str, str]:
    """What the locks say today the layers hold, by the command that the developer runs."""
    for layer in ("read", "write", "bulk"):
        (into / layer).mkdir(parents=True)
    subprocess.run(["make", "--silent", "requirements", f"DEPENDENCIES={into}"], cwd=ROOT, check=True, timeout=120)
    return {layer: (into / layer / "requirements.txt").read_text() for layer in ("read", "write", "bulk")}


def test_layers_are_what_the_lock_says(tmp_path: Path) -> None:
    committed = {layer: (LAYERS / layer / "requirements.txt").read_text() for layer in ("read", "write", "bulk")}
    assert committed == export(tmp_path), "run `make requirements` and commit infra/dependencies"


def test_every_package_of_a_layer_is_pinned_by_hash() -> None:
    for layer in ("read", "write", "bulk"):
        lines = (LAYERS / layer / "requirements.txt").read_text().replace("\\\n", " ").splitlines()
        assert lines
        for line in lines:
            assert re.match(r"[\w.-]+==[\w.]+ ", line), line
            assert " --hash=sha256:" in line, line


def test_the_read_layer_holds_what_read_results_needs_and_nothing_of_the_write_side() -> None:
    assert {"aws-lambda-powertools", "boto3"} <= names("read")
    assert not names("read") & {"pydantic", "pydantic-core", "cryptography", "pillow", "brotli"}


def test_whatever_the_peers_of_the_bench_share_with_us_is_the_same_version() -> None:
    ours = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (LAYERS / "read" / "requirements.txt").read_text(), re.MULTILINE))
    theirs = {package["name"]: package["version"] for package in tomllib.loads(PEERS.read_text())["package"]}
    assert {"boto3", "botocore", "urllib3", "aws-lambda-powertools"} <= theirs.keys()
    assert {name: theirs[name] for name in theirs if name in ours} == {
        name: ours[name] for name in theirs if name in ours
    }


def test_the_write_layer_repeats_nothing_of_the_read_layer_but_what_both_stand_on() -> None:
    assert {"cryptography", "pillow", "brotli"} <= names("write")
    assert names("write") & names("read") <= {"typing-extensions"}


def test_the_bulk_layer_holds_what_writes_parquet_and_nothing_else() -> None:
    assert names("bulk") == {"pyarrow"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_locks_name_no_index_but_the_public_one(lock: Path) -> None:
    assert strangers(lock.read_text()) == set()


def test_the_npm_lock_names_no_registry_but_the_public_one() -> None:
    packages = json.loads(NPM_LOCK.read_text())["packages"]
    assert all(package.get("resolved", PUBLIC_NPM).startswith(PUBLIC_NPM) for package in packages.values())
    assert all("integrity" in package for path, package in packages.items() if path)


def test_another_index_in_a_lock_is_found() -> None:
    text = (ROOT / "uv.lock").read_text()
    assert strangers(text.replace(PUBLIC_INDEX, "https://mirror.example/simple", 1)) == {
        "https://mirror.example/simple"
    }
    planted = text.replace(PUBLIC_FILES, "https://mirror.example/packages/", 1)
    assert {url.split("/packages/")[0] for url in strangers(planted)} == {"https://mirror.example"}
    assert strangers(text.replace('{ registry = "https://pypi.org/simple" }', '{ path = "/home/me/x.whl" }', 1))


def strangers(lock: str) -> set[str]:
    """Where a uv.lock gets packages from, other than the public index and the project itself."""
    found: set[str] = set()
    for package in tomllib.loads(lock)["package"]:
        source = package["source"]
        if source in ({"editable": "."}, {"virtual": "."}):
            continue
        if source != {"registry": PUBLIC_INDEX}:
            found.add(str(source.get("registry", source)))
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        found |= {file["url"] for file in files if not file["url"].startswith(PUBLIC_FILES)}
    return found


def test_a_package_left_out_of_a_layer_is_found(tmp_path: Path) -> None:
    shutil.copytree(LAYERS, tmp_path / "committed")
    file = tmp_path / "committed" / "write" / "requirements.txt"
    file.write_text(file.read_text().replace("pillow==", "pillow-simd=="))
    assert export(tmp_path / "fresh")["write"] != file.read_text()
