"""What cfn-lint and `sam validate` let pass and we do not: rules for every function, layer and trigger of template.yaml.

They read the template as written, since the SAM transform that cfn-lint runs first takes away what they look for: code
folders, alias flags, who wrote a policy. Run by `make check`; tests/packaging/test_every_function.py breaks each.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cfnlint.decode import decode
from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

Properties = Mapping[str, Any]

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
LOG_GROUP = "AWS::Logs::LogGroup"

POLLED = ("DynamoDB", "Kinesis", "SQS", "MSK")
ASYNCHRONOUS = ("S3", "Schedule", "ScheduleV2", "SNS", "EventBridgeRule", "CloudWatchEvent")

# A star may follow a prefix of its own: `…/uploads/*`; and there be followed by one name, `…/log/*/checkpoint`. Nowhere else.
_NARROW = re.compile(r"[^*]*|[^*]*/[\w-]+/\*(/[\w-]+)?")


class _Source:
    """A rule about each resource of one type, in the words of the template's author."""

    kind = FUNCTION

    def match(self, cfn: Template) -> Iterator[RuleMatch]:
        template, _ = decode(cfn.filename)
        shared = (template or {}).get("Globals", {}).get("Function", {}) if self.kind == FUNCTION else {}
        for name, resource in (template or {}).get("Resources", {}).items():
            if resource.get("Type") == self.kind:
                start, end = name.start_mark, name.end_mark
                properties = {**shared, **resource.get("Properties", {})}
                for fault in self.faults(properties, template["Resources"], Path(cfn.filename).parent):
                    location = (start.line, start.column, end.line, end.column)
                    yield RuleMatch(["Resources", name], f"{name} {fault}", location=location)

    def faults(self, properties: Properties, resources: Mapping[str, Any], folder: Path) -> Iterator[str]:
        """What is wrong with one resource, each as the rest of a sentence that begins with its name."""
        raise NotImplementedError


class LogGroup(_Source, CloudFormationLintRule):
    id = "E9001"
    shortdesc = "Every function has a log group of its own that forgets"
    description = "Lambda makes a log group without retention by itself if the template has none."

    def faults(self, properties: Properties, resources: Mapping[str, Any], folder: Path) -> Iterator[str]:
        name = properties.get("LoggingConfig", {}).get("LogGroup", {}).get("Ref")
        group = resources.get(name, {})
        if group.get("Type") != LOG_GROUP:
            yield "names no log group of this template in LoggingConfig"
        elif "RetentionInDays" not in group.get("Properties", {}):
            yield f"logs to {name}, which has no RetentionInDays"


class AliasPair(_Source, CloudFormationLintRule):
    id = "E9002"
    shortdesc = "Every function is served by an alias that follows every change"
    description = "With AutoPublishAlias alone a change in a layer publishes no version, so the old code is served."

    def faults(self, properties: Properties, resources: Mapping[str, Any], folder: Path) -> Iterator[str]:
        if properties.get("AutoPublishAlias") != "live":
            yield "has no AutoPublishAlias: live"
        if properties.get("AutoPublishAliasAllProperties") is not True:
            yield "has no AutoPublishAliasAllProperties: true"


class LayerVersions(_Source, CloudFormationLintRule):
    id = "E9003"
    shortdesc = "Every layer publishes its versions and keeps them"
    description = "The other half of the alias pair; and a rollback needs the old version to roll to."
    kind = LAYER

    def faults(self, properties: Properties, resources: Mapping[str, Any], folder: Path) -> Iterator[str]:
        if properties.get("PublishLambdaVersion") is not True:
            yield "has no PublishLambdaVersion: true"
        if properties.get("RetentionPolicy") != "Retain":
            yield "has no RetentionPolicy: Retain"


class OwnRole(_Source, CloudFormationLintRule):
    id = "E9004"
    shortdesc = "Every function has a role of its own, which names what it may do"
    description = "Statements written out, no star but at the end of a prefix. SAM adds logs, X-Ray and stream reading."

    def faults(self, properties: Properties, resources: Mapping[str, Any], folder: Path) -> Iterator[str]:
        policies = properties.get("Policies")
        if "Role" in properties:
            yield "shares a Role; write its own Policies"
        if not isinstance(policies, list) or not all("Statement" in policy for policy in policies):
            yield "has Policies that are not statements written out here"
            return
        for statement in (statement for policy in policies for statement in policy["Statement"]):
            for action in _listed(statement.get("Action", "*")):
                if "*" in action:
                    yield f"may do {action}; name the actions"
            for resource in _listed(statement.get("Resource", "*")):
                text = _text(resource)
                if not text or not _NARROW.fullmatch(text):
                    yield f"may use {text or resource}; name the resource, or a prefix of it"


class OnFailure(_Source, CloudFormationLintRule):
    id = "E9005"
    shortdesc = "Every trigger that is not answered to somebody has a place to fail to"
    description = "Without it a trigger that was given up is gone, and nobody knows that it was."

    def faults(self, properties: Properties, resources: Mapping[str, Any], folder: Path) -> Iterator[str]:
        for name, event in properties.get("Events", {}).items():
            if event["Type"] in POLLED and not _destination(event["Properties"]):
                yield f"gives up triggers of {name} without an OnFailure destination"
            if event["Type"] in ASYNCHRONOUS and not _destination(properties.get("EventInvokeConfig", {})):
                yield f"gives up {name} without an OnFailure destination in EventInvokeConfig"


class HandlerExists(_Source, CloudFormationLintRule):
    id = "E9006"
    shortdesc = "Every function's code is there"
    description = "`sam build` succeeds with a folder that does not exist and a handler that is misspelt."

    def faults(self, properties: Properties, resources: Mapping[str, Any], folder: Path) -> Iterator[str]:
        module, _, function = properties.get("Handler", ".").rpartition(".")
        code = folder / str(properties.get("CodeUri", "?")) / f"{module}.py"
        if not code.is_file():
            yield f"has no code: {code.relative_to(folder)} does not exist"
        elif function not in _defined(ast.parse(code.read_text(encoding="utf-8"))):
            yield f"has no handler: {code.relative_to(folder)} defines no {function}"


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _text(resource: object) -> str:
    """The resource as text, `!Sub` without its variables; empty for what is no name at all. A `!GetAtt` is one resource."""
    if isinstance(resource, str):
        return resource
    match resource:
        case {"Fn::GetAtt": _}:
            return "attribute"
        case {"Fn::Sub": [text, _]} | {"Fn::Sub": text}:
            return str(text)
    return ""


def _destination(properties: Properties) -> object:
    return properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")


def _defined(module: ast.Module) -> set[str]:
    """The names a module defines at its top."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names
