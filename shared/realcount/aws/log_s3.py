"""LogStore on S3 and DynamoDB: public files under `log/<election>/`, the writer's head as one item of the ledger.

S3 holds every write to a condition: a file is written if there is none, the checkpoint if it is the one that was read.
The head is what two writers meet at, so it lies where a condition is a lock.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from realcount.aws.attributes import item_key, number, read_number, read_text, text
from realcount.aws.batches import Pause, chunks, get_strongly, pause
from realcount.aws.errors import error_code, translated
from realcount.aws.keys import log_mark, log_object, log_place, refusal_object, staged_object
from realcount.domain.errors import Conflict, Drift, NotFound
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import HASH_BYTES
from realcount.domain.log.unit_lists import UNITS
from realcount.log_ports import BOOK, CHECKPOINT, WITNESSED, LogHead, Subject
from realcount.rendering.lifetimes import FOR_EVER

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from mypy_boto3_s3 import S3Client

    from realcount.aws.attributes import Item

A_MOMENT = "public, max-age=2, s-maxage=2, stale-while-revalidate=10, stale-if-error=86400"

PACKED = frozenset({UNITS})
"""Files that lie there compressed: what a cache would compress by itself has an end, and a nation's tree is beyond it."""

_MEDIA = {CHECKPOINT: "text/plain; charset=utf-8", WITNESSED: "text/plain; charset=utf-8", BOOK: "application/json"}

_ABSENT = frozenset({"404", "NoSuchKey"})
_EXISTS = "PreconditionFailed"
_LENGTH_BYTES = 4

GZIP = "gzip"

FILES_AT_ONCE = 10
"""Requests on their way at the same time: the connections that botocore keeps open unless told otherwise."""

_FILES = 1_000
"""Files taken from the caller at a time, who may be making many thousands of them."""

MARKS_AT_ONCE = 100
"""What a transaction takes."""


class S3LogFiles:
    """The public files of one election's log, for whoever touches nothing else of it."""

    def __init__(self, s3: S3Client, bucket: str, election: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._election = election

    def put_file(self, path: str, data: bytes) -> None:
        key = log_object(self._election, path)
        if path in PACKED:
            self._put_once(key, gzip.compress(data, mtime=0), FOR_EVER, ContentEncoding=GZIP)
        else:
            self._put_once(key, data, FOR_EVER)

    def put_files(self, files: Iterable[tuple[str, bytes]]) -> None:
        with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            for chunk in chunks(files, _FILES):
                for _ in pool.map(lambda one: self.put_file(*one), chunk):
                    pass

    def file(self, path: str) -> bytes:
        return self._get(log_object(self._election, path))[0]

    def current(self, name: str) -> tuple[bytes | None, str | None]:
        try:
            return self._get(log_object(self._election, name))
        except NotFound:
            return None, None

    def checkpoint(self) -> tuple[bytes | None, str | None]:
        return self.current(CHECKPOINT)

    def replace(self, name: str, data: bytes, was: str | None) -> None:
        condition = {"IfMatch": was} if was is not None else {"IfNoneMatch": "*"}
        if not self._put(log_object(self._election, name), data, A_MOMENT, condition):
            raise Conflict(f"the {name} of the log of {self._election} is no longer the one that was read")

    def keep_refusal(self, content: bytes) -> str:
        key = refusal_object(self._election, hashlib.sha256(content).hexdigest())
        self._put_once(key, content, FOR_EVER)
        return f"/{key}"

    def _put_once(self, key: str, content: bytes, lifetime: str, **more: str) -> None:
        # What exists stays: whether it is what it should be, the caller finds out by reading it back.
        self._put(key, content, lifetime, {"IfNoneMatch": "*", **more})

    def _put(self, key: str, content: bytes, lifetime: str, more: dict[str, Any]) -> bool:
        """Whether it was written. Raises `Unavailable` also for a write of the same object that is under way."""
        with translated(f"writing {key}"):
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    ContentType=_MEDIA.get(key.rpartition("/")[2], "application/octet-stream"),
                    CacheControl=lifetime,
                    **more,
                )
            except ClientError as error:
                if error_code(error) in (_EXISTS, *_ABSENT):
                    return False
                raise
        return True

    def _get(self, key: str) -> tuple[bytes, str]:
        with translated(f"reading {key}"):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error_code(error) in _ABSENT:
                    raise NotFound(f"the log has no {key}") from None
                raise
            content = answer["Body"].read()
        return gzip.decompress(content) if answer.get("ContentEncoding") == GZIP else content, answer["ETag"]


class S3Log(S3LogFiles):
    """The log of one election. Its head is an item of the table of forms."""

    def __init__(
        self, s3: S3Client, bucket: str, dynamodb: DynamoDBClient, table: str, election: str, pause: Pause = pause
    ) -> None:
        super().__init__(s3, bucket, election)
        self._dynamodb = dynamodb
        self._table = table
        self._place = item_key(*log_place(election))
        self._pause = pause

    def head(self) -> LogHead:
        with translated(f"reading the head of the log of {self._election}"):
            answer = self._dynamodb.get_item(TableName=self._table, Key=self._place, ConsistentRead=True)
        return _read_head(answer["Item"]) if "Item" in answer else LogHead()

    def advance(self, was: LogHead, now: LogHead) -> LogHead:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if was.seq:
            condition = {
                "ConditionExpression": "seq = :was",
                "ExpressionAttributeValues": {":was": number(was.seq)},
            }
        with translated(f"moving the head of the log of {self._election} from {was.seq}"):
            self._dynamodb.put_item(TableName=self._table, Item={**self._place, **_head_item(now)}, **condition)
        return now

    def stage(self, bundle: bytes, subjects: Sequence[Subject]) -> str:
        about = json.dumps(subjects, separators=(",", ":")).encode()
        content = len(about).to_bytes(_LENGTH_BYTES, "big") + about + bundle
        name = hashlib.sha256(content).hexdigest()
        self._put_once(staged_object(self._election, name), content, FOR_EVER)
        return name

    def staged(self, batch: str) -> tuple[bytes, Sequence[Subject]]:
        content = self._get(staged_object(self._election, batch))[0]
        end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "big")
        return content[end:], [tuple(subject) for subject in json.loads(content[_LENGTH_BYTES:end])]

    def publish(self, checkpoint: bytes, was: str | None) -> None:
        self.replace(CHECKPOINT, checkpoint, was)

    def mark(self, places: Mapping[Subject, int]) -> None:
        for chunk in chunks(places.items(), MARKS_AT_ONCE):
            try:
                self._mark(chunk)
            except Conflict:
                # Some are noted already, by whoever was at it before; noted as what, each has to be asked.
                for one in chunk:
                    self._mark_alone(*one)

    def _mark_alone(self, subject: Subject, index: int) -> None:
        try:
            self._mark([(subject, index)])
        except Conflict:
            known = self.marks([subject]).get(subject)
            if known != index:
                raise Drift(
                    f"{subject} is entry {known} of the log of {self._election}, and entry {index} as well"
                ) from None

    def _mark(self, places: Sequence[tuple[Subject, int]]) -> None:
        with translated(f"marking {len(places)} entries of the log of {self._election}, from {places[0]} on"):
            self._dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": {**item_key(*log_mark(self._election, subject)), "index": number(index)},
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    }
                    for subject, index in places
                ]
            )

    def marks(self, subjects: Sequence[Subject]) -> Mapping[Subject, int]:
        by_sort = {log_mark(self._election, subject): subject for subject in subjects}
        wanted = (item_key(*at) for at in by_sort)
        return {
            by_sort[read_text(item, "pk"), read_text(item, "sk")]: read_number(item, "index")
            for item in get_strongly(self._dynamodb, self._table, wanted, self._pause)
        }

    def last_mark(self, beginning: Subject) -> int | None:
        partition, sort = log_mark(self._election, beginning)
        with translated(f"looking for the last mark of {beginning} in the log of {self._election}"):
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
                # The separator behind them: no other word that begins alike.
                ExpressionAttributeValues={":pk": text(partition), ":sk": text(f"{sort}#")},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        return read_number(answer["Items"][0], "index") if answer["Items"] else None


class S3WitnessedLogs:
    """Of every election the log's public files, and no head."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def of(self, election: str) -> S3LogFiles:
        return S3LogFiles(self._s3, self._bucket, election)


class S3Logs:
    def __init__(self, s3: S3Client, bucket: str, dynamodb: DynamoDBClient, table: str, pause: Pause = pause) -> None:
        self._parts = s3, bucket, dynamodb, table
        self._pause = pause

    def of(self, election: str) -> S3Log:
        return S3Log(*self._parts, election, self._pause)


def _head_item(head: LogHead) -> dict[str, AttributeValueTypeDef]:
    """Rows as one value of bytes each: 155 hashes are 5 KB, well below what an item may hold."""
    item: dict[str, AttributeValueTypeDef] = {
        "seq": number(head.seq),
        "size": number(head.edge.size),
        "rows": {"L": [{"B": b"".join(row)} for row in head.edge.rows]},
    }
    return item if head.batch is None else {**item, "batch": text(head.batch)}


def _read_head(item: Item) -> LogHead:
    rows = tuple(_hashes(bytes(row["B"])) for row in item["rows"]["L"])
    batch = item["batch"]["S"] if "batch" in item else None
    return LogHead(read_number(item, "seq"), Edge(read_number(item, "size"), rows), batch)


def _hashes(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES))
