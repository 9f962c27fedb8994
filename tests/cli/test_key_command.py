"""A key is made in two files, entered into the registry by one of them, and struck off again."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from moto import mock_aws

from realcount.aws.keys_dynamodb import DynamoDBKeys
from realcount.cli.main import cli
from realcount.evidence.signatures import CryptographyVerifier

TABLE = "keys"


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBKeys]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("TABLE_KEYS", TABLE)
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield DynamoDBKeys(client, TABLE)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["key", *(str(argument) for argument in arguments)])


def generate(out: Path, **changed: str) -> Result:
    options = {
        "election": "e19",
        "holder": "person-1",
        "role": "submitter",
        "region": "P1",
        "valid-from": "2019-01-01T00:00:00.000Z",
        "valid-until": "2020-01-01T00:00:00.000Z",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return run(
        "generate", "--json", "--out", out, *(part for name, value in options.items() for part in (f"--{name}", value))
    )


def test_a_made_key_signs_what_its_registered_record_verifies(tmp_path: Path, registry: DynamoDBKeys) -> None:
    made = json.loads(generate(tmp_path).stdout)
    assert run("register", made["public"]).stdout == f"{made['id']}: submitter of P1 in e19\n"
    record = registry.find(made["id"])
    assert record is not None
    assert (record.holder, record.regions, record.contests) == ("person-1", ("P1",), ("*",))
    secret = json.loads(Path(made["private"]).read_text())
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret["private_key"]))
    assert CryptographyVerifier().verify(record, b"statement", private.sign(b"statement"))


def test_the_private_file_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    made = json.loads(generate(tmp_path).stdout)
    assert stat.S_IMODE(Path(made["private"]).stat().st_mode) == 0o600
    assert Path(made["private"]).read_text() not in generate(tmp_path).stdout


def test_registering_twice_is_once_and_many_go_at_a_time(tmp_path: Path, registry: DynamoDBKeys) -> None:
    files = [json.loads(generate(tmp_path).stdout)["public"] for _ in range(2)]
    both = tmp_path / "both.json"
    both.write_text(json.dumps([json.loads(Path(file).read_text()) for file in files]))
    for _ in range(2):
        assert len(json.loads(run("register", "--json", both).stdout)["registered"]) == 2


def test_a_revoked_key_is_revoked_from_the_first_time_on(tmp_path: Path, registry: DynamoDBKeys) -> None:
    made = json.loads(generate(tmp_path).stdout)
    run("register", made["public"])
    for instant in ("2019-04-18T00:00:00.000Z", "2019-04-19T00:00:00.000Z"):
        assert run("revoke", made["id"], "--at", instant).exit_code == 0
    record = registry.find(made["id"])
    assert record is not None
    assert record.revoked_at == "2019-04-18T00:00:00.000Z"


def test_what_it_signed_before_is_struck_off_too_if_that_is_said(tmp_path: Path, registry: DynamoDBKeys) -> None:
    made = json.loads(generate(tmp_path).stdout)
    run("register", made["public"])
    since = ("--effect-from", "2019-04-17T00:00:00.000Z", "--reason", "the telephone was stolen")
    for wrong in (since[:2], since[2:], ("--effect-from", "yesterday", *since[2:]), (*since[:3], "\n")):
        assert run("revoke", made["id"], *wrong).exit_code == 2
    assert registry.revoked("simulation-7") == registry.revoked("2019") == []
    late = run("revoke", made["id"], "--at", "2019-04-16T00:00:00.000Z", *since)
    assert late.exit_code == 1 and "was not revoked at 2019-04-17" in late.stderr
    record = registry.find(made["id"])
    assert record is not None and (record.revoked_at, record.distrusted_from) == ("2019-04-16T00:00:00.000Z", None)

    made = json.loads(generate(tmp_path).stdout)
    run("register", made["public"])
    result = run("revoke", made["id"], "--at", "2019-04-18T00:00:00.000Z", *since)
    assert (
        result.exit_code == 0 and "what it signed from 2019-04-17T00:00:00.000Z on goes back to review" in result.stdout
    )
    record = registry.find(made["id"])
    assert record is not None
    assert (record.distrusted_from, record.distrust_reason) == (since[1], since[3])
    assert json.loads(run("revoke", made["id"], *since, "--json").stdout)["effect_from"] == since[1]


def test_striking_off_what_is_not_there_is_said(registry: DynamoDBKeys) -> None:
    result = run("revoke", "key-nobody")
    assert result.exit_code == 1
    assert "key-nobody" in result.stderr


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"region": "P/1"}, "regions: must be an id"),
        ({"holder": ""}, "holder: must be an id"),
        ({"valid_until": "2018-01-01T00:00:00.000Z"}, "valid_until: must be later than valid_from"),
        ({"valid_from": "yesterday"}, "valid_from: must be a time in UTC"),
    ],
)
def test_a_key_that_could_never_be_used_is_not_made(tmp_path: Path, changed: dict[str, str], problem: str) -> None:
    result = generate(tmp_path, **changed)
    assert result.exit_code == 1
    assert problem in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"public_key": "AAAA"}, "public_key: must be the 32 bytes"),
        ({"algorithm": "none"}, "algorithm: must be one of: ed25519"),
        ({"role": "president"}, "role: must be one of: submitter, approver"),
        ({"regions": []}, "regions: must be a list of 1 to"),
        ({"private_key": "AAAA"}, "private_key: is not a member of this document"),
    ],
)
def test_one_bad_record_keeps_the_whole_file_out(
    tmp_path: Path, registry: DynamoDBKeys, change: dict[str, Any], problem: str
) -> None:
    good = json.loads(Path(json.loads(generate(tmp_path).stdout)["public"]).read_text())
    file = tmp_path / "keys.json"
    file.write_text(json.dumps([good, good | {"id": "key-2"} | change]))
    result = run("register", file)
    assert result.exit_code == 1
    assert f"{file}: {problem}" in result.stderr
    assert registry.find(good["id"]) is None


def test_a_file_that_is_no_json_is_said(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text("ed25519 AAAA")
    result = run("register", tmp_path / "key.json")
    assert result.exit_code == 1
    assert "is not JSON" in result.stderr
