"""What AWS says, in the domain's words: every code that DynamoDB and S3 declare, and what is not a code at all."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)

from realcount.aws.errors import domain_error, failed_conditions, translated
from realcount.domain.errors import Conflict, Unavailable
from tests.contract.engines import CREDENTIALS


def refusal(code: str, status: int = 400, reasons: list[str] | None = None) -> ClientError:
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "Operation")


def cancelled(*reasons: str) -> ClientError:
    return refusal("TransactionCanceledException", 400, list(reasons))


@pytest.mark.parametrize(
    "error",
    [
        refusal("ConditionalCheckFailedException"),
        refusal("TransactionConflictException"),
        refusal("ReplicatedWriteConflictException"),
        cancelled("None", "ConditionalCheckFailed"),
        cancelled("TransactionConflict", "None"),
        cancelled("ThrottlingError", "ConditionalCheckFailed"),
    ],
    ids=str,
)
def test_lost_races(error: ClientError) -> None:
    assert isinstance(domain_error(error, "writing"), Conflict)


@pytest.mark.parametrize(
    "error",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("RequestLimitExceeded"),
        refusal("TransactionInProgressException"),
        refusal("InternalServerError", 500),
        refusal("SlowDown", 503),
        refusal("ConditionalRequestConflict", 409),
        refusal("RequestTimeout"),
        refusal("", 502),
        refusal("NeverHeardOf", 500),
        cancelled("None", "ThrottlingError"),
        cancelled("ProvisionedThroughputExceeded"),
        EndpointConnectionError(endpoint_url="x"),
        ConnectTimeoutError(endpoint_url="x"),
        ReadTimeoutError(endpoint_url="x"),
        SSLError(endpoint_url="x", error="y"),
        ResponseStreamingError(error="x"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
    ids=str,
)
def test_services_that_do_not_answer(error: ClientError | BotoCoreError) -> None:
    assert isinstance(domain_error(error, "reading"), Unavailable)


@pytest.mark.parametrize(
    "error",
    [
        refusal("ValidationException"),
        refusal("ResourceNotFoundException"),
        refusal("AccessDeniedException"),
        refusal("AccessDenied", 403),
        refusal("IdempotentParameterMismatchException"),
        refusal("NoSuchBucket", 404),
        cancelled("None", "ValidationError"),
        cancelled("ItemCollectionSizeLimitExceeded"),
        NoCredentialsError(),
        ParamValidationError(report="x"),
    ],
    ids=str,
)
def test_faults_of_ours_propagate_as_they_are(error: ClientError | BotoCoreError) -> None:
    assert domain_error(error, "reading") is None
    with pytest.raises(type(error)) as raised, translated("reading"):
        raise error
    assert raised.value is error


def test_no_error_that_the_services_declare_is_forgotten() -> None:
    """A new version of the SDK may declare new errors; each must be sorted here before it is met in production."""
    ours = {
        "IdempotentParameterMismatchException",
        "ItemCollectionSizeLimitExceededException",
        "ResourceNotFoundException",
    }
    by_reason = {"TransactionCanceledException"}
    model = boto3.client("dynamodb", **CREDENTIALS).meta.service_model
    used = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems")
    declared = {shape.name for name in used for shape in model.operation_model(name).error_shapes}
    unsorted = {code for code in declared - ours - by_reason if domain_error(refusal(code), "x") is None}
    assert unsorted == set()
    assert all(domain_error(refusal(code), "x") is None for code in ours)


def test_the_message_says_what_was_being_done() -> None:
    with (
        pytest.raises(Unavailable, match=r"reading 'HEAD' of station '1': SlowDown \(503\)"),
        translated("reading 'HEAD' of station '1'"),
    ):
        raise refusal("SlowDown", 503)


def test_which_conditions_failed() -> None:
    def places(error: ClientError) -> frozenset[int]:
        try:
            with translated("writing"):
                raise error
        except Conflict as lost:
            return failed_conditions(lost)
        raise AssertionError

    assert places(refusal("ConditionalCheckFailedException")) == {0}
    assert places(refusal("TransactionConflictException")) == set()
    assert places(cancelled("None", "ConditionalCheckFailed", "ThrottlingError", "ConditionalCheckFailed")) == {1, 3}
    assert places(cancelled("TransactionConflict", "None")) == set()
    assert failed_conditions(Conflict("of our own")) == set()
