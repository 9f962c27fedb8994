"""What the forms of a whole night cost, which stage is the narrowest, and how long a backlog takes.

A stage's capacity is what it can do of one form's work per second: concurrency over duration for functions, units per
second over units per form for tables. What is said to be at once needs no rise of any quota; the ceiling is AWS's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.model.inputs import Inputs
from bench.model.money import MILLION

TABLES = ("uploads", "forms", "tally", "pages")


@dataclass(frozen=True, slots=True)
class Stage:
    """Forms per second. `now` with this stack's defaults; `ceiling` with defaults raised to AWS's own quotas, or None
    where only the account's concurrency bounds it. `live` stages see forms as they come; others can run behind."""

    name: str
    now: float
    ceiling: float | None
    parameter: str
    live: bool


def stages(inputs: Inputs, steps: float) -> list[Stage]:
    """All stages of a form's way, for so many region rows written per form."""
    uploads, forms, tally, pages = inputs.all("form_units")
    units = {
        "uploads": uploads,
        "forms": forms,
        "tally": tally + steps,
        "pages": pages + steps * inputs("region_page_units"),
    }
    warm, quota = inputs("warm_writes"), inputs("table_writes")
    officials = inputs("official_concurrency") / (inputs("official_ms") / 1000)
    rows = {"count_form": 2.0, "roll_up": steps, "publish_results": 2 + steps}
    concurrency, step = inputs("stream_concurrency"), inputs("step_ms") / 1000
    copies = inputs("s3_writes") * inputs("s3_prefixes") / (2 + steps)
    return [
        Stage("grant_upload", officials, None, "OfficialConcurrency", True),
        Stage("receive_form", _receiving(inputs), None, "ReceiveConcurrency", True),
        Stage("review_form", officials, None, "OfficialConcurrency", True),
        *(
            Stage(f"table of {name}", warm / units[name], quota / units[name], "WarmWriteUnits", name in TABLES[:2])
            for name in TABLES
        ),
        *(Stage(name, concurrency / (step * count), None, "StreamConcurrency", False) for name, count in rows.items()),
        Stage("copies in S3", copies, None, "", False),
    ]


def narrowest(stages: list[Stage]) -> Stage:
    """The stage with the least capacity."""
    return min(stages, key=lambda stage: stage.now)


def units_per_form(inputs: Inputs) -> float:
    """Write units of one form, the share of the regions above it included."""
    return sum(inputs.all("form_units")) + inputs("region_steps") * (1 + inputs("region_page_units"))


def bill(inputs: Inputs) -> dict[str, float]:
    """Dollars by part, for all forms."""
    forms, steps, scans = inputs("forms"), inputs("region_steps"), inputs("scans")
    published = 2 + steps
    gb_seconds = inputs("receive_ms") / 1000 * inputs("receive_memory_gb") + inputs("memory_gb") * (
        2 * inputs("official_ms") / 1000 + (4 + 2 * steps) * inputs("step_ms") / 1000
    )
    return {
        "DynamoDB": forms * units_per_form(inputs) / MILLION * inputs("write_unit"),
        "S3, scans": forms * ((1 + 2 * scans) * inputs("s3_put") + scans * inputs("s3_get")) / MILLION,
        "S3, copies": forms * published * (inputs("s3_put") + inputs("s3_get")) / MILLION,
        "Lambda": forms * (gb_seconds * inputs("lambda_gb_second") + 6 * inputs("lambda_request") / MILLION),
        "API Gateway": forms * inputs("requests") / MILLION * inputs("api_request"),
        "S3, scans kept for a month": forms * scans * inputs("scan_mb") / 1000 * inputs("s3_gb_month"),
    }


def first_load(inputs: Inputs) -> dict[str, float]:
    """Dollars for all first pages and their copies: conditional puts in transactions cost twice."""
    contests = inputs("contests")
    stations, regions = inputs("stations") * contests, sum(inputs.all("regions")) * contests
    units = 2 * (stations * inputs.all("form_units")[3] / 2 + regions * inputs("region_page_units"))
    return {
        "DynamoDB": units / MILLION * inputs("write_unit"),
        "S3, copies": (stations + regions) / MILLION * (inputs("s3_put") + inputs("s3_get")),
    }


def _receiving(inputs: Inputs) -> float:
    return inputs("receive_concurrency") / (inputs("receive_ms") / 1000)
