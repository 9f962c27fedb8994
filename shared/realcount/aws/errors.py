"""What AWS says, in the words of `domain.errors`. The only place that knows error codes.

A lost race is `Conflict`; a service that is busy, broken or out of reach is `Unavailable`. Everything else (a missing
table, a denied permission, a malformed request) is a fault of ours or of the set-up, and propagates as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnection

from realcount.domain.errors import Conflict, RealcountError, Unavailable

CONDITION_FAILED = "ConditionalCheckFailed"

_LOST_RACE = frozenset(
    {
        "ConditionalCheckFailedException",
        "TransactionConflictException",
        "ReplicatedWriteConflictException",
    }
)
_LOST_RACE_IN_TRANSACTION = frozenset({CONDITION_FAILED, "TransactionConflict"})
_BUSY = frozenset(
    {
        "ConditionalRequestConflict",
        "InternalError",
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottledException",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_BUSY_IN_TRANSACTION = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Run a block of service calls; `doing` says what it was about, for the person who reads the log."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        known = domain_error(error, doing)
        if known is None:
            raise
        raise known from error


def domain_error(error: ClientError | BotoCoreError, doing: str) -> RealcountError | None:
    """The domain's word for a service error, or None if it has none.

    In a cancelled transaction a failed condition outweighs a throttled item: the race is lost, waiting cannot help.
    """
    if not isinstance(error, ClientError):
        out_of_reach = isinstance(error, NoConnection | HTTPClientError | IncompleteReadError)
        return Unavailable(f"{doing}: {error}") if out_of_reach else None
    code = error_code(error)
    reasons = set(cancellation_codes(error))
    if code in _LOST_RACE or reasons & _LOST_RACE_IN_TRANSACTION:
        return Conflict(f"{doing}: somebody else was faster")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _BUSY or reasons & _BUSY_IN_TRANSACTION or status >= 500:
        return Unavailable(f"{doing}: {code} ({status})")
    return None


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def cancellation_codes(error: ClientError) -> tuple[str, ...]:
    """Why a transaction was cancelled, one code per item in the order of the request (`None` for an innocent one).

    Empty if the error is not a cancelled transaction.
    """
    return tuple(reason.get("Code", "None") for reason in error.response.get("CancellationReasons", ()))


def failed_conditions(lost: Conflict) -> frozenset[int]:
    """Which writes of a request failed by their condition, by their place in it; a request of one write has place 0.

    What is not in it lost to a transaction under way, which says nothing yet about the condition.
    """
    error = lost.__cause__
    if not isinstance(error, ClientError):
        return frozenset()
    if error_code(error) == "ConditionalCheckFailedException":
        return frozenset({0})
    return frozenset(i for i, code in enumerate(cancellation_codes(error)) if code == CONDITION_FAILED)


def stored_item(lost: Conflict) -> Mapping[str, Any] | None:
    """The item that made a single put or update fail, if the request asked for it (`ALL_OLD`) and there is one."""
    error = lost.__cause__
    item = error.response.get("Item") if isinstance(error, ClientError) else None
    return item if isinstance(item, Mapping) else None
