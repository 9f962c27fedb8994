"""The composition root: which adapter stands behind which port. The only reader of the environment.

Everything is made when it is first used, once per container, and only then imported: `read_results` loads botocore and one
adapter, and nothing of the write side. In Lambda a function asks for its adapters while it starts (`prepare`), when
time is cheap; anywhere else importing a handler needs no environment at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

from realcount.domain.instants import to_instant
from realcount.edge.settings import PORTS_OF, settings_of

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from realcount.ports import (
        Clock,
        ElectionStore,
        EvidenceStore,
        FormStore,
        IntakeSwitch,
        KeyRegistry,
        PageStore,
        ScanInspector,
        SignatureVerifier,
        TallyStore,
        UploadBucket,
        UploadStore,
    )


class Adapters:
    """What one function reaches the world through, each made when first asked for.

    `given` puts something else behind a port: `Adapters("read_results", pages=MemoryPages())`. The environment is read
    only if a port is asked for that was not given. Raises `SettingsMissing` then, if variables are missing, and
    `KeyError` if the port is none of the function's.
    """

    def __init__(self, function: str, **given: object) -> None:
        self._function = function
        self.__dict__.update(given)

    @cached_property
    def clock(self) -> Clock:
        return _utc_now

    @cached_property
    def elections(self) -> ElectionStore:
        from realcount.aws.elections_dynamodb import DynamoDBElections

        return DynamoDBElections(self._dynamodb, self._settings["TABLE_ELECTIONS"])

    @cached_property
    def keys(self) -> KeyRegistry:
        from realcount.aws.keys_dynamodb import DynamoDBKeys

        return DynamoDBKeys(self._dynamodb, self._settings["TABLE_KEYS"])

    @cached_property
    def verifier(self) -> SignatureVerifier:
        from realcount.evidence.signatures import CryptographyVerifier

        return CryptographyVerifier()

    @cached_property
    def uploads(self) -> UploadStore:
        from realcount.aws.uploads_dynamodb import DynamoDBUploads

        return DynamoDBUploads(self._dynamodb, self._settings["TABLE_UPLOADS"])

    @cached_property
    def bucket(self) -> UploadBucket:
        from realcount.aws.uploads_s3 import S3UploadBucket

        return S3UploadBucket(_s3(), self._settings["BUCKET_UPLOADS"])

    @cached_property
    def inspector(self) -> ScanInspector:
        from realcount.evidence.images import PillowInspector

        return PillowInspector()

    @cached_property
    def evidence(self) -> EvidenceStore:
        from realcount.aws.evidence_s3 import S3Evidence

        return S3Evidence(_s3(), self._settings["BUCKET_EVIDENCE"])

    @cached_property
    def forms(self) -> FormStore:
        from realcount.aws.forms_dynamodb import DynamoDBForms

        return DynamoDBForms(self._dynamodb, self._settings["TABLE_FORMS"], self._settings["TABLE_KEYS"])

    @cached_property
    def tallies(self) -> TallyStore:
        from realcount.aws.tallies_dynamodb import DynamoDBTallies

        return DynamoDBTallies(self._dynamodb, self._settings["TABLE_TALLY"])

    @cached_property
    def pages(self) -> PageStore:
        from realcount.aws.pages_dynamodb import DynamoDBPages

        return DynamoDBPages(self._dynamodb, self._settings["TABLE_PAGES"])

    @cached_property
    def intake(self) -> IntakeSwitch:
        from realcount.aws.intake_ssm import SSMIntake

        return SSMIntake(self._settings["PARAMETER_INTAKE"])

    @cached_property
    def _settings(self) -> dict[str, str]:
        return settings_of(self._function, os.environ)

    @property
    def _dynamodb(self) -> DynamoDBClient:
        return _dynamodb(self._function == "read_results")


_installed: Adapters | None = None


def adapters(function: str) -> Adapters:
    """The adapters of a function, the same ones for as long as the container lives."""
    return _installed or _adapters(function)


def prepare(function: str) -> None:
    """In Lambda, make all of a function's adapters now. Incomplete settings so fail the start, not the first request."""
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        made = adapters(function)
        for port in PORTS_OF[function]:
            getattr(made, port)


@contextmanager
def installed(given: Adapters) -> Iterator[None]:
    """Put these adapters behind every function of this process, for tests and for one machine."""
    global _installed
    before, _installed = _installed, given
    try:
        yield
    finally:
        _installed = before


@cache
def _adapters(function: str) -> Adapters:
    return Adapters(function)


def _utc_now() -> str:
    return to_instant(datetime.now(UTC))


@cache
def _dynamodb(reader: bool) -> DynamoDBClient:
    """A reader gives up within two tries of two seconds: the cache in front of it has the last good page, a hanging
    answer only keeps people waiting. Whatever writes may take its time, but less than its function's."""
    config = _config(connect=1, read=2, attempts=2) if reader else _config(connect=2, read=5, attempts=4)
    return cast("DynamoDBClient", _session().create_client("dynamodb", config=config))


@cache
def _s3() -> S3Client:
    from realcount.aws.uploads_s3 import PRESIGNING

    config = _config(connect=2, read=10, attempts=4).merge(PRESIGNING)
    return cast("S3Client", _session().create_client("s3", config=config))


def _config(*, connect: float, read: float, attempts: int) -> Config:
    """Timeouts in seconds; `attempts` includes the first."""
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(connect_timeout=connect, read_timeout=read, retries=retries)


@cache
def _session() -> Session:
    """botocore's own: boto3 on top would cost a cold start 16 ms and bring nothing that is used here."""
    from botocore.session import get_session

    return get_session()
