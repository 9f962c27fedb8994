"""The page that leads to the newest bulk files of a contest."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from realcount.cli.openapi.values import Count, Document, Edition, Id, Instant, Link, Sha256, Text, Votes


class BulkTotal(Document):
    region: Id
    stations: Count
    valid: Count
    invalid: Count
    voters: Count
    votes: Votes
    sums: Sha256 = Field(description="The root of the tree of sums that was sealed.")


class BulkFile(Document):
    path: Link
    media: Text
    rows: Count | None
    bytes: Count
    sha256: Sha256


class BulkIndex(Document):
    path: Link
    bytes: Count
    sha256: Sha256


class BulkLinks(Document):
    self: Link
    contest: Link
    log: Link
    nist: Link


class Bulk(Document):
    """Files of a whole contest, at the state of the totals that were sealed last."""

    election: Id
    contest: Id
    label: Text
    licence: Text
    attribution: Text
    edition: Edition
    updated_at: Instant
    size: Count = Field(description="Of the public log that they were made from.")
    root: Sha256
    sealed_at: Instant
    totals: list[BulkTotal]
    files: list[BulkFile]
    index: BulkIndex
    older: list[dict[str, Any]]
    links: BulkLinks


class NistLinks(Document):
    self: Link
    contest: Link
    bulk: Link


class Nist(Document):
    """Reports of NIST SP 1500-100, at the state of the totals that were sealed last."""

    election: Id
    contest: Id
    label: Text
    licence: Text
    attribution: Text
    edition: Edition
    updated_at: Instant
    size: Count
    root: Sha256
    sealed_at: Instant
    index: BulkIndex
    reports: list[dict[str, Any]]
    older: list[dict[str, Any]]
    links: NistLinks
