"""Which route of the HTTP API a request takes. As API Gateway chooses: the most specific path, then the exact method."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from realcount.local.stack import Route

_LITERAL, _VARIABLE, _GREEDY = 0, 1, 2


class Match(NamedTuple):
    route: Route
    parameters: dict[str, str]

    @property
    def key(self) -> str:
        """The `routeKey` of the event."""
        return self.route.key


@dataclass(frozen=True, slots=True)
class _Pattern:
    route: Route
    segments: tuple[tuple[int, str], ...]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        if self.route.method not in (method, "ANY"):
            return None
        parts = path.split("/")[1:]
        parameters: dict[str, str] = {}
        for i, (kind, name) in enumerate(self.segments):
            if kind == _GREEDY:
                rest = "/".join(parts[i:])
                return {**parameters, name: rest} if rest else None
            if i >= len(parts) or (kind == _LITERAL and parts[i] != name):
                return None
            if kind == _VARIABLE:
                if not parts[i]:
                    return None
                parameters[name] = parts[i]
        return parameters if len(parts) == len(self.segments) else None


class Router:
    """Matches decoded paths. A trailing slash makes another path, as on AWS."""

    def __init__(self, routes: Iterable[Route]) -> None:
        patterns = [_Pattern(route, tuple(map(_segment, route.path.split("/")[1:]))) for route in routes]
        # Literal before variable before greedy, from left to right; of the same path the exact method before ANY.
        self._patterns = sorted(
            patterns, key=lambda pattern: ([kind for kind, _ in pattern.segments], pattern.route.method == "ANY")
        )

    def match(self, method: str, path: str) -> Match | None:
        for pattern in self._patterns:
            parameters = pattern.match(method, path)
            if parameters is not None:
                return Match(pattern.route, parameters)
        return None


def _segment(text: str) -> tuple[int, str]:
    if text.startswith("{") and text.endswith("+}"):
        return _GREEDY, text[1:-2]
    if text.startswith("{") and text.endswith("}"):
        return _VARIABLE, text[1:-1]
    return _LITERAL, text
