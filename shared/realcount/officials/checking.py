"""What the server will say of a form, said before it is sent: refusals and findings by the very rules of the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from realcount.domain.contest_forms import check_form
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.findings import Finding, find
from realcount.domain.form import Form
from realcount.domain.official import SUBMITTER, OfficialKey
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_form
from realcount.officials.drafts import Draft
from realcount.officials.frame import Frame
from realcount.officials.official import Official
from realcount.officials.outbox import Item

_FOLLOWS = ("kind", "prev")
"""What is wrong with a later version that follows nothing: said once, in words of our own."""


@dataclass(frozen=True, slots=True)
class Before:
    """The form that a new one follows: its version and hash."""

    version: int
    hash: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a draft: the `document` that was signed and its form, or the item that has been in the outbox before; why
    it would be refused; what would be found. `known` says whether the station was ever seen on a public page."""

    draft: Draft
    document: bytes | None
    form: Form | None
    there: Item | None
    refusals: tuple[Refusal, ...]
    findings: tuple[Finding, ...]
    known: bool


def check_draft(
    draft: Draft, frame: Frame, official: Official, live: Sequence[Item], public: Before | None, *, now: str, nonce: str
) -> Checked:
    """Sign the draft and look at it as the server will. `live` are the station's forms in the outbox, `public` the newest one
    that the station's page shows, if it could be asked."""
    station = frame.station(draft.station)
    registered = None if station is None else station["registered"]
    contest = frame.contest()
    latest = live[-1] if live else None
    if latest is not None and _same(draft, latest.form):
        findings = find(latest.form, contest, registered)
        return Checked(draft, latest.document, latest.form, latest, (), findings, station is not None)
    refusals: list[Refusal] = []
    version, previous = 1, None
    if draft.kind == "form":
        if latest is not None:
            refusals.append(Refusal("taken", _about(draft), f"version {latest.form.version}, {latest.form.hash}"))
        elif public is not None:
            refusals.append(Refusal("wrong-version", _about(draft), f"version {public.version}, {public.hash}"))
    else:
        mine = Before(latest.form.version, latest.form.hash) if latest else None
        before = max((one for one in (mine, public) if one), key=lambda one: one.version, default=None)
        if before is None:
            refusals.append(Refusal("nothing-to-correct", _about(draft), ""))
        else:
            version, previous = before.version + 1, before.hash
    document = official.form(
        frame.key,
        draft.station,
        figures=draft.figures,
        votes=draft.votes,
        scans=draft.scans,
        now=now,
        nonce=nonce,
        kind=draft.kind,
        version=version,
        prev=previous,
        reason=draft.reason,
    )
    form, findings = None, ()
    try:
        signed = split_document(document)
        form = parse_form(signed.payload)
        check_form(form, contest)
        findings = find(form, contest, registered)
    except Rejected as refused:
        told = [
            refusal for refusal in refused.refusals if previous or draft.kind == "form" or refusal.field not in _FOLLOWS
        ]
        refusals += [replace(refusal, field=f"{draft.where}: {refusal.field}") for refusal in told]
    return Checked(draft, document, form, None, tuple(refusals), findings, station is not None)


def check_key(record: OfficialKey, frame: Frame, now: str) -> list[Refusal]:
    """Why the server would not take this key, as far as its record tells. Only the server knows of revocations."""
    refusals = []
    state = record.state_at(now)
    if state != "active":
        refusals.append(Refusal(state, record.id, f"valid from {record.valid_from} to {record.valid_until}"))
    if record.role != SUBMITTER:
        refusals.append(Refusal("wrong-role", record.id, f"{record.role}, not {SUBMITTER}"))
    if record.election != frame.key.election or not record.may_sign(frame.key.contest):
        refusals.append(Refusal("out-of-scope", record.id, f"not for {frame.key}"))
    return refusals


def outside(record: OfficialKey, frame: Frame, stations: Sequence[str]) -> list[str]:
    """Stations of which the way up that is shown holds no region of the key: the server may know another way."""
    known = [(one, frame.station(one)) for one in stations]
    return [
        one
        for one, said in known
        if said is not None and one not in record.regions and not set(said["above"]) & set(record.regions)
    ]


def _same(draft: Draft, form: Form) -> bool:
    """Whether the draft says what was signed already: then nothing is signed again."""
    return (draft.kind, dict(draft.figures), dict(draft.votes), draft.reason) == (
        form.kind,
        dict(form.figures),
        dict(form.votes),
        form.reason,
    ) and [scan.ref() for scan in draft.scans] == list(form.scans)


def _about(draft: Draft) -> str:
    return f"{draft.where}: station {draft.station}" if draft.where != draft.station else f"station {draft.station}"
