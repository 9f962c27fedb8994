"""Read template.yaml, with the templates nested in it, into a `Stack`.

Nothing of the deployed system is declared a second time here: a route, a stream or a table that is added to the
template is there on one machine as well. What cannot be carried out here is an error with its place, never left out in
silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from realcount.local.intrinsics import ACCOUNT, REGION, STACK, Scope, TemplateError, open_scope
from realcount.local.places import LOOPBACK
from realcount.local.stack import (
    Bucket,
    Function,
    Notification,
    Parameter,
    Route,
    Schedule,
    SigningKey,
    Stack,
    Subscription,
    Table,
)
from realcount.local.template_api import cors, throttled
from realcount.local.template_events import notification, on_failure, schedule, subscription

PUBLIC_ADDRESS = "PublicUrl"
"""The parameter that says where readers find the stack, if it has one. On one machine no default of it can be true."""

NESTED = ("AWS::Serverless::Application", "AWS::CloudFormation::Stack")
FUNCTION = "AWS::Serverless::Function"
TABLE = "AWS::DynamoDB::Table"
BUCKET = "AWS::S3::Bucket"
QUEUE = "AWS::SQS::Queue"
PARAMETER = "AWS::SSM::Parameter"
KEY = "AWS::KMS::Key"
HTTP_API = "AWS::Serverless::HttpApi"

_NAME_MEMBER = {
    TABLE: "TableName",
    BUCKET: "BucketName",
    QUEUE: "QueueName",
    PARAMETER: "Name",
    FUNCTION: "FunctionName",
}


def read_stack(path: Path, parameters: Mapping[str, str] | None = None) -> Stack:
    """The stack of the template at `path`, its parameters at their defaults but for these. Raises `TemplateError`."""
    root = open_scope(path, {PUBLIC_ADDRESS: f"http://{LOOPBACK}", **(parameters or {})}, physical_name, _attribute)
    functions: dict[str, Function] = {}
    events: list[tuple[Scope, Function, str, Mapping[str, Any]]] = []
    for scope, logical, resource in _resources(root, FUNCTION):
        function, declared = _function(scope, logical, resource)
        functions[function.name] = function
        events += [(scope, function, name, event) for name, event in declared.items()]
    routes: list[Route] = []
    subscriptions: list[Subscription] = []
    notifications: list[Notification] = []
    schedules: list[Schedule] = []
    for scope, function, name, event in events:
        properties = scope.resolve(event.get("Properties", {}))
        if properties.get("Enabled") is False or properties.get("State") == "DISABLED":
            continue
        match event["Type"]:
            case "HttpApi":
                routes.append(Route(str(properties["Method"]).upper(), str(properties["Path"]), function.name))
            case "DynamoDB":
                subscriptions.append(subscription(function, name, properties))
            case "S3":
                notifications.append(notification(function, properties))
            case "Schedule" | "ScheduleV2":
                schedules.append(schedule(function, name, properties))
            case other:
                raise TemplateError(
                    f"{scope.path}: {function.logical} has an event of type {other}, which one machine cannot run"
                )
    api = _api(root)
    return Stack(
        functions=functions,
        routes=throttled(routes, api),
        cors=cors(api, root.document.get("Globals", {}).get("HttpApi", {}).get("CorsConfiguration")),
        subscriptions=tuple(subscriptions),
        notifications=tuple(notifications),
        schedules=tuple(schedules),
        tables=tuple(_table(scope, name, resource) for scope, name, resource in _resources(root, TABLE)),
        buckets=tuple(_bucket(scope, name, resource) for scope, name, resource in _resources(root, BUCKET)),
        queues=tuple(physical_name(scope, name) for scope, name, _ in _resources(root, QUEUE)),
        parameters=tuple(
            Parameter(physical_name(scope, name), str(scope.resolve(resource["Properties"]["Value"])))
            for scope, name, resource in _resources(root, PARAMETER)
        ),
        signing_keys=tuple(_signing_key(scope, name, resource) for scope, name, resource in _resources(root, KEY)),
    )


def physical_name(scope: Scope, logical: str) -> str:
    """The name a resource has on one machine: the declared one, or one made of the stack's and its logical id."""
    resource = scope.resources()[logical]
    member = _NAME_MEMBER.get(resource["Type"])
    if member and member in resource.get("Properties", {}):
        return str(scope.resolve(resource["Properties"][member]))
    name = f"{STACK}-{logical}"
    if resource["Type"] == KEY:
        return f"alias/{name}"  # Its id is made up wherever it is made.
    return name.lower() if resource["Type"] == BUCKET else name


def _attribute(scope: Scope, logical: str, attribute: str) -> object:
    kind, name = scope.resources()[logical]["Type"], physical_name(scope, logical)
    match kind, attribute:
        case (_, "Arn") if kind == TABLE:
            return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
        case (_, "StreamArn") if kind == TABLE:
            return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}/stream/local"
        case (_, "Arn") if kind == BUCKET:
            return f"arn:aws:s3:::{name}"
        case (_, "Arn") if kind == QUEUE:
            return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        case (_, "Arn") if kind == FUNCTION:
            return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    raise TemplateError(
        f"{scope.path} uses {logical}.{attribute} ({kind}) where one machine must know the value, and it cannot tell it"
    )


def _resources(scope: Scope, kind: str) -> Iterator[tuple[Scope, str, Mapping[str, Any]]]:
    """Every resource of this type in the template and those nested in it, unless its condition is false."""
    for logical, resource in scope.resources().items():
        if "Condition" in resource and not scope.condition(resource["Condition"]):
            continue
        if resource["Type"] == kind:
            yield scope, logical, resource
        elif resource["Type"] in NESTED:
            yield from _resources(scope.nested(logical), kind)


def _function(scope: Scope, logical: str, resource: Mapping[str, Any]) -> tuple[Function, Mapping[str, Any]]:
    common = scope.document.get("Globals", {}).get("Function", {})
    own = resource["Properties"]
    folder = (scope.path.parent / str(scope.resolve(own["CodeUri"]))).resolve()
    variables = {
        **common.get("Environment", {}).get("Variables", {}),
        **own.get("Environment", {}).get("Variables", {}),
    }
    invoke = scope.resolve(own.get("EventInvokeConfig", common.get("EventInvokeConfig", {})))
    function = Function(
        logical=logical,
        name=folder.name,
        folder=folder,
        handler=str(scope.resolve(own.get("Handler", common.get("Handler")))),
        environment={name: _text(value) for name, value in scope.resolve(variables).items()},
        timeout=int(scope.resolve(own.get("Timeout", common.get("Timeout", 3)))),
        memory=int(scope.resolve(own.get("MemorySize", common.get("MemorySize", 128)))),
        async_retries=int(invoke.get("MaximumRetryAttempts", 2)),
        async_max_age=int(invoke.get("MaximumEventAgeInSeconds", 21600)),
        async_failures=on_failure(invoke),
    )
    return function, own.get("Events", {})


def _text(value: object) -> str:
    """A variable's value as CloudFormation passes it on: booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _api(root: Scope) -> Mapping[str, Any]:
    """The properties of the HTTP API; of the last one if there are several."""
    properties: Mapping[str, Any] = {}
    for scope, _, resource in _resources(root, HTTP_API):
        properties = scope.resolve(resource.get("Properties", {}))
    return properties


def _table(scope: Scope, logical: str, resource: Mapping[str, Any]) -> Table:
    properties = scope.resolve(resource["Properties"])
    create = {
        member: properties[member]
        for member in (
            "AttributeDefinitions",
            "KeySchema",
            "BillingMode",
            "ProvisionedThroughput",
            "GlobalSecondaryIndexes",
        )
        if member in properties
    }
    stream = properties.get("StreamSpecification")
    if stream:
        create["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    ttl = properties.get("TimeToLiveSpecification", {})
    return Table(
        physical_name(scope, logical),
        {"TableName": physical_name(scope, logical), **create},
        ttl.get("AttributeName") if ttl.get("Enabled") else None,
    )


def _bucket(scope: Scope, logical: str, resource: Mapping[str, Any]) -> Bucket:
    rules = scope.resolve(resource.get("Properties", {})).get("CorsConfiguration", {}).get("CorsRules", [])
    return Bucket(physical_name(scope, logical), tuple(_cors_rule(rule) for rule in rules))


def _signing_key(scope: Scope, logical: str, resource: Mapping[str, Any]) -> SigningKey:
    properties = scope.resolve({name: resource["Properties"].get(name) for name in ("KeySpec", "KeyUsage")})
    if properties["KeyUsage"] != "SIGN_VERIFY":
        raise TemplateError(f"{scope.path}: {logical} is a key that does not sign; one machine makes no other")
    return SigningKey(physical_name(scope, logical), str(properties["KeySpec"]))


def _cors_rule(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """A rule in the words of PutBucketCors, which differ from CloudFormation's in two members."""
    renamed = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    return {renamed.get(name, name): value for name, value in rule.items()}
