"""Which adapter stands behind which port. With `wiring`, the only reader of the environment.

Each is made when it is first used, once per container, and only then imported: `read_results` loads botocore's signature
and one adapter, and nothing of the write side.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from realcount.domain.instants import to_instant
from realcount.edge.settings import settings_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

    from realcount.aws.page_reader import DynamoDBPageReader
    from realcount.edge.pages import ReadyPage
    from realcount.edge.recent import Recent
    from realcount.file_ports import BulkFiles
    from realcount.log_ports import LogKeys, Logs, PublishedLogs, Signers, Witness, WitnessedLogs, WitnessRoll
    from realcount.ports import (
        Clock,
        ElectionStore,
        EvidenceStore,
        FormStore,
        IntakeSwitch,
        KeyRegistry,
        PageCopies,
        PageReader,
        PageStore,
        ScanInspector,
        SignatureVerifier,
        TallyStore,
        UploadBucket,
        UploadStore,
    )
    from realcount.publishing_ports import EditionStore
    from realcount.usecases.translate_results import Claim


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

        return S3UploadBucket(self._s3, self._settings["BUCKET_UPLOADS"])

    @cached_property
    def inspector(self) -> ScanInspector:
        from realcount.evidence.images import PillowInspector

        return PillowInspector()

    @cached_property
    def evidence(self) -> EvidenceStore:
        from realcount.aws.evidence_s3 import S3Evidence

        return S3Evidence(self._s3, self._settings["BUCKET_EVIDENCE"])

    @cached_property
    def forms(self) -> FormStore:
        from realcount.aws.forms_dynamodb import DynamoDBForms

        return DynamoDBForms(self._dynamodb, self._settings["TABLE_FORMS"], self._settings["TABLE_KEYS"])

    @cached_property
    def logs(self) -> Logs:
        from realcount.aws.log_s3 import S3Logs

        return S3Logs(self._s3, self._settings["BUCKET_PUBLISHED"], self._dynamodb, self._settings["TABLE_FORMS"])

    @cached_property
    def signers(self) -> Signers:
        from realcount.aws.signer_kms import KMSSigners

        return KMSSigners(self._kms, self._settings["LOG_KEY"], self._settings["LOG_ORIGIN"])

    @cached_property
    def witnessed_logs(self) -> WitnessedLogs:
        from realcount.aws.log_s3 import S3WitnessedLogs

        return S3WitnessedLogs(self._s3, self._settings["BUCKET_PUBLISHED"])

    @cached_property
    def published_logs(self) -> PublishedLogs:
        from realcount.aws.log_s3 import S3WitnessedLogs

        return S3WitnessedLogs(self._s3, self._settings["BUCKET_PUBLISHED"])

    @cached_property
    def bulk(self) -> BulkFiles:
        from realcount.aws.bulk_s3 import S3BulkFiles

        return S3BulkFiles(self._s3, self._settings["BUCKET_PUBLISHED"])

    @cached_property
    def log_keys(self) -> LogKeys:
        from realcount.aws.signer_kms import KMSLogKeys

        return KMSLogKeys(self._kms, self._settings["LOG_KEY"], self._settings["LOG_ORIGIN"])

    @cached_property
    def receipts(self) -> Signers:
        from realcount.aws.signer_kms import KMSSigners
        from realcount.domain.log.receipts import receipts_name

        return KMSSigners(self._kms, self._settings["RECEIPT_KEY"], self._settings["LOG_ORIGIN"], receipts_name)

    @cached_property
    def receipt_keys(self) -> LogKeys:
        from realcount.aws.signer_kms import KMSLogKeys
        from realcount.domain.log.receipts import receipts_name

        return KMSLogKeys(self._kms, self._settings["RECEIPT_KEY"], self._settings["LOG_ORIGIN"], receipts_name)

    @cached_property
    def witness_roll(self) -> WitnessRoll:
        from realcount.aws.clients import ssm
        from realcount.aws.witnesses_ssm import SSMWitnessRoll

        return SSMWitnessRoll(ssm(), self._settings["PARAMETER_WITNESSES"])

    @cached_property
    def witness(self) -> Witness:
        from realcount.aws.witness_http import HttpWitness

        return HttpWitness()

    @cached_property
    def tallies(self) -> TallyStore:
        from realcount.aws.tallies_dynamodb import DynamoDBTallies

        return DynamoDBTallies(self._dynamodb, self._settings["TABLE_TALLY"])

    @cached_property
    def pages(self) -> PageStore:
        from realcount.aws.pages_dynamodb import DynamoDBPages

        return DynamoDBPages(self._dynamodb, self._settings["TABLE_PAGES"])

    @cached_property
    def copies(self) -> PageCopies:
        from realcount.aws.copies_s3 import S3Copies

        return S3Copies(self._s3, self._settings["BUCKET_PUBLISHED"])

    @cached_property
    def editions(self) -> EditionStore:
        from realcount.aws.editions_s3 import S3Editions

        return S3Editions(self._s3, self._settings["BUCKET_PUBLISHED"])

    @cached_property
    def page_reader(self) -> PageReader:
        return self._page_reader

    @cached_property
    def recent(self) -> Recent[ReadyPage]:
        from realcount.edge.recent import Recent

        return Recent()

    @cached_property
    def claims(self) -> Recent[Claim]:
        """Which election answers in the words of which older system. Loading an election changes it, and nothing else."""
        from realcount.edge.recent import Recent

        return Recent(seconds=15.0)

    @cached_property
    def intake(self) -> IntakeSwitch:
        from realcount.aws.intake_ssm import SSMIntake

        return SSMIntake(self._settings["PARAMETER_INTAKE"])

    @cached_property
    def public_url(self) -> str:
        """Without a slash at its end; or `edge.http.AS_ASKED`, for a function that goes by how it was asked."""
        return self._settings["PUBLIC_URL"].rstrip("/")

    @cached_property
    def log_origin(self) -> str:
        return self._settings["LOG_ORIGIN"]

    def let_go(self) -> None:
        """Close what is open and forget what was read. Everything can be used again afterwards."""
        if "_page_reader" in vars(self):
            self._page_reader.close()
        self.recent.clear()
        self.claims.clear()

    @cached_property
    def _page_reader(self) -> DynamoDBPageReader:
        from realcount.aws.page_reader import page_reader

        return page_reader(os.environ, self._settings["TABLE_PAGES"])

    @cached_property
    def _settings(self) -> dict[str, str]:
        return settings_of(self._function, os.environ)

    @property
    def _dynamodb(self) -> DynamoDBClient:
        from realcount.aws import clients

        return clients.dynamodb()

    @property
    def _s3(self) -> S3Client:
        from realcount.aws import clients

        return clients.s3()

    @property
    def _kms(self) -> KMSClient:
        from realcount.aws import clients

        return clients.kms()


def _utc_now() -> str:
    return to_instant(datetime.now(UTC))
