"""What CloudFront would accept of infra/edge.yaml and readers would pay for, and alarms that would wake nobody.

Each rule keeps one promise of docs/decisions/0010-the-edge.md. Run by `make check`; tests/packaging/test_edge_template.py
breaks each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

Properties = Mapping[str, Any]

DISTRIBUTION = "AWS::CloudFront::Distribution"
CACHE_POLICY = "AWS::CloudFront::CachePolicy"
ALARM = "AWS::CloudWatch::Alarm"

LONGEST_WAIT = 6
"""Seconds that a reader may wait for one origin, when nothing stale may be shown any more."""

STALE_SECONDS = 86400
"""What pages promise in stale-if-error. CloudFront forgets them after MaxTTL all the same."""

MOST_PARAMETERS = 10
"""Of a query that one cache policy can name: CloudFront's quota."""

FAILURES = {500, 502, 503, 504}
READING = {"GET", "HEAD", "OPTIONS"}


class _Rule:
    """A rule about each resource of one type."""

    kind = DISTRIBUTION

    def match(self, cfn: Template) -> Iterator[RuleMatch]:
        for name, resource in cfn.get_resources(self.kind).items():
            for fault in self.faults(resource.get("Properties", {})):
                yield RuleMatch(["Resources", name], f"{name} {fault}")

    def faults(self, properties: Properties) -> Iterator[str]:
        """What is wrong with one resource, each as the rest of a sentence that begins with its name."""
        raise NotImplementedError


class ShortWaits(_Rule, CloudFormationLintRule):
    id = "E9101"
    shortdesc = "No origin is waited for longer than a reader waits"
    description = "Past stale-while-revalidate every reader of a page waits for a hanging origin; the defaults make a minute of it."

    def faults(self, properties: Properties) -> Iterator[str]:
        for origin in properties["DistributionConfig"].get("Origins", []):
            kind = origin.get("CustomOriginConfig", origin.get("S3OriginConfig", {}))
            connecting = int(origin.get("ConnectionAttempts", 3)) * int(origin.get("ConnectionTimeout", 10))
            waiting = connecting + int(kind.get("OriginReadTimeout", 30))
            if waiting > LONGEST_WAIT:
                yield f"waits for its origin {origin['Id']} up to {waiting} s; connecting and answering must fit into {LONGEST_WAIT}"


class FailureIsNoAnswer(_Rule, CloudFormationLintRule):
    id = "E9102"
    shortdesc = "An origin group turns to the second origin for failures alone, and for all of them"
    description = "404 is an answer: to ask elsewhere doubles what random paths cost and may find a page that is gone."

    def faults(self, properties: Properties) -> Iterator[str]:
        for group in properties["DistributionConfig"].get("OriginGroups", {}).get("Items", []):
            codes = set(group["FailoverCriteria"]["StatusCodes"]["Items"])
            if codes - FAILURES:
                yield f"fails over in {group['Id']} on {sorted(codes - FAILURES)}, which are answers"
            if FAILURES - codes:
                yield f"does not fail over in {group['Id']} on {sorted(FAILURES - codes)}"


class ReadersOnly(_Rule, CloudFormationLintRule):
    id = "E9103"
    shortdesc = "Every behaviour reads, passes the gate, and hands origins nothing but a path"
    description = "What a behaviour forwards without having it in the key is served to the next reader as theirs."

    def faults(self, properties: Properties) -> Iterator[str]:
        config = properties["DistributionConfig"]
        for behaviour in [*config.get("CacheBehaviors", []), config["DefaultCacheBehavior"]]:
            pattern = behaviour.get("PathPattern", "the default behaviour")
            if set(behaviour.get("AllowedMethods", ["GET", "HEAD"])) - READING:
                yield f"takes methods at {pattern} that change something"
            if "ForwardedValues" in behaviour or "OriginRequestPolicyId" in behaviour:
                yield f"forwards more than the cache key at {pattern}"
            if set(behaviour.get("CachePolicyId", {})) != {"Ref"}:
                yield f"caches {pattern} by a policy that is not of this template"
            if [one["EventType"] for one in behaviour.get("FunctionAssociations", [])] != ["viewer-request"]:
                yield f"lets requests for {pattern} past the gate"


class PathIsTheKey(_Rule, CloudFormationLintRule):
    id = "E9104"
    shortdesc = "The key is the path and parameters by name, what says no-store is not stored, and a day of staleness is possible"
    description = (
        "Any query string in the key makes every cache-buster a page of its own, and MaxTTL ends stale-if-error."
    )
    kind = CACHE_POLICY

    def faults(self, properties: Properties) -> Iterator[str]:
        policy = properties["CachePolicyConfig"]
        key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
        for what, setting in (
            ("QueryString", "QueryStringsConfig"),
            ("Cookie", "CookiesConfig"),
            ("Header", "HeadersConfig"),
        ):
            named = what == "QueryString" and 0 < len(key[setting].get("QueryStrings", [])) <= MOST_PARAMETERS
            if key[setting][f"{what}Behavior"] not in ("none", *(["whitelist"] if named else [])):
                yield f"has {what.lower()}s in the key"
        if not (key.get("EnableAcceptEncodingBrotli") and key.get("EnableAcceptEncodingGzip")):
            yield "does not tell the codings br and gzip apart"
        if policy["MinTTL"] > 0:
            yield "keeps what says no-store; MinTTL must be 0"
        if policy["MaxTTL"] < 2 * STALE_SECONDS:
            yield f"forgets after {policy['MaxTTL']} s what may be stale for {STALE_SECONDS} s beyond its max-age"


class AlarmsWakeSomebody(_Rule, CloudFormationLintRule):
    id = "E9105"
    shortdesc = "Every alarm tells somebody, says where it is explained, and knows what silence means"
    description = "By default an alarm acts on nothing, and missing data leave it as it was."
    kind = ALARM

    def faults(self, properties: Properties) -> Iterator[str]:
        if not properties.get("AlarmActions"):
            yield "tells nobody; it has no AlarmActions"
        if "docs/operations.md, " not in str(properties.get("AlarmDescription", "")):
            yield "does not name its section of docs/operations.md"
        if "TreatMissingData" not in properties:
            yield "does not say what missing data mean"
