"""What the template says of its HTTP API besides routes: CORS, and how many requests each route takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from realcount.local.stack import Cors, Route, Throttle


def cors(properties: Mapping[str, Any], common: object) -> Cors | None:
    """`CorsConfiguration` of the API, or else the one `common` to all APIs of the template."""
    configured: Any = properties.get("CorsConfiguration", common)
    if not configured:
        return None
    if configured is True:
        configured = {"AllowOrigins": ["*"]}
    asked = {name: tuple(map(str, value)) for name, value in configured.items() if isinstance(value, list)}
    return Cors(
        origins=asked.get("AllowOrigins", ()),
        methods=asked.get("AllowMethods", ()),
        headers=asked.get("AllowHeaders", ()),
        expose=asked.get("ExposeHeaders", ()),
        max_age=configured.get("MaxAge"),
        credentials=configured.get("AllowCredentials") is True,
    )


def throttled(routes: Iterable[Route], properties: Mapping[str, Any]) -> tuple[Route, ...]:
    """The routes with their limits: those of `RouteSettings` under the route's key, else of `DefaultRouteSettings`."""
    default = properties.get("DefaultRouteSettings", {})
    own = properties.get("RouteSettings", {})
    return tuple(
        Route(route.method, route.path, route.function, _throttle({**default, **own.get(route.key, {})}))
        for route in routes
    )


def _throttle(settings: Mapping[str, Any]) -> Throttle | None:
    """Without a rate there is no limit of the route's own, only the account's, which no machine has."""
    rate = settings.get("ThrottlingRateLimit")
    if rate is None:
        return None
    return Throttle(float(rate), float(settings.get("ThrottlingBurstLimit", rate)))
