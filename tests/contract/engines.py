"""The ports' adapters over each engine, freshly made for one test, behind one face: `Stores`.

An engine is where the adapters keep things: `memory`, `moto` (AWS imitated inside this process), `ministack` and
`dynoxide` (servers). Tests know only the ports, and the few handles below for what a port cannot do (put a file where
an official's upload would land; throw the intake switch).
"""

from __future__ import annotations

import gzip
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from aws_lambda_powertools.utilities.parameters import SSMProvider
from botocore.config import Config

from realcount.aws.batches import pause
from realcount.aws.copies_s3 import S3Copies
from realcount.aws.editions_s3 import S3Editions
from realcount.aws.elections_dynamodb import DynamoDBElections
from realcount.aws.evidence_s3 import S3Evidence
from realcount.aws.forms_dynamodb import DynamoDBForms
from realcount.aws.intake_ssm import SSMIntake
from realcount.aws.keys import evidence_object, published_object, upload_object
from realcount.aws.keys_dynamodb import DynamoDBKeys
from realcount.aws.log_s3 import S3Log
from realcount.aws.pages_dynamodb import DynamoDBPages
from realcount.aws.tallies_dynamodb import DynamoDBTallies
from realcount.aws.uploads_dynamodb import DynamoDBUploads
from realcount.aws.uploads_s3 import PRESIGNING, S3UploadBucket
from realcount.local.memory import (
    MemoryCopies,
    MemoryEditions,
    MemoryElections,
    MemoryEvidence,
    MemoryForms,
    MemoryIntake,
    MemoryKeys,
    MemoryLog,
    MemoryPages,
    MemoryTallies,
    MemoryUploadBucket,
    MemoryUploads,
)
from realcount.local.template import read_stack
from realcount.log_ports import LogStore
from realcount.ports import (
    ElectionStore,
    EvidenceStore,
    FormStore,
    IntakeSwitch,
    KeyRegistry,
    PageCopies,
    PageStore,
    TallyStore,
    UploadBucket,
    UploadStore,
)
from realcount.publishing_ports import EditionStore
from realcount.rendering.lifetimes import cache_control
from tests.small_election import ELECTION

REGION = "us-east-1"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"

_numbers = itertools.count(1)


@cache
def _client(service: str, endpoint: str | None, config: Config | None) -> Any:
    """Made once for all tests: making a client costs more than most of them."""
    return boto3.client(service, endpoint_url=endpoint, config=config, **CREDENTIALS)


@cache
def _declared(variable: str) -> Mapping[str, Any]:
    """What CreateTable is told for the table that functions know by this variable."""
    stack = read_stack(TEMPLATE)
    name = stack.environment()[variable]
    return next(table.create for table in stack.tables if table.name == name)


class Copy(NamedTuple):
    """A copy as the edge would get it, and what is written beside it."""

    edition: int
    rendering: int
    etag: str
    media: str
    cache_control: str
    body: bytes


class Stores(ABC):
    """One set of ports over empty stores."""

    elections: ElectionStore
    keys: KeyRegistry
    uploads: UploadStore
    bucket: UploadBucket
    evidence: EvidenceStore
    forms: FormStore
    tallies: TallyStore
    log: LogStore
    editions: EditionStore
    copies: PageCopies
    pages: PageStore
    intake: IntakeSwitch

    @abstractmethod
    def elections_elsewhere(self) -> ElectionStore:
        """The same store as another process sees it: nothing remembered yet."""

    @abstractmethod
    def arrive(self, upload: str, name: str, content: bytes) -> None:
        """Put a file where an upload lands, past all checks."""

    @abstractmethod
    def evidence_of(self, sha256: str) -> list[bytes]:
        """Every version of a scan that was ever written."""

    @abstractmethod
    def copy_at(self, path: str) -> Copy | None:
        """What lies there for the edge."""

    @abstractmethod
    def switch_intake(self, value: str) -> None:
        """Throw the switch: `open` or `closed: reason`."""


class MemoryStores(Stores):
    def __init__(self) -> None:
        self.elections = MemoryElections()
        self.keys = keys = MemoryKeys()
        self.uploads = MemoryUploads()
        self.bucket: MemoryUploadBucket = MemoryUploadBucket()
        self.evidence: MemoryEvidence = MemoryEvidence()
        self.forms = MemoryForms(keys)
        self.tallies = MemoryTallies()
        self.log = MemoryLog()
        self.editions = MemoryEditions()
        self.copies: MemoryCopies = MemoryCopies()
        self.pages = MemoryPages()
        self.intake: MemoryIntake = MemoryIntake()

    def elections_elsewhere(self) -> ElectionStore:
        return self.elections

    def arrive(self, upload: str, name: str, content: bytes) -> None:
        self.bucket.put(upload, name, content)

    def evidence_of(self, sha256: str) -> list[bytes]:
        content = self.evidence.get(sha256)
        return [] if content is None else [content]

    def copy_at(self, path: str) -> Copy | None:
        page = self.copies.get(path)
        if page is None:
            return None
        body = page.bodies.get("identity") or gzip.decompress(page.bodies["gzip"])
        return Copy(page.edition, page.rendering, page.etag, page.media, cache_control(page.max_age), body)

    def switch_intake(self, value: str) -> None:
        self.intake.reason = None if value == "open" else value.removeprefix("closed:").strip()


class AWSStores(Stores):
    """Over whatever answers at `endpoint` (None: the AWS that boto3 finds by itself, which only moto may be).

    Tables and buckets are made when a test first asks for them, under names no other test uses. `dynamodb` and `s3` are
    what the adapters get, if not the usual clients.
    """

    def __init__(
        self, endpoint: str | None, dynamodb: Any = None, s3: Any = None, pause: Callable[[int], None] = pause
    ) -> None:
        self._prefix = f"t{next(_numbers)}"
        self.endpoint = endpoint
        self._account = _client("dynamodb", endpoint, None)
        self.dynamodb = dynamodb or self._account
        self._adapters_s3 = s3
        self._pause = pause

    def table(self, name: str) -> str:
        """A table with the keys and the stream that template.yaml gives it."""
        full = f"{self._prefix}-{name}"
        self._account.create_table(**{**_declared(f"TABLE_{name.upper()}"), "TableName": full})
        return full

    @cached_property
    def elections_table(self) -> str:
        return self.table("elections")

    @cached_property
    def keys_table(self) -> str:
        return self.table("keys")

    @cached_property
    def elections(self) -> ElectionStore:
        return self.elections_elsewhere()

    def elections_elsewhere(self) -> ElectionStore:
        return DynamoDBElections(self.dynamodb, self.elections_table, pause=self._pause)

    @cached_property
    def keys(self) -> KeyRegistry:
        return DynamoDBKeys(self.dynamodb, self.keys_table, self._pause)

    @cached_property
    def uploads(self) -> UploadStore:
        return DynamoDBUploads(self.dynamodb, self.table("uploads"))

    @cached_property
    def forms(self) -> FormStore:
        return DynamoDBForms(self.dynamodb, self.forms_table, self.keys_table, self._pause)

    @cached_property
    def forms_table(self) -> str:
        return self.table("forms")

    @cached_property
    def log(self) -> LogStore:
        """The log of `tests.small_election`."""
        s3 = self._adapters_s3 or self.s3
        return S3Log(s3, self.published_bucket, self.dynamodb, self.forms_table, ELECTION, self._pause)

    @cached_property
    def tallies(self) -> TallyStore:
        return DynamoDBTallies(self.dynamodb, self.table("tally"))

    @cached_property
    def pages_table(self) -> str:
        return self.table("pages")

    @cached_property
    def pages(self) -> PageStore:
        return DynamoDBPages(self.dynamodb, self.pages_table, self._pause)

    @cached_property
    def s3(self) -> Any:
        """For the test's own looks and deeds."""
        return _client("s3", self.endpoint, PRESIGNING)

    @cached_property
    def bucket_name(self) -> str:
        name = f"{self._prefix}-uploads"
        self.s3.create_bucket(Bucket=name)
        return name

    @cached_property
    def evidence_bucket(self) -> str:
        name = f"{self._prefix}-evidence"
        self.s3.create_bucket(Bucket=name)
        self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    @cached_property
    def published_bucket(self) -> str:
        name = f"{self._prefix}-published"
        self.s3.create_bucket(Bucket=name)
        return name

    @cached_property
    def editions(self) -> EditionStore:
        return S3Editions(self._adapters_s3 or self.s3, self.published_bucket, pause=self._pause)

    @cached_property
    def copies(self) -> PageCopies:
        return S3Copies(self._adapters_s3 or self.s3, self.published_bucket, pause=self._pause)

    @cached_property
    def bucket(self) -> UploadBucket:
        return S3UploadBucket(self._adapters_s3 or self.s3, self.bucket_name)

    @cached_property
    def evidence(self) -> EvidenceStore:
        return S3Evidence(self._adapters_s3 or self.s3, self.evidence_bucket)

    @cached_property
    def intake(self) -> IntakeSwitch:
        return SSMIntake(f"/{self._prefix}/intake", SSMProvider(boto3_client=_client("ssm", self.endpoint, None)))

    def arrive(self, upload: str, name: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket_name, Key=upload_object(upload, name), Body=content)

    def evidence_of(self, sha256: str) -> list[bytes]:
        key = evidence_object(sha256)
        versions = self.s3.list_object_versions(Bucket=self.evidence_bucket, Prefix=key).get("Versions", [])
        return [
            self.s3.get_object(Bucket=self.evidence_bucket, Key=key, VersionId=version["VersionId"])["Body"].read()
            for version in versions
        ]

    def copy_at(self, path: str) -> Copy | None:
        key = published_object(path)
        if not self.s3.list_objects_v2(Bucket=self.published_bucket, Prefix=key).get("Contents"):
            return None
        found = self.s3.get_object(Bucket=self.published_bucket, Key=key)
        about = found["Metadata"]
        return Copy(
            int(about["edition"]), int(about["rendering"]), about["etag"], found["ContentType"], found["CacheControl"],
            found["Body"].read(),
        )  # fmt: skip

    def switch_intake(self, value: str) -> None:
        _client("ssm", self.endpoint, None).put_parameter(
            Name=f"/{self._prefix}/intake", Value=value, Type="String", Overwrite=True
        )
