"""CloudFormation's functions give the values a deployment would give."""

from __future__ import annotations

from pathlib import Path

import pytest

from realcount.local.intrinsics import Scope, TemplateError, open_scope

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: test}
  Unset: {Type: String}
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  IsProd: !Not [!Condition IsTest]
Mappings:
  Size: {test: {memory: 128}, prod: {memory: 1024}}
Resources:
  Table: {Type: Fake}
  Inner: {Type: Fake, Properties: {Location: inner.yaml, Parameters: {Name: !Sub "${Stage}-inner"}}}
Outputs:
"""

INNER = """
Parameters:
  Name: {Type: String}
Resources: {}
Outputs:
  Greeting: {Value: !Sub "hello ${Name}"}
"""


@pytest.fixture
def resolve(tmp_path: Path):
    """Resolve one value written in YAML within the template above."""
    (tmp_path / "inner.yaml").write_text(INNER)

    def resolved(text: str) -> object:
        path = tmp_path / "template.yaml"
        path.write_text(TEMPLATE + f"  It: {{Value: {text}}}\n")
        return open_scope(path, {}, _name, _attribute).output("It")

    return resolved


def _name(scope: Scope, logical: str) -> str:
    return f"name-of-{logical}"


def _attribute(scope: Scope, logical: str, attribute: str) -> str:
    return f"{attribute}-of-{logical}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref Stage", "test"),
        ("!Ref Table", "name-of-Table"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!GetAtt Table.Arn", "Arn-of-Table"),
        ("!GetAtt [Table, Arn]", "Arn-of-Table"),
        ("!GetAtt Inner.Outputs.Greeting", "hello test-inner"),
        ('!Sub "${Stage}/${Table}/${Table.Arn}/${AWS::AccountId}"', "test/name-of-Table/Arn-of-Table/000000000000"),
        ('!Sub "${!Literal} $x"', "${Literal} $x"),
        ('!Sub ["${A}-${Stage}", {A: !Ref Table}]', "name-of-Table-test"),
        ('!Join ["-", [a, !Ref Stage]]', "a-test"),
        ('!Select [1, !Split ["/", "a/b/c"]]', "b"),
        ("!If [IsTest, yes-it-is, no]", "yes-it-is"),
        ("!If [IsProd, 1, 2]", 2),
        ("!FindInMap [Size, !Ref Stage, memory]", 128),
        ("!And [!Condition IsTest, !Or [!Condition IsProd, !Condition IsTest]]", True),
        ("{a: !Ref Stage, b: !Ref AWS::NoValue, c: [1, !Ref AWS::NoValue]}", {"a": "test", "c": [1]}),
        ('{"Ref": "Stage"}', "test"),
    ],
)
def test_a_function_gives_its_value(resolve, text: str, value: object) -> None:
    assert resolve(text) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("!Ref Nobody", "neither a parameter nor a resource"),
        ("!Ref Unset", "neither a parameter nor a resource"),
        ("!GetAtt Nobody.Arn", "has no resource 'Nobody'"),
        ("!GetAtt Inner.Outputs.Nothing", "has no output 'Nothing'"),
        ("!If [Nothing, 1, 2]", "has no condition 'Nothing'"),
        ("!ImportValue shared", "Fn::ImportValue"),
        ('!Sub "${Nobody.Arn}"', "has no resource 'Nobody'"),
    ],
)
def test_what_cannot_be_told_is_said_with_its_place(resolve, text: str, complaint: str) -> None:
    with pytest.raises(TemplateError, match=complaint):
        resolve(text)


def test_a_template_that_is_none_is_refused(tmp_path: Path) -> None:
    for text in ("- a list", "{unclosed: ["):
        (tmp_path / "t.yaml").write_text(text)
        with pytest.raises(TemplateError, match="is no"):
            open_scope(tmp_path / "t.yaml", {}, _name, _attribute)
    with pytest.raises(TemplateError, match="does not exist"):
        open_scope(tmp_path / "absent.yaml", {}, _name, _attribute)
