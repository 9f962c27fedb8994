"""The project's own cfn-lint rules: the templates keep them, and each is broken once to see that it is not asleep."""

import shutil
from pathlib import Path

import pytest

from tests.packaging.own_rules import ROOT, matches


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the rules read, to break."""
    shutil.copy(ROOT / "template.yaml", tmp_path)
    shutil.copytree(ROOT / "functions", tmp_path / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "template.yaml"


def test_the_template_keeps_every_rule() -> None:
    assert matches(ROOT / "template.yaml") == []


@pytest.mark.parametrize(
    ("rule", "written", "broken", "complaint"),
    [
        (
            "E9001",
            "LoggingConfig: {LogGroup: !Ref RollUpLogGroup}",
            "Description: none",
            "RollUpFunction names no log group of this template",
        ),
        (
            "E9001",
            '-roll_up", RetentionInDays: !Ref LogRetentionDays}',
            '-roll_up"}',
            "RollUpFunction logs to RollUpLogGroup, which has no RetentionInDays",
        ),
        ("E9002", "AutoPublishAlias: live", "Description: none", "has no AutoPublishAlias: live"),
        ("E9002", "AutoPublishAliasAllProperties: true", "Description: none", "no AutoPublishAliasAllProperties: true"),
        ("E9003", "PublishLambdaVersion: true", "Description: none", "RealcountLayer has no PublishLambdaVersion"),
        ("E9003", "RetentionPolicy: Retain", "RetentionPolicy: Delete", "RealcountLayer has no RetentionPolicy"),
        ("E9004", 'Action: "ssm:GetParameter"', 'Action: "ssm:*"', "GrantUploadFunction may do ssm:*"),
        ("E9004", "parameter${IntakeParameter}", "*", "name the resource, or a prefix of it"),
        ("E9004", "/uploads/*", "/*", "name the resource, or a prefix of it"),
        ("E9004", "Resource: !GetAtt Storage.Outputs.PagesTableArn", 'Resource: "*"', "may use *"),
        ("E9004", "CodeUri: functions/roll_up", "Role: !GetAtt OneForAll.Arn", "RollUpFunction shares a Role"),
        (
            "E9005",
            "            DestinationConfig: {OnFailure: {Type: S3, Destination: !GetAtt Storage.Outputs.FailuresBucketArn}}\n",
            "",
            "SealFormsFunction gives up triggers of Ledger without an OnFailure destination",
        ),
        (
            "E9005",
            "        DestinationConfig: {OnFailure: {Type: S3Bucket, Destination: !GetAtt Storage.Outputs.FailuresBucketArn}}\n",
            "",
            "ReceiveFormFunction gives up Landed without an OnFailure destination in EventInvokeConfig",
        ),
        ("E9006", "functions/roll_up", "functions/rollup", "functions/rollup/handler.py does not exist"),
        ("E9006", "handler.lambda_handler", "handler.lambda_hander", "handler.py defines no lambda_hander"),
    ],
)
def test_a_planted_fault_is_found(checkout: Path, rule: str, written: str, broken: str, complaint: str) -> None:
    text = checkout.read_text()
    assert written in text, "the fault was to be planted here"
    checkout.write_text(text.replace(written, broken, 1))

    found = [match for match in matches(checkout) if match.rule.id == rule]

    assert complaint in " / ".join(match.message for match in found)
    assert checkout.read_text().splitlines()[found[0].linenumber - 1].strip(" :") in found[0].message
