"""Which model the document at a path is of."""

from __future__ import annotations

import re
from functools import cache

from pydantic import BaseModel

from realcount.cli.openapi.operations import OPERATIONS


def model_at(path: str) -> type[BaseModel] | None:
    """The model of what is answered to a GET of the path; None if no route leads there, or it has none."""
    return next((model for expression, model in _shapes() if expression.fullmatch(path)), None)


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], type[BaseModel] | None], ...]:
    return tuple((path_expression(one.path), one.answers) for one in OPERATIONS if one.method == "get")


def path_expression(path: str) -> re.Pattern[str]:
    """Of all paths that a path with `{names}` in it stands for."""
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
