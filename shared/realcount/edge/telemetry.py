"""Logs, metrics and traces of one function, by Powertools.

Use cases log to the standard library under their module's name. The logger configured here is the one they all lie
below (`realcount`), so their lines come out as JSON with the request's id, and no use case knows about it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from realcount.domain.errors import Drift, RealcountError
from realcount.domain.instants import from_instant

Result = TypeVar("Result")
Handler = Callable[[dict[str, Any], LambdaContext], Result]

PACKAGE = "realcount"


class Metric(StrEnum):
    """Every metric there is, with the dimension `function`: counts, and three times. docs/api.md says what each means."""

    UPLOADS_GRANTED = "UploadsGranted"
    FORMS_RECEIVED = "FormsReceived"
    FORMS_REJECTED = "FormsRejected"
    UPLOADS_UNKNOWN = "UploadsUnknown"
    FORMS_APPROVED = "FormsApproved"
    FORMS_RETURNED = "FormsReturned"
    FORMS_SEALED = "FormsSealed"
    FORMS_RECALLED = "FormsRecalled"
    SEAL_LAG = "SealLag"
    TOTALS_SEALED = "TotalsSealed"
    ENTRIES_LEFT = "EntriesLeft"
    WITNESSES_AGREED = "WitnessesAgreed"
    WITNESS_REFUSED = "WitnessRefused"
    QUORUM_AGE = "QuorumAge"
    STATIONS_COUNTED = "StationsCounted"
    REGIONS_ROLLED_UP = "RegionsRolledUp"
    PAGES_PUBLISHED = "PagesPublished"
    PUBLISH_LAG = "PublishLag"
    HISTORY_POINTS = "HistoryPoints"
    CORRECTIONS_LISTED = "CorrectionsListed"
    FLAGGED_LISTS = "FlaggedLists"
    FLAGGED_LEFT = "FlaggedLeft"
    SWEEP_REPAIRS = "SweepRepairs"
    SWEEPS_LEFT = "SweepsLeft"
    RECOUNT_ROWS = "RecountRows"
    RECOUNT_BEHIND = "RecountBehind"
    RECOUNT_LEFT = "RecountLeft"
    RECOUNT_LATE = "RecountLate"
    BULK_FOLDERS = "BulkFolders"
    NIST_REPORTS = "NistReports"
    EXPORT_BEHIND = "ExportBehind"
    RECEIPTS_UNMATCHED = "ReceiptsUnmatched"
    UNSEALED = "Unsealed"
    TRIGGERS_UNREADABLE = "TriggersUnreadable"
    FAILED = "Failed"
    DRIFT = "Drift"


class Telemetry:
    """`trace=False` spares the tracer, whose patching costs a cold start a tenth of a second."""

    def __init__(self, function: str, *, trace: bool = True) -> None:
        self.logger = Logger(service=PACKAGE)
        self._function = function
        self._metrics = EphemeralMetrics(service=PACKAGE)
        # POWERTOOLS_METRICS_NAMESPACE is the stack's name, so that a rehearsal's numbers wake nobody.
        self._metrics.namespace = self._metrics.namespace or PACKAGE
        self._tracer = Tracer(service=PACKAGE, patch_modules=("botocore",)) if trace else None

    def count(self, metric: Metric, number: int = 1) -> None:
        """Add to a metric of this invocation. Zeros are worth sending: an alarm can tell them from silence."""
        self._metrics.add_metric(metric, MetricUnit.Count, number)

    def time(self, metric: Metric, *, since: str, now: str) -> None:
        """How long it took, in milliseconds, between two instants. The clocks of two machines may disagree: never below 0."""
        took = (from_instant(now) - from_instant(since)).total_seconds() * 1000
        self._metrics.add_metric(metric, MetricUnit.Milliseconds, max(0, round(took)))

    def count_failures(self, errors: Iterable[RealcountError]) -> None:
        """Drift apart from everything else that failed: the one is a page to a person, the other mostly passes."""
        drift = [isinstance(error, Drift) for error in errors]
        self.count(Metric.DRIFT, sum(drift))
        self.count(Metric.FAILED, len(drift) - sum(drift))

    def handler(self, lambda_handler: Handler[Result]) -> Handler[Result]:
        """Decorate a Lambda handler: request id in every log line, metrics sent at the end, a trace around it all."""

        @functools.wraps(lambda_handler)
        def observed(event: dict[str, Any], context: LambdaContext) -> Result:
            try:
                return lambda_handler(event, context)
            finally:
                self._send_metrics()

        traced = self._tracer.capture_lambda_handler(observed) if self._tracer else observed
        logged: Handler[Result] = self.logger.inject_lambda_context(traced)
        return logged

    def _send_metrics(self) -> None:
        if self._metrics.metric_set:
            self._metrics.add_dimension("function", self._function)
            self._metrics.flush_metrics()
