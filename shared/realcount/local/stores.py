"""The stores of a running machine, for tools that stand beside the functions: the same adapters on the same tables."""

from __future__ import annotations

from dataclasses import dataclass

from realcount.aws.copies_s3 import S3Copies
from realcount.aws.editions_s3 import S3Editions
from realcount.aws.elections_dynamodb import DynamoDBElections
from realcount.aws.forms_dynamodb import DynamoDBForms
from realcount.aws.keys_dynamodb import DynamoDBKeys
from realcount.aws.log_s3 import S3Logs
from realcount.aws.pages_dynamodb import DynamoDBPages
from realcount.aws.signer_kms import KMSSigners
from realcount.aws.tallies_dynamodb import DynamoDBTallies
from realcount.aws.uploads_dynamodb import DynamoDBUploads
from realcount.domain.log.receipts import receipts_name
from realcount.local.engine import Engine
from realcount.local.places import LocalError
from realcount.local.stack import Stack


@dataclass(slots=True)
class Stores:
    """One adapter per table, one for the editions of pages, one for their copies, one for the public logs, one for their key and one for that of
    receipts. They read strongly where the ports say so; nothing in them is cached but elections."""

    elections: DynamoDBElections
    keys: DynamoDBKeys
    uploads: DynamoDBUploads
    forms: DynamoDBForms
    tallies: DynamoDBTallies
    editions: S3Editions
    copies: S3Copies
    logs: S3Logs
    signers: KMSSigners
    receipts: KMSSigners
    pages: DynamoDBPages


def open_stores(engine: Engine, stack: Stack) -> Stores:
    """The stores of the tables that the functions are told of. Raises `LocalError` if they are not told of one."""
    names = stack.environment()
    dynamodb = engine.client("dynamodb")
    try:
        return Stores(
            elections=DynamoDBElections(dynamodb, names["TABLE_ELECTIONS"]),
            keys=DynamoDBKeys(dynamodb, names["TABLE_KEYS"]),
            uploads=DynamoDBUploads(dynamodb, names["TABLE_UPLOADS"]),
            forms=DynamoDBForms(dynamodb, names["TABLE_FORMS"], names["TABLE_KEYS"]),
            tallies=DynamoDBTallies(dynamodb, names["TABLE_TALLY"]),
            editions=S3Editions(engine.client("s3"), names["BUCKET_PUBLISHED"]),
            copies=S3Copies(engine.client("s3"), names["BUCKET_PUBLISHED"]),
            logs=S3Logs(engine.client("s3"), names["BUCKET_PUBLISHED"], dynamodb, names["TABLE_FORMS"]),
            signers=KMSSigners(engine.client("kms"), names["LOG_KEY"], names["LOG_ORIGIN"]),
            receipts=KMSSigners(engine.client("kms"), names["RECEIPT_KEY"], names["LOG_ORIGIN"], receipts_name),
            pages=DynamoDBPages(dynamodb, names["TABLE_PAGES"]),
        )
    except KeyError as missing:
        raise LocalError(f"template.yaml gives no function the variable {missing}") from None
