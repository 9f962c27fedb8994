"""CloudFormation's functions, as far as one machine needs them: from a template's text to plain values.

A template is read with its tags (`!Ref`, `!GetAtt`, `!Sub`…) and each value is resolved when somebody asks for it, so a
function this reader does not know only matters where it is used. Physical names are the ones the machine will create.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from realcount.domain.errors import RealcountError

ACCOUNT = "000000000000"
REGION = "us-east-1"
STACK = "realcount"

NO_VALUE = object()
"""What `AWS::NoValue` resolves to: the member it stands for is as if never written."""

PSEUDO: Mapping[str, object] = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/local",
    "AWS::NoValue": NO_VALUE,
}


class TemplateError(RealcountError):
    """The template says something that cannot be carried out here; the message names the place and the remedy."""


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags turned into their long form."""


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, object]:
    value: object
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tagged)


def load_yaml(path: Path) -> dict[str, Any]:
    """The template's document. Raises `TemplateError` if it is absent or no YAML object."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise TemplateError(f"{path} does not exist; run this from a checkout of the project") from None
    except yaml.YAMLError as error:
        raise TemplateError(f"{path} is not YAML: {error}") from None
    if not isinstance(document, dict):
        raise TemplateError(f"{path} is not a template: its top is not an object")
    return document


_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")


@dataclass(slots=True)
class Scope:
    """One template with its parameters. `nested` opens the stack behind an `AWS::Serverless::Application`.

    `name_of` gives a resource's physical name (`Ref`), `attribute_of` an attribute that is not an output (`GetAtt`).
    """

    path: Path
    document: Mapping[str, Any]
    parameters: Mapping[str, object]
    name_of: Callable[[Scope, str], object]
    attribute_of: Callable[[Scope, str, str], object]
    opened: dict[str, Scope] = field(default_factory=dict)

    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.document.get("Resources", {})
        return found

    def nested(self, logical: str) -> Scope:
        """The nested stack under this logical id, with the parameters it is given."""
        if logical not in self.opened:
            properties = self.resources()[logical]["Properties"]
            path = self.path.parent / str(self.resolve(properties.get("Location", properties.get("TemplateURL"))))
            given = self.resolve(properties.get("Parameters", {}))
            assert isinstance(given, dict)
            self.opened[logical] = open_scope(path, given, self.name_of, self.attribute_of)
        return self.opened[logical]

    def output(self, name: str) -> object:
        outputs = self.document.get("Outputs", {})
        if name not in outputs:
            raise TemplateError(f"{self.path} has no output {name!r}")
        return self.resolve(outputs[name]["Value"])

    def resolve(self, value: object) -> Any:
        """The plain value: functions carried out, members that are `AWS::NoValue` left out."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return self._ref(str(argument))
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if name.startswith("Fn::"):
                return self._call(name[4:], argument)
        resolved = {name: self.resolve(inner) for name, inner in value.items()}
        return {name: inner for name, inner in resolved.items() if inner is not NO_VALUE}

    def condition(self, name: str) -> bool:
        conditions = self.document.get("Conditions", {})
        if name not in conditions:
            raise TemplateError(f"{self.path} has no condition {name!r}")
        return bool(self.resolve(conditions[name]))

    def _ref(self, name: str) -> object:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        if name in self.resources():
            return self.name_of(self, name)
        raise TemplateError(f"{self.path} refers to {name!r}, which is neither a parameter nor a resource of it")

    def _get(self, logical: str, attribute: str) -> object:
        resource = self.resources().get(logical)
        if resource is None:
            raise TemplateError(f"{self.path} refers to {logical}.{attribute}, but has no resource {logical!r}")
        if attribute.startswith("Outputs."):
            return self.nested(logical).output(attribute.removeprefix("Outputs."))
        return self.attribute_of(self, logical, attribute)

    def _call(self, function: str, argument: Any) -> object:
        match function:
            case "GetAtt":
                return self._get(str(argument[0]), ".".join(str(part) for part in argument[1:]))
            case "Sub":
                text, given = argument if isinstance(argument, list) else (argument, {})
                return self._substituted(str(text), given)
            case "Join":
                return str(argument[0]).join(str(part) for part in self.resolve(argument[1]))
            case "Select":
                return self.resolve(argument[1])[int(self.resolve(argument[0]))]
            case "Split":
                return str(self.resolve(argument[1])).split(str(argument[0]))
            case "If":
                return self.resolve(argument[1] if self.condition(argument[0]) else argument[2])
            case "FindInMap":
                table, first, second = (str(self.resolve(part)) for part in argument)
                return self.resolve(self.document["Mappings"][table][first][second])
            case "Equals":
                return self.resolve(argument[0]) == self.resolve(argument[1])
            case "Not":
                return not self.resolve(argument[0])
            case "And":
                return all(self.resolve(part) for part in argument)
            case "Or":
                return any(self.resolve(part) for part in argument)
        raise TemplateError(
            f"{self.path} uses Fn::{function} where one machine must know the value, and it cannot tell it"
        )

    def _substituted(self, text: str, given: Mapping[str, object]) -> str:
        def value(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in given:
                return str(self.resolve(given[name]))
            logical, dot, attribute = name.partition(".")
            return str(self._get(logical, attribute) if dot else self._ref(name))

        return _VARIABLE.sub(value, text)


def open_scope(
    path: Path,
    given: Mapping[str, object],
    name_of: Callable[[Scope, str], object],
    attribute_of: Callable[[Scope, str, str], object],
) -> Scope:
    """Read a template; parameters not given have their defaults. Raises `TemplateError`."""
    document = load_yaml(path)
    parameters = dict(given)
    for name, declared in document.get("Parameters", {}).items():
        if name not in parameters and "Default" in declared:
            parameters[name] = declared["Default"]
    return Scope(path, document, parameters, name_of, attribute_of)
