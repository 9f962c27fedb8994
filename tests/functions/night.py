"""An election night in one process: every handler as Lambda calls it, with memory behind the ports.

The election is `tests.small_election`; officials sign with real keys, scans are real images, events have the shape that
API Gateway, S3 and DynamoDB Streams give them.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote_plus

from PIL import Image

from realcount import wiring
from realcount.aws.keys import place
from realcount.domain.election import ContestKey
from realcount.domain.log.receipts import receipts_name
from realcount.domain.official import APPROVER, ED25519, P256, SUBMITTER
from realcount.domain.tally import RowChange, StationChange
from realcount.edge.recent import Recent
from realcount.evidence.images import PillowInspector
from realcount.evidence.signatures import CryptographyVerifier
from realcount.local.memory import (
    KeptKeys,
    KeptLogKeys,
    MemoryBulk,
    MemoryCopies,
    MemoryEditions,
    MemoryElections,
    MemoryEvidence,
    MemoryForms,
    MemoryIntake,
    MemoryKeys,
    MemoryLogs,
    MemoryPages,
    MemoryRoll,
    MemoryTallies,
    MemoryUploadBucket,
    MemoryUploads,
)
from realcount.officials.official import Official, Scan, new_official
from realcount.officials.sending import SIGNED_MEDIA
from realcount.usecases.load_election import load_election
from tests.fake_witness import Witnesses
from tests.small_election import AFTER, BEFORE, ELECTION, NOON, PPWP, RECEIPTS, election, paper, units

NONCE = "n" * 16


def photograph(shade: int = 200, format_: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.effect_noise((48, 64), shade).save(out, format_)
    return out.getvalue()


PHOTO = Scan(photograph())


@dataclass
class Context:
    """Lambda's context object. `left` is how many milliseconds remain, one value per question; the last one stands."""

    function_name: str
    left: list[int]
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-southeast-3:123456789012:function:test"
    aws_request_id: str = "6f0e4f1c-7f3f-4a4e-9d53-2f6a7f1d1a11"

    def get_remaining_time_in_millis(self) -> int:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@dataclass(frozen=True)
class Reply:
    """What API Gateway would send on."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def problem(self) -> str:
        assert self.headers["content-type"] == "application/problem+json"
        return str(self.json["type"]).removeprefix("/problems/")


class Night:
    def __init__(self) -> None:
        self.now = NOON
        self.keys = MemoryKeys()
        self.elections = MemoryElections()
        self.uploads = MemoryUploads()
        self.bucket = MemoryUploadBucket()
        self.evidence = MemoryEvidence()
        self.heads_moved: list[StationChange] = []
        self.rows_moved: list[RowChange] = []
        self.forms = MemoryForms(self.keys, self.heads_moved.append)
        self.tallies = MemoryTallies(self.rows_moved.append)
        self.logs = MemoryLogs()
        self.signers = KeptKeys("count.example", bytes(range(32)))
        self.roll = MemoryRoll()
        self.witness = Witnesses()
        self.bulk = MemoryBulk()
        self.editions = MemoryEditions()
        self.copies = MemoryCopies()
        self.pages = MemoryPages()
        self.intake = MemoryIntake()
        self.adapters = wiring.Adapters(
            "night",
            clock=lambda: self.now,
            elections=self.elections,
            keys=self.keys,
            verifier=CryptographyVerifier(),
            uploads=self.uploads,
            bucket=self.bucket,
            inspector=PillowInspector(),
            evidence=self.evidence,
            forms=self.forms,
            logs=self.logs,
            signers=self.signers,
            witnessed_logs=self.logs,
            published_logs=self.logs,
            bulk=self.bulk,
            log_keys=KeptLogKeys("count.example", bytes(range(32))),
            receipts=RECEIPTS,
            receipt_keys=KeptLogKeys("count.example", bytes(range(1, 33)), receipts_name),
            witness_roll=self.roll,
            witness=self.witness,
            tallies=self.tallies,
            editions=self.editions,
            copies=self.copies,
            pages=self.pages,
            page_reader=self.pages,
            recent=Recent(seconds=0),
            claims=Recent(seconds=0),
            intake=self.intake,
            public_url="https://count.example",
            log_origin="count.example",
        )
        load_election(
            election(),
            units(),
            elections=self.elections,
            editions=self.editions,
            copies=self.copies,
            pages=self.pages,
            log=self.logs.of(ELECTION),
        )
        self.submitter = self.official("sub-1", SUBMITTER, "person-1")
        self.approver = self.official("app-1", APPROVER, "person-2", P256)

    def official(self, key: str, role: str, holder: str, algorithm: str = ED25519, **changes: Any) -> Official:
        """A registered official with a key pair of their own."""
        person = new_official(key, key.encode().ljust(32, b"."), algorithm)
        record = {"election": ELECTION, "regions": ("N",), "valid_from": BEFORE, "valid_until": AFTER, **changes}
        self.keys.register(person.key(holder=holder, role=role, **record))
        return person

    # ---- what officials send

    def form(
        self, by: Official | None = None, at: str = "S1", scans: tuple[Scan, ...] = (PHOTO,), **more: Any
    ) -> bytes:
        first = {"figures": paper(150, 120, 5), "votes": {"01": 150, "02": 120}, "nonce": NONCE, "now": self.now}
        return (by or self.submitter).form(PPWP, at, scans=scans, **{**first, **more})

    def request(self, form: bytes, by: Official | None = None, at: str = "S1", **more: Any) -> bytes:
        first = {"scans": (PHOTO,), "now": self.now, "nonce": NONCE, **more}
        return (by or self.submitter).upload_request(PPWP, at, form=form, **first)

    def review(self, form_hash: str, by: Official | None = None, at: str = "S1", **more: Any) -> bytes:
        first = {"version": 1, "decision": "approve", "now": self.now, "nonce": NONCE, **more}
        return (by or self.approver).review(PPWP, at, form_hash=form_hash, **first)

    # ---- calling functions

    def invoke(self, function: str, event: Mapping[str, Any], left: Iterable[int] = (300_000,)) -> Any:
        handler: Callable[..., Any] = importlib.import_module(f"functions.{function}.handler").lambda_handler
        with self.wired():
            return handler(dict(event), Context(function, list(left)))

    def wired(self) -> AbstractContextManager[None]:
        return wiring.installed(self.adapters)

    def http(
        self,
        function: str,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        query: str = "",
        media: str | None = SIGNED_MEDIA,
        plain: bool = False,
        **headers: str,
    ) -> Reply:
        """`plain` sends the body as API Gateway passes text on; anything else arrives in base64."""
        named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        if body is not None and media is not None:
            named["content-type"] = media
        answer = self.invoke(function, gateway_event(method, path, body, query, named, plain))
        assert set(answer) == {"statusCode", "body", "isBase64Encoded", "headers", "cookies"}
        sent = answer["body"]
        return Reply(
            answer["statusCode"],
            {name.lower(): value for name, value in answer["headers"].items()},
            base64.b64decode(sent, validate=True) if answer["isBase64Encoded"] else sent.encode(),
        )

    def arrived(self, *keys: str) -> None:
        self.invoke("receive_form", s3_event(*keys))

    # ---- whole steps

    def submit(self, form: bytes | None = None, at: str = "S1", **more: Any) -> str:
        """Grant, upload and event for a form; the upload's id."""
        form = form or self.form(at=at)
        scans = more.get("scans", (PHOTO,))
        grant = self.http("grant_upload", "POST", "/v1/uploads", self.request(form, at=at, **more))
        assert grant.status == 201, grant.json
        upload = str(grant.json["upload"])
        self.bucket.put(upload, "form", form)
        for i, scan in enumerate(scans, start=1):
            self.bucket.put(upload, f"scan-{i}", scan.content)
        self.arrived(f"uploads/{upload}/form")
        return upload

    def approve(self, at: str = "S1", **more: Any) -> Reply:
        head = self.forms.head(PPWP, at)
        assert head is not None
        review = self.review(head.latest_hash, at=at, version=head.latest, **more)
        return self.http("review_form", "POST", "/v1/reviews", review)

    def seal(self, *stations: str, of: ContestKey = PPWP) -> None:
        """Let the sealer hear of these stations."""
        event = forms_event([StationChange(of, station) for station in stations])
        assert self.invoke("seal_forms", event) == {"batchItemFailures": []}

    def settle(self) -> None:
        """Let the streams run until nothing moves any more."""
        while self.heads_moved or self.rows_moved:
            heads, rows = [*self.heads_moved], [*self.rows_moved]
            self.heads_moved.clear()
            self.rows_moved.clear()
            if heads:
                assert self.invoke("seal_forms", forms_event(heads)) == {"batchItemFailures": []}
                assert self.invoke("count_form", forms_event(heads)) == {"batchItemFailures": []}
            if rows:
                assert self.invoke("roll_up", tally_event(rows)) == {"batchItemFailures": []}
                assert self.invoke("publish_results", tally_event(rows)) == {"batchItemFailures": []}

    def read(self, path: str) -> dict[str, Any]:
        return self.http("read_results", "GET", path).json

    def state(self) -> str:
        """All that is stored, as one text: equal before and after means that nothing was changed."""
        stores = (self.keys, self.elections, self.uploads, self.evidence, self.forms, self.tallies, self.pages)
        return "\n".join(repr(vars(store)) for store in stores)


def gateway_event(
    method: str, path: str, body: bytes | None, query: str, headers: Mapping[str, str], plain: bool
) -> dict[str, Any]:
    event = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "host": "api.example.org",
            "user-agent": "test",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-proto": "https",
            **headers,
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "domainName": "api.example.org",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": "17/Apr/2019:12:00:00 +0000",
            "timeEpoch": 1555502400000,
        },
        "isBase64Encoded": body is not None and not plain,
    }
    if query:
        event["queryStringParameters"] = dict(pair.split("=", 1) for pair in query.split("&"))
    if body is not None:
        event["body"] = body.decode("utf-8", "surrogateescape") if plain else base64.b64encode(body).decode()
    return event


def s3_event(*keys: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "ap-southeast-3",
                "eventTime": "2019-04-17T12:00:00.000Z",
                "eventName": "ObjectCreated:Post",
                "userIdentity": {"principalId": "AWS:EXAMPLE"},
                "requestParameters": {"sourceIPAddress": "192.0.2.1"},
                "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "example"},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "receive",
                    "bucket": {
                        "name": "uploads",
                        "ownerIdentity": {"principalId": "EXAMPLE"},
                        "arn": "arn:aws:s3:::uploads",
                    },
                    "object": {"key": quote_plus(key), "size": 1024, "eTag": "d41d8cd9", "sequencer": "0A1B2C3D4E5F"},
                },
            }
            for key in keys
        ]
    }


def stream_event(keys: Iterable[tuple[str, str]], table: str) -> dict[str, Any]:
    """Records of the keys, with the sequence numbers 100, 101, 102…"""
    return {
        "Records": [
            {
                "eventID": f"{number:032x}",
                "eventName": "MODIFY",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "ap-southeast-3",
                "eventSourceARN": f"arn:aws:dynamodb:ap-southeast-3:123456789012:table/{table}/stream/2019-04-17",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1555502400,
                    "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
                    "SequenceNumber": str(number),
                    "SizeBytes": 60,
                    "StreamViewType": "KEYS_ONLY",
                },
            }
            for number, (pk, sk) in enumerate(keys, start=100)
        ]
    }


def forms_event(changes: Iterable[StationChange]) -> dict[str, Any]:
    """Each head with the version beside it, as the one transaction writes them."""
    keys = [(place(change.contest, change.station), sk) for change in changes for sk in ("V#000001", "HEAD")]
    return stream_event(keys, "forms")


def tally_event(changes: Iterable[RowChange]) -> dict[str, Any]:
    return stream_event([(place(change.contest, change.parent), change.child) for change in changes], "tally")


def failed(response: Mapping[str, Any]) -> list[str]:
    """The sequence numbers that a partial batch response asks for again."""
    return [item["itemIdentifier"] for item in response["batchItemFailures"]]


def region_path(region: str, contest: ContestKey = PPWP) -> str:
    return f"/v1/elections/{contest.election}/contests/{contest.contest}/regions/{region}"


def station_path(station: str, contest: ContestKey = PPWP) -> str:
    return f"/v1/elections/{contest.election}/contests/{contest.contest}/stations/{station}"
