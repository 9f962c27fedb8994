"""Values that stores are tried with: small, complete, and awkward where a store could go wrong."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from realcount.domain.election import (
    Child,
    Contest,
    ContestKey,
    Crumb,
    Election,
    Option,
    Parent,
    Region,
    Shape,
    Station,
)
from realcount.domain.findings import INCOMPLETE, INCONSISTENT, Finding
from realcount.domain.form import Form, ScanRef
from realcount.domain.ledger import APPROVE, RETURN, FormVersion, Head, Review, received
from realcount.domain.official import SUBMITTER, OfficialKey
from realcount.domain.page import Page
from realcount.domain.tally import Tally
from realcount.ports import Upload, UploadFile

PPWP = ContestKey("2019", "PPWP")
DPD = ContestKey("2019", "DPD")
NOON = "2019-04-17T12:00:00.000Z"
ONE = "2019-04-17T13:00:00.000Z"
TWO = "2019-04-17T14:00:00.000Z"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def election(name: str = "2019", digest: str = "d" * 64, contests: tuple[Contest, ...] | None = None) -> Election:
    return Election(
        id=name,
        name="Pemilu – Général 選挙",
        held_on="2019-04-17",
        label="SIMULATION",
        licence="CC0",
        attribution="nobody",
        hierarchies=("region", "dapil"),
        levels=("nation", "province"),
        contests=(contest(name), contest(name, "DPD")) if contests is None else contests,
        digest=digest,
        levels_as=(("nation", "country"),),
        shapes=(Shape("sirekap2024", "DPR", NOON, None, "Reguler"), Shape("situng2019")),
    )


def contest(election: str = "2019", name: str = "PPWP", options: int = 2) -> Contest:
    return Contest(
        key=ContestKey(election, name),
        name=f"Contest {name}",
        options=tuple(
            Option(str(20 + i), f"{i:02d}", f"Pair “{i}” ñ", parent="party" if i % 2 else None)
            if i
            else Option("20", "00", "Pair “0” ñ", None, "The first pair", "#00FF00", True, 100_025)
            for i in range(options)
        ),
        hierarchies=("region", "dapil"),
        roots=("0", "dapil-1"),
        fields=("valid", "invalid", "voters.total"),
    )


def region(name: str = "11", election: str = "2019", children: int = 2) -> Region:
    return Region(
        election=election,
        id=name,
        level="province",
        name="ACEH/“Raya”",
        parents=(Parent("region", "0"), Parent("dapil", "dapil-1")),
        ancestors=("0", "dapil-1"),
        path=(Crumb("0", "INDONESIA", "nation", ("DPR", "DPRD")),),
        children=tuple(
            Child(
                f"{name}.{i}", f"TPS {i} — É", "region", 1, None if i % 2 else 300 + i, "TPS", None if i else 9_459_001
            )
            for i in range(children)
        ),
        holds="stations",
        expected=children,
        registered=300,
    )


def station(name: str = "11.0", election: str = "2019", registered: int | None = 300) -> Station:
    return Station(
        election=election,
        id=name,
        kind="TPS",
        name="TPS 1",
        parents=(Parent("region", "11"),),
        ancestors=("11", "0", "dapil-1"),
        path=(Crumb("0", "INDONESIA", "nation", ("DPR",)), Crumb("11", "ACEH", "province")),
        registered=registered,
    )


def official_key(name: str = "k1", holder: str = "h1") -> OfficialKey:
    return OfficialKey(
        id=name,
        holder=holder,
        election="2019",
        algorithm="ed25519",
        public_key=bytes(range(32)),
        role=SUBMITTER,
        regions=("11", "12"),
        contests=("*",),
        valid_from=NOON,
        valid_until="2019-06-01T00:00:00.000Z",
    )


def upload(name: str = "u1") -> Upload:
    return Upload(
        id=name,
        contest=PPWP,
        station="11.0",
        key="k1",
        files=(
            UploadFile("form", ScanRef(sha("form"), 900, "application/vnd.realcount.form")),
            UploadFile("scan-1", ScanRef(sha("scan"), 70_000, "image/jpeg")),
        ),
        granted_at=NOON,
    )


def version(
    station: str = "11.0", number: int = 1, contest: ContestKey = PPWP, previous: str | None = None, pad: int = 0
) -> FormVersion:
    """Version `number` of a station's form. A later one follows what this function gives for the one before."""
    if number > 1 and previous is None:
        previous = version(station, number - 1, contest).form.hash
    kind = "form" if number == 1 else "withdrawal" if number == 3 else "correction"
    numbers = {} if kind == "withdrawal" else {"valid": 150, "voters.total": 0}
    form = Form(
        kind=kind,
        election=contest.election,
        contest=contest.contest,
        station=station,
        version=number,
        previous=previous,
        figures=numbers,
        votes={} if kind == "withdrawal" else {"20": 9_999_999, "21": 0},
        scans=()
        if kind == "withdrawal"
        else (ScanRef(sha(f"scan {station} {number}"), 70_000, "image/png", 2 if number == 1 else None),),
        reason=None if number == 1 else "salah ketik – “617” → 117",
        key="k1",
        signed_at=NOON,
        hash=sha(f"{contest} {station} {number}"),
    )
    return FormVersion(
        form=form,
        payload=bytes(range(256)) + b"x" * pad,
        signature=b"\x00\xff" * 32,
        upload=f"u-{station}-{number}",
        received_at=NOON,
        findings=(
            Finding("votes-sum", INCONSISTENT, ("valid",), 150, 9_999_999),
            Finding("missing", INCOMPLETE, ("invalid",)),
        ),
    )


def first_head(station: str = "11.0", contest: ContestKey = PPWP) -> Head:
    return received(None, version(station, 1, contest))


def review(of: FormVersion, decision: str = APPROVE, key: str = "k2") -> Review:
    return Review(
        election=of.form.election,
        contest=of.form.contest,
        station=of.form.station,
        version=of.form.version,
        form=of.form.hash,
        decision=decision,
        reason="scan unreadable" if decision == RETURN else None,
        key=key,
        signed_at=NOON,
        payload=b"\xff\x00payload",
        signature=b"\x01" * 64,
        decided_at=ONE,
    )


def tally(sv: int, votes: tuple[int, ...] = (7, 0)) -> Tally:
    return Tally(
        sv=sv,
        votes=votes,
        valid=7,
        invalid=sv,
        voters=2**53,
        received=1,
        approved=1,
        flagged=0,
        incomplete=1,
        at=ONE,
    )


def page(path: str = "/v1/x", edition: int = 0, rendering: int = 1, size: int = 300) -> Page:
    body = f"{edition}.{rendering} ".encode() + b"\x00\xff" * (size // 2)
    return Page(
        path=path,
        edition=edition,
        rendering=rendering,
        etag=f"{edition}-{sha(f'{path} {edition} {rendering}')[:12]}",
        media="application/json",
        max_age=5,
        updated_at=NOON,
        bodies={"identity": body} if size < 1000 else {"gzip": body, "br": body[::-1]},
    )


def settled(upload: Upload, **changes: object) -> Upload:
    return replace(upload, **changes)
