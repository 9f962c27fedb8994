"""What `make build` made, looked at and started: `sam build` succeeds with folders that are empty and handlers that fail.

Lambda's own build is for arm64, which is not to be run here; so the same template is also built for this machine, and
every handler of that one starts as in Lambda: its folder, its layers and the standard library, and nothing else.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode

from bench.canned import canned
from bench.cold import COUNTED_OF_BARE, count
from bench.read_path import PEERS, Contestant, event, nation
from realcount.edge.settings import PORTS_OF

pytestmark = pytest.mark.artefact

ROOT = Path(__file__).parents[2]
DEPLOYED = ROOT / ".aws-sam" / "build"
PYTHON313 = os.environ.get("REALCOUNT_PYTHON313", "")

MIB = 1024 * 1024
AARCH64 = 183
"""e_machine of an ELF file for arm64."""

START = """
import json, sys
import handler
assert callable(handler.lambda_handler)
print(json.dumps(sorted(sys.modules)))
"""


def native_builds() -> Iterator[tuple[str, Path]]:
    """(interpreter, build) for each Python that this machine can start a build with."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    yield getattr(sys, "_base_executable", sys.executable), ROOT / ".aws-sam" / f"python{here}"
    if PYTHON313 and here != "3.13":
        yield PYTHON313, ROOT / ".aws-sam" / "python3.13"


def built(build: Path) -> dict[str, Any]:
    """The template that `sam build` wrote; its absence is a missing `make test-artefact`, not a skipped test."""
    assert (build / "template.yaml").is_file(), f"{build} is not built: run `make test-artefact`"
    template: dict[str, Any] = decode(str(build / "template.yaml"))[0]
    return template


def functions(build: Path) -> dict[str, tuple[Path, list[Path]]]:
    """Per function the folder of its code, and those of its layers in the order Lambda lays them down."""
    template = built(build)
    shared = template["Globals"]["Function"]["Layers"]
    found = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            code = build / resource["Properties"]["CodeUri"]
            refs = [layer["Ref"] for layer in [*shared, *resource["Properties"].get("Layers", [])]]
            layers = [build / template["Resources"][ref]["Properties"]["ContentUri"] / "python" for ref in refs]
            name = resource["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
            found[name] = (code, layers)
    return found


def variables(build: Path, function: str) -> set[str]:
    """The environment variables that the template gives a function: those of all, and its own."""
    template = built(build)
    own = next(
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        and resource["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-") == function
    )
    everybody = template["Globals"]["Function"]["Environment"]["Variables"]
    return everybody.keys() | own.get("Environment", {}).get("Variables", {}).keys()


def start(python: str, build: Path, function: str) -> set[str]:
    """The modules in memory after the function's start, adapters included. No site-packages: what is missing, is missing."""
    code, layers = functions(build)[function]
    environment = {
        **dict.fromkeys(variables(build, function), "something"),
        "PYTHONPATH": os.pathsep.join(map(str, [code, *layers])),
        "AWS_DEFAULT_REGION": "ap-southeast-3",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "LAMBDA_TASK_ROOT": str(code),
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    run = subprocess.run(
        [python, "-B", "-s", "-S", "-W", "error", "-c", START],
        cwd=code,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, f"{function} does not start from {build}:\n{run.stderr}"
    return set(json.loads(run.stdout.splitlines()[-1]))


BUILDS = pytest.mark.parametrize(("python", "build"), list(native_builds()), ids=lambda value: Path(value).name)


@BUILDS
@pytest.mark.parametrize("function", PORTS_OF)
def test_every_handler_starts_from_what_was_built(python: str, build: Path, function: str) -> None:
    loaded = start(python, build, function)
    assert "realcount.wiring" in loaded
    # Adapters are made at the start, where time is cheap, and not at the first request.
    assert ("realcount.aws.page_reader" if "page_reader" in PORTS_OF[function] else "botocore.client") in loaded


@BUILDS
def test_readers_get_nothing_of_the_write_side(python: str, build: Path) -> None:
    loaded = {module.split(".")[0] for module in start(python, build, "read_results")}
    assert not loaded & {
        "pydantic",
        "pydantic_core",
        "cryptography",
        "PIL",
        "brotli",
        "_brotli",
        "aws_xray_sdk",
        "boto3",
    }
    _, layers = functions(build)["read_results"]
    assert {layer.parent.name for layer in layers} == {"RealcountLayer", "ReadDependenciesLayer"}


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind to count instructions with")
def test_a_cold_start_of_the_public_api_is_cheaper_than_a_bare_clients() -> None:
    """In instructions, which repeat whatever else this machine does; `make bench-cold` has the times and the other peers.

    Both from the same build, so both with bytecode; the bare handler has nothing but a boto3 client.
    """
    (python, build), *_ = native_builds()
    code, layers = functions(build)["read_results"]
    page = nation()
    asked = json.dumps(event(page.path))
    with canned(page) as url:
        ours = count(Contestant("ours", "handler", (code, *layers), python), url, asked)
        bare = count(Contestant("bare", "bare_boto3", (PEERS / "handlers", *layers), python), url, asked)
    assert ours is not None and bare is not None
    assert ours <= COUNTED_OF_BARE * bare, f"{ours / bare:.2f} of a bare boto3 handler's {bare} million instructions"


@BUILDS
def test_a_handler_without_its_layer_does_not_start(python: str, build: Path, tmp_path: Path) -> None:
    """The start above would notice a layer that came out empty."""
    copy = tmp_path / "build"
    copy.mkdir()
    (copy / "template.yaml").write_bytes((build / "template.yaml").read_bytes())
    for part in ("ReadResultsFunction", "RealcountLayer"):
        (copy / part).symlink_to(build / part)
    (copy / "ReadDependenciesLayer" / "python").mkdir(parents=True)
    with pytest.raises(AssertionError, match="No module named 'aws_lambda_powertools'"):
        start(python, copy, "read_results")


def test_lambda_gets_every_function_and_no_more_than_its_handler() -> None:
    assert list(functions(DEPLOYED)) == list(PORTS_OF)
    for name, (code, _) in functions(DEPLOYED).items():
        assert {path.name for path in code.iterdir()} - {"__pycache__"} == {"handler.py"}, name


def test_what_runs_at_home_stays_at_home() -> None:
    package = DEPLOYED / "RealcountLayer" / "python" / "realcount"
    assert (package / "wiring.py").is_file()
    assert not (package / "local").exists()
    assert not (package / "cli").exists()
    assert not (package / "verify").exists()


def test_everything_compiled_is_for_lambdas_processor_and_python() -> None:
    compiled = list(DEPLOYED.rglob("*.so"))
    assert compiled
    for path in compiled:
        assert int.from_bytes(path.read_bytes()[18:20], "little") == AARCH64, path
        assert ".cpython-313-" in path.name or ".abi3." in path.name or path.parent.name.endswith(".libs"), path


def test_bytecode_is_there_and_valid_by_its_hash() -> None:
    """SAM's archives carry timestamps of 1980, so bytecode that is checked by time would be thrown away at every start."""
    trees = [*(build for _, build in native_builds()), *([DEPLOYED] if PYTHON313 else [])]
    for tree in trees:
        sources = [path for path in tree.rglob("*.py") if "__pycache__" not in path.parts]
        compiled = list(tree.rglob("*.pyc"))
        assert len(compiled) >= len(sources) > 500, tree
        for path in compiled:
            assert int.from_bytes(path.read_bytes()[4:8], "little") == 0b01, f"{path} is not unchecked-hash"


def test_layers_stay_far_below_what_lambda_takes() -> None:
    def size(folder: Path) -> float:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MIB

    for name, (code, layers) in functions(DEPLOYED).items():
        unpacked = size(code) + sum(size(layer) for layer in layers)
        # Of 250. Arrow alone has 91 of what export_bulk takes.
        assert unpacked < {"read_results": 60, "export_bulk": 220}.get(name, 150), name
