"""The page of an election's public log, and the proof of a polling station out of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from realcount.cli.openapi.values import Count, Document, Edition, Id, Instant, Link, Text


class Quorum(Document):
    """How many of the log's witnesses have signed that it only grew."""

    needed: Count
    cosigned: Count
    witnesses: Count
    reached: bool
    seen_at: Instant | None


class WitnessRefusal(Document):
    at: Instant
    size: Count
    from_: Count = Field(alias="from")
    status: Count
    said: Text
    evidence: Text | None


class Witness(Document):
    name: Text
    key: Text
    size: Count | None
    root: Text | None
    seen_at: Instant | None
    refused: WitnessRefusal | None


class Words(Document):
    id: list[Text]
    en: list[Text]


class LogFiles(Document):
    prefix: Link
    checkpoint: Link
    witnessed: Link
    witnesses: Link
    units: Link


class LogLinks(Document):
    self: Link
    election: Link


class Log(Document):
    """An election's public log: how long it is, what it hashes to, where it lies, who else has seen it."""

    election: Id
    label: Text
    edition: Edition
    origin: Text | None
    key: Text | None
    receipts_key: Text | None
    size: Count
    root: Text | None
    since: Instant | None
    updated_at: Instant | None
    quorum: Quorum
    witnesses: list[Witness]
    words: Words
    files: LogFiles
    links: LogLinks


class ProofEntry(Document):
    index: Count
    entry: dict[str, Any]
    path: list[Count]


class ProofEntries(Document):
    opening: ProofEntry
    contest: ProofEntry
    submitter: ProofEntry
    approver: ProofEntry
    form: ProofEntry
    snapshot: ProofEntry


class ProofLevel(Document):
    unit: Id
    children: Count
    steps: list[list[Any]]


class Proof(Document):
    """That a station's form is in the log and in the totals that were sealed last (docs/log-format.md)."""

    type: Literal["realcount/station-proof/v1"]
    checkpoint: Text
    hashes: list[Text]
    entries: ProofEntries
    way: list[ProofLevel]
