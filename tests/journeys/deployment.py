"""Deploying what `sam build` made into the engine, which plays AWS: CloudFormation, Lambda, its triggers and the HTTP API.

Two things the engine (MiniStack 1.5.33) does not do. It refuses alarms on metric math, so these are left out of what was built
(`without_metric_math`; tests/packaging/test_alarms.py reads them). And SAM writes the routes of an HTTP API into the `Body` of the API, an
OpenAPI document, and the engine creates the API without reading it. `bridge_routes` reads that very document out of the
deployed, processed template and creates its routes one by one, so what is tested are still the routes that SAM made.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from realcount.aws.copies_s3 import S3Copies
from realcount.aws.editions_s3 import S3Editions
from realcount.aws.elections_dynamodb import DynamoDBElections
from realcount.aws.keys_dynamodb import DynamoDBKeys
from realcount.aws.log_s3 import S3LogFiles
from realcount.aws.pages_dynamodb import DynamoDBPages
from realcount.local.engine import Engine
from realcount.local.intrinsics import load_yaml
from realcount.local.places import Places

STACK = "realcount"
_METHODS = frozenset({"get", "head", "post", "put", "delete", "patch", "options", "x-amazon-apigateway-any-method"})
_CALLED = re.compile(r"functions/\$\{(\w+?)(?:\.Arn)?\}/invocations")


def built(places: Places) -> Path:
    """The template that `make test-deploy` built for this machine and this Python. Raises `FileNotFoundError`."""
    folder = places.root / ".aws-sam" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    template = folder / "template.yaml"
    if not template.exists():
        raise FileNotFoundError(f"{template} is not built: run `make test-deploy`")
    return template


def without_metric_math(template: Path) -> None:
    """Take the alarms that the engine refuses out of the template and those built beside it. A second time changes nothing."""
    for nested in (template, *template.parent.glob("*/template.yaml"), *template.parent.glob("*/*/template.yaml")):
        document = load_yaml(nested)
        resources = document["Resources"]
        refused = [
            name
            for name, resource in resources.items()
            if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
        ]
        if refused:
            document["Resources"] = {name: resource for name, resource in resources.items() if name not in refused}
            nested.write_text(json.dumps(document, indent=1), "utf-8")  # JSON is YAML too


def deploy(places: Places, engine: Engine, template: Path) -> None:
    """`sam deploy`, as a person would. Raises `CalledProcessError` with what it printed."""
    without_metric_math(template)
    environment = {**os.environ, **engine.environment(), "SAM_CLI_TELEMETRY": "0", "HOME": str(places.data)}
    done = subprocess.run(
        [
            places.root / "infra" / "tools" / "sam" / ".venv" / "bin" / "sam",
            "deploy",
            *("--config-file", str(places.root / "samconfig.toml")),
            *("--template-file", str(template), "--stack-name", STACK),
            *("--no-confirm-changeset", "--no-progressbar"),
        ],
        cwd=places.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout[-3000:], done.stderr[-3000:])


class Deployment:
    """The deployed stack. `base_url` is its HTTP API, once `bridge_routes` has run; `physical` names, by logical id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.client = engine.client
        self._formation = engine.client("cloudformation")
        resources = self._formation.describe_stack_resources(StackName=STACK)["StackResources"]
        self.physical = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
        self.base_url = f"{engine.url}/_aws/execute-api/{self.physical['Api']}/$default"

    def status(self) -> dict[str, str]:
        """The status of every stack, nested ones too, by name."""
        return {stack["StackName"]: stack["StackStatus"] for stack in self._formation.list_stacks()["StackSummaries"]}

    def stores(
        self, election: str
    ) -> tuple[DynamoDBElections, S3Editions, S3Copies, DynamoDBPages, S3LogFiles, DynamoDBKeys]:
        """The stores that an election is loaded into, found as the functions find them: in their environment."""
        configuration = self._engine.client("lambda").get_function_configuration(
            FunctionName=f"{STACK}-publish_results"
        )
        names = configuration["Environment"]["Variables"]
        dynamodb = self._engine.client("dynamodb")
        return (
            DynamoDBElections(dynamodb, names["TABLE_ELECTIONS"]),
            S3Editions(self._engine.client("s3"), names["BUCKET_PUBLISHED"]),
            S3Copies(self._engine.client("s3"), names["BUCKET_PUBLISHED"]),
            DynamoDBPages(dynamodb, names["TABLE_PAGES"]),
            S3LogFiles(self._engine.client("s3"), names["BUCKET_PUBLISHED"], election),
            DynamoDBKeys(dynamodb, names["TABLE_KEYS"]),
        )

    def bridge_routes(self) -> set[str]:
        """Create the routes of the API's OpenAPI document (see above); returns their keys."""
        api, api_id = self._engine.client("apigatewayv2"), self.physical["Api"]
        integrations: dict[str, str] = {}
        for key, function in self._routes():
            if function not in integrations:
                integrations[function] = api.create_integration(
                    ApiId=api_id,
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=self.physical[function],
                    PayloadFormatVersion="2.0",
                )["IntegrationId"]
            api.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integrations[function]}")
        return {key for key, _ in self._routes()}

    def _routes(self) -> Iterator[tuple[str, str]]:
        """Route keys with the logical id of the alias or function that the document has them call."""
        template = self._formation.get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
        body: Mapping[str, Any] = template["Resources"]["Api"]["Properties"]["Body"]
        for path, methods in body["paths"].items():
            for method, operation in methods.items():
                if method not in _METHODS:
                    continue
                uri = operation["x-amazon-apigateway-integration"]["uri"]
                called = _CALLED.search(uri["Fn::Sub"] if isinstance(uri, dict) else uri)
                if called is None:
                    raise ValueError(f"{method} {path} calls {uri!r}, which names no function")
                yield f"{'ANY' if method.startswith('x-') else method.upper()} {path}", called[1]
