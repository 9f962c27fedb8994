"""The shapes of the forms table's items: a version, a review, a head.

A version holds both what was signed (`payload`, `signature`) and what was understood of it on that day (`form`): a later
release that reads more strictly cannot change or lose a form, and an auditor can compare the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realcount.aws.attributes import (
    binary,
    document,
    item_key,
    number,
    optional,
    read_binary,
    read_document,
    read_number,
    read_optional,
    read_text,
    text,
)
from realcount.aws.keys import HEAD, place, read_place, recall_sort, review_sort, seal_sort, turn_of, version_sort
from realcount.domain.election import ContestKey
from realcount.domain.findings import Finding
from realcount.domain.form import Form, ScanRef
from realcount.domain.ledger import FormVersion, Head, Recall, Review

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from realcount.aws.attributes import Item


def version_item(version: FormVersion) -> dict[str, AttributeValueTypeDef]:
    form = version.form
    partition = place(ContestKey(form.election, form.contest), form.station)
    understood = {
        "kind": form.kind,
        "figures": dict(form.figures),
        "votes": dict(form.votes),
        "scans": [
            [scan.sha256, scan.size, scan.media] + ([] if scan.page is None else [scan.page]) for scan in form.scans
        ],
    }
    findings = [
        [finding.code, finding.kind, list(finding.fields), finding.found, finding.expected]
        for finding in version.findings
    ]
    return {
        **item_key(partition, version_sort(form.version)),
        "version": number(form.version),
        "hash": text(form.hash),
        **optional(previous=form.previous, reason=form.reason),
        "form": document(understood),
        "key": text(form.key),
        "signed_at": text(form.signed_at),
        "payload": binary(version.payload),
        "signature": binary(version.signature),
        "upload": text(version.upload),
        "received_at": text(version.received_at),
        "findings": document(findings),
    }


def read_version(item: Item) -> FormVersion:
    contest, station = read_place(read_text(item, "pk"))
    understood = read_document(item, "form")
    form = Form(
        kind=understood["kind"],
        election=contest.election,
        contest=contest.contest,
        station=station,
        version=read_number(item, "version"),
        previous=read_optional(item, "previous"),
        figures=understood["figures"],
        votes=understood["votes"],
        scans=tuple(ScanRef(*scan) for scan in understood["scans"]),
        reason=read_optional(item, "reason"),
        key=read_text(item, "key"),
        signed_at=read_text(item, "signed_at"),
        hash=read_text(item, "hash"),
    )
    return FormVersion(
        form=form,
        payload=read_binary(item, "payload"),
        signature=read_binary(item, "signature"),
        upload=read_text(item, "upload"),
        received_at=read_text(item, "received_at"),
        findings=tuple(
            Finding(code, kind, tuple(fields), found, expected)
            for code, kind, fields, found, expected in read_document(item, "findings")
        ),
    )


def review_item(review: Review, turn: int) -> dict[str, AttributeValueTypeDef]:
    partition = place(ContestKey(review.election, review.contest), review.station)
    return {
        **item_key(partition, review_sort(review.version, turn)),
        "version": number(review.version),
        "form": text(review.form),
        "decision": text(review.decision),
        **optional(reason=review.reason),
        "key": text(review.key),
        "signed_at": text(review.signed_at),
        "payload": binary(review.payload),
        "signature": binary(review.signature),
        "decided_at": text(review.decided_at),
    }


def read_review(item: Item) -> Review:
    contest, station = read_place(read_text(item, "pk"))
    return Review(
        election=contest.election,
        contest=contest.contest,
        station=station,
        version=read_number(item, "version"),
        form=read_text(item, "form"),
        decision=read_text(item, "decision"),
        reason=read_optional(item, "reason"),
        key=read_text(item, "key"),
        signed_at=read_text(item, "signed_at"),
        payload=read_binary(item, "payload"),
        signature=read_binary(item, "signature"),
        decided_at=read_text(item, "decided_at"),
    )


def seal_item(
    contest: ContestKey, station: str, version: int, turn: int, index: int
) -> dict[str, AttributeValueTypeDef]:
    return {
        **item_key(place(contest, station), seal_sort(version, turn)),
        "version": number(version),
        "index": number(index),
    }


def recall_item(recall: Recall) -> dict[str, AttributeValueTypeDef]:
    return {
        **item_key(place(recall.contest, recall.station), recall_sort(recall.version, recall.round)),
        "version": number(recall.version),
        "role": text(recall.role),
        "key": text(recall.key),
        "since": text(recall.since),
        "reason": text(recall.reason),
        "at": text(recall.at),
        **optional(entry=recall.entry, index=recall.index),
    }


def read_recall(item: Item) -> Recall:
    contest, station = read_place(read_text(item, "pk"))
    return Recall(
        contest,
        station,
        version=read_number(item, "version"),
        round=turn_of(read_text(item, "sk")),
        role=read_text(item, "role"),
        key=read_text(item, "key"),
        since=read_text(item, "since"),
        reason=read_text(item, "reason"),
        at=read_text(item, "at"),
        entry=read_number(item, "entry") if "entry" in item else None,
        index=read_number(item, "index") if "index" in item else None,
    )


def head_item(contest: ContestKey, station: str, head: Head) -> dict[str, AttributeValueTypeDef]:
    return {
        **item_key(place(contest, station), HEAD),
        "seq": number(head.seq),
        "latest": number(head.latest),
        "latest_hash": text(head.latest_hash),
        "latest_state": text(head.latest_state),
        "approved": number(head.approved),
        "counted": number(head.counted),
        "at": text(head.at),
        # Where nothing was ever recalled, which is nearly everywhere, the head is no larger for it.
        **({"recalls": document(head.recalls)} if head.recalls else {}),
    }


def read_head(item: Item) -> Head:
    return Head(
        seq=read_number(item, "seq"),
        latest=read_number(item, "latest"),
        latest_hash=read_text(item, "latest_hash"),
        latest_state=read_text(item, "latest_state"),
        approved=read_number(item, "approved"),
        counted=read_number(item, "counted"),
        at=read_text(item, "at"),
        recalls=tuple((version, times) for version, times in read_document(item, "recalls"))
        if "recalls" in item
        else (),
    )
