"""Read infra/edge.yaml into `EdgeRules`: the edge is declared once, for CloudFront.

Like `local.template`: what cannot be carried out here is an error with its place. Only what cannot show in an answer on
one machine is left aside: TLS, HTTP versions, names, the origin shield, the firewall, compression at the edge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from realcount.local.edge.rules import Behaviour, Caching, EdgeRules, Header, Origin
from realcount.local.intrinsics import Scope, TemplateError, open_scope

Primary = Literal["api", "copies"]

KEY = {
    "EnableAcceptEncodingBrotli": True,
    "EnableAcceptEncodingGzip": True,
    "CookiesConfig": {"CookieBehavior": "none"},
    "HeadersConfig": {"HeaderBehavior": "none"},
}
"""The one key this edge can keep pages under, beside parameters by name."""

_ORIGIN = {
    "Id",
    "DomainName",
    "ConnectionAttempts",
    "ConnectionTimeout",
    "ResponseCompletionTimeout",
    "CustomOriginConfig",
    "S3OriginConfig",
    "OriginAccessControlId",
    "OriginShield",
}
_BEHAVIOUR = {
    "PathPattern",
    "TargetOriginId",
    "CachePolicyId",
    "ResponseHeadersPolicyId",
    "ViewerProtocolPolicy",
    "AllowedMethods",
    "CachedMethods",
    "Compress",
    "FunctionAssociations",
}
_SECURITY: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "ContentTypeOptions": ("X-Content-Type-Options", lambda _: "nosniff"),
    "StrictTransportSecurity": ("Strict-Transport-Security", lambda said: f"max-age={said['AccessControlMaxAgeSec']}"),
    "ReferrerPolicy": ("Referrer-Policy", lambda said: str(said["ReferrerPolicy"])),
    "FrameOptions": ("X-Frame-Options", lambda said: str(said["FrameOption"])),
    "ContentSecurityPolicy": ("Content-Security-Policy", lambda said: str(said["ContentSecurityPolicy"])),
}


def read_edge(path: Path, *, api: str, copies: str, primary: Primary = "api") -> EdgeRules:
    """The rules of the template at `path`; `api` and `copies` are where the origins listen, as `host:port`.

    Raises `TemplateError`.
    """
    given = {"ApiDomain": api, "PublishedBucketDomain": copies, "PrimaryOrigin": primary}
    scope = open_scope(path, given, lambda _, logical: logical, lambda _, logical, name: f"{logical}.{name}")
    (logical,) = (name for name, found in scope.resources().items() if found["Type"] == "AWS::CloudFront::Distribution")
    config = scope.resolve(_without_looks(scope.resources()[logical]["Properties"]["DistributionConfig"]))
    origins = {said["Id"]: _origin(path, said) for said in config["Origins"]}
    groups = {said["Id"]: said for said in config["OriginGroups"]["Items"]}
    behaviours = [*config["CacheBehaviors"], {**config["DefaultCacheBehavior"], "PathPattern": "*"}]
    code = _gate(scope, behaviours)
    return EdgeRules(
        behaviours=tuple(_behaviour(scope, said, origins, groups) for said in behaviours),
        errors={said["ErrorCode"]: said["ErrorCachingMinTTL"] for said in config["CustomErrorResponses"]},
        page=_expression(path, code, "PAGE"),
        file=_expression(path, code, "FILE"),
    )


def _without_looks(config: Mapping[str, Any]) -> dict[str, Any]:
    """Only what decides about answers: the rest may refer to things that one machine does not have."""
    wanted = ("Origins", "OriginGroups", "CacheBehaviors", "DefaultCacheBehavior", "CustomErrorResponses")
    return {name: config[name] for name in wanted}


def _origin(path: Path, said: Mapping[str, Any]) -> Origin:
    _refuse_unknown(path, f"origin {said['Id']}", said, _ORIGIN)
    if said["ConnectionAttempts"] != 1:
        raise TemplateError(f"{path}: origin {said['Id']} is tried more than once, which the edge here cannot do")
    kind = said.get("CustomOriginConfig") or said["S3OriginConfig"]
    return Origin(said["Id"], said["DomainName"], said["ConnectionTimeout"], kind["OriginReadTimeout"])


def _behaviour(
    scope: Scope, said: Mapping[str, Any], origins: Mapping[str, Origin], groups: Mapping[str, Any]
) -> Behaviour:
    pattern, target = said["PathPattern"], said["TargetOriginId"]
    _refuse_unknown(scope.path, f"behaviour {pattern}", said, _BEHAVIOUR)
    members, failover = [target], []
    if target in groups:
        members = [member["OriginId"] for member in groups[target]["Members"]["Items"]]
        failover = groups[target]["FailoverCriteria"]["StatusCodes"]["Items"]
    return Behaviour(
        pattern=pattern,
        origins=tuple(origins[member] for member in members),
        failover=tuple(failover),
        methods=tuple(said["AllowedMethods"]),
        caching=_caching(scope, said["CachePolicyId"]),
        headers=_headers(scope, said["ResponseHeadersPolicyId"]),
    )


def _caching(scope: Scope, policy: str) -> Caching:
    said = scope.resolve(scope.resources()[policy]["Properties"])["CachePolicyConfig"]
    key = dict(said["ParametersInCacheKeyAndForwardedToOrigin"])
    query = key.pop("QueryStringsConfig")
    if key != KEY or query["QueryStringBehavior"] not in ("none", "whitelist"):
        raise TemplateError(
            f"{scope.path}: {policy} has another key than the path, named parameters and br or gzip, which the edge here "
            "cannot keep"
        )
    return Caching(said["MinTTL"], said["DefaultTTL"], said["MaxTTL"], tuple(query.get("QueryStrings", [])))


def _headers(scope: Scope, policy: str) -> tuple[Header, ...]:
    """What a simple answer gets. Preflights are answered by the gate."""
    said = scope.resolve(scope.resources()[policy]["Properties"])["ResponseHeadersPolicyConfig"]
    _refuse_unknown(scope.path, policy, said, {"Name", "CorsConfig", "SecurityHeadersConfig"})
    _refuse_unknown(scope.path, policy, said["SecurityHeadersConfig"], set(_SECURITY))
    cors = said["CorsConfig"]
    override = cors["OriginOverride"]
    headers = [Header("Access-Control-Allow-Origin", ", ".join(cors["AccessControlAllowOrigins"]["Items"]), override)]
    if exposed := cors.get("AccessControlExposeHeaders"):
        headers.append(Header("Access-Control-Expose-Headers", ", ".join(exposed["Items"]), override))
    for member, setting in said["SecurityHeadersConfig"].items():
        name, value = _SECURITY[member]
        headers.append(Header(name, value(setting), setting["Override"]))
    return tuple(headers)


def _gate(scope: Scope, behaviours: list[Mapping[str, Any]]) -> str:
    """The code of the one function that all behaviours ask before the cache."""
    asked = {
        (association["EventType"], association["FunctionARN"].partition(".")[0])
        for said in behaviours
        for association in said["FunctionAssociations"]
    }
    if len(asked) != 1 or next(iter(asked))[0] != "viewer-request":
        raise TemplateError(f"{scope.path}: the edge here knows one function, on each viewer request: not {asked}")
    code = scope.resources()[next(iter(asked))[1]]["Properties"]["FunctionCode"]
    return str(code if isinstance(code, str) else code["Fn::Sub"])


def _expression(path: Path, code: str, constant: str) -> str:
    found = re.search(rf"const {constant} = new RegExp\('([^']+)'\);", code)
    if found is None:
        raise TemplateError(f"{path}: the gate's function has no constant {constant} = new RegExp('…')")
    return found[1]


def _refuse_unknown(path: Path, what: str, said: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(said) - known)
    if unknown:
        raise TemplateError(f"{path}: {what} has {', '.join(unknown)}, which the edge here cannot carry out")
