"""A six-station election in which every shape of the tree occurs: the stage of unit tests, fault tables and simulation.

region      N ─┬─ P1 ─┬─ V1 ─ S1 S2 S3           contest ppwp  follows region            (root N)
               │      └─ V2 ─ S4 S5              contest dpr   follows region and dapil  (roots N, D1, D2)
               └─ P2 ─── V3 ─ S6                 contest dprd  follows region and ward   (roots N, W1)
dapil       D1 ─ V1 V3      D2 ─ V2              a village has two parents there
ward        W1 ─ S2 S4 S6                        three stations have two parents there
"""

from __future__ import annotations

from functools import cache

from realcount.domain.canonical import canonical_bytes, sha256_hex
from realcount.domain.election import Child, Contest, ContestKey, Crumb, Election, Option, Parent, Region, Station
from realcount.domain.findings import Finding
from realcount.domain.form import FIGURES, Form, ScanRef
from realcount.domain.ledger import APPROVE, RETURN, FormVersion, Review
from realcount.domain.log.receipts import receipts_name
from realcount.domain.official import APPROVER, SUBMITTER, OfficialKey
from realcount.domain.signed import SignedDocument
from realcount.domain.statements import FORM_MEDIA, FORM_TYPE, REVIEW_TYPE, UPLOAD_REQUEST_TYPE, parse_form
from realcount.local.memory import KeptKeys

ELECTION = "e19"
PPWP = ContestKey(ELECTION, "ppwp")
DPR = ContestKey(ELECTION, "dpr")
DPRD = ContestKey(ELECTION, "dprd")

DAWN = "2019-04-17T06:00:00.000Z"
NOON = "2019-04-17T12:00:00.000Z"
DUSK = "2019-04-17T18:00:00.000Z"
BEFORE = "2019-01-01T00:00:00.000Z"
AFTER = "2020-01-01T00:00:00.000Z"

RECEIPTS = KeptKeys("count.example", bytes(range(1, 33)), receipts_name)
"""What signs receipts."""

SCAN = b"\xff\xd8 a photograph of the paper \xff\xd9"
SCAN_REF = ScanRef(sha256_hex(SCAN), len(SCAN), "image/jpeg")
SIGNATURE = b"S" * 64

BRIEF_FIELDS = ("voters.total", "valid", "invalid", "total")
"""The figures a complete form of `dpr` and `dprd` carries; `ppwp` asks for the ballot papers too."""

_REGIONS: dict[str, tuple[str, dict[str, str]]] = {
    "N": ("nation", {}),
    "P1": ("province", {"region": "N"}),
    "P2": ("province", {"region": "N"}),
    "D1": ("dapil", {}),
    "D2": ("dapil", {}),
    "W1": ("ward", {}),
    "V1": ("village", {"region": "P1", "dapil": "D1"}),
    "V2": ("village", {"region": "P1", "dapil": "D2"}),
    "V3": ("village", {"region": "P2", "dapil": "D1"}),
}
_STATIONS: dict[str, dict[str, str]] = {
    "S1": {"region": "V1"},
    "S2": {"region": "V1", "ward": "W1"},
    "S3": {"region": "V1"},
    "S4": {"region": "V2", "ward": "W1"},
    "S5": {"region": "V2"},
    "S6": {"region": "V3", "ward": "W1"},
}
REGISTERED = {"S1": 300, "S2": 250, "S3": 280, "S4": 300, "S5": 120, "S6": 200}
STATIONS = tuple(_STATIONS)
REGIONS = tuple(_REGIONS)


def _parents(unit: str) -> dict[str, str]:
    return _STATIONS[unit] if unit in _STATIONS else _REGIONS[unit][1]


def _above(unit: str) -> list[str]:
    direct = list(_parents(unit).values())
    return list(dict.fromkeys(direct + [far for near in direct for far in _above(near)]))


def _path(unit: str) -> tuple[Crumb, ...]:
    near = _parents(unit).get("region")
    return (*_path(near), Crumb(near, f"Region {near}", _REGIONS[near][0])) if near else ()


def _below(region: str) -> list[str]:
    stations: list[str] = []
    for unit in (*_REGIONS, *_STATIONS):
        if region in _parents(unit).values():
            stations.extend([unit] if unit in _STATIONS else _below(unit))
    return list(dict.fromkeys(stations))


def _children(region: str) -> tuple[Child, ...]:
    children = []
    for unit in (*_REGIONS, *_STATIONS):
        for hierarchy, parent in _parents(unit).items():
            if parent == region:
                stations = [unit] if unit in _STATIONS else _below(unit)
                registered = sum(REGISTERED[station] for station in stations)
                kind = "TPS" if unit in _STATIONS else ""
                children.append(Child(unit, _name(unit), hierarchy, len(stations), registered, kind))
    return tuple(children)


def _name(unit: str) -> str:
    return f"TPS {unit}" if unit in _STATIONS else f"Region {unit}"


@cache
def units() -> tuple[Region | Station, ...]:
    found: list[Region | Station] = []
    for name, (level, parents) in _REGIONS.items():
        below = _below(name)
        found.append(
            Region(
                ELECTION,
                name,
                level,
                _name(name),
                tuple(Parent(*parent) for parent in parents.items()),
                tuple(_above(name)),
                _path(name),
                _children(name),
                "stations" if level in ("village", "ward") else "regions",
                len(below),
                sum(REGISTERED[station] for station in below),
            )
        )
    found.extend(
        Station(
            ELECTION,
            name,
            "TPS",
            _name(name),
            tuple(Parent(*parent) for parent in parents.items()),
            tuple(_above(name)),
            _path(name),
            REGISTERED[name],
        )
        for name, parents in _STATIONS.items()
    )
    return tuple(found)


@cache
def election() -> Election:
    pairs = (Option("01", "1", "Pair One"), Option("02", "2", "Pair Two"))
    parties = (Option("A", "1", "Party A"), Option("A-1", "1.1", "Ani", "A"), Option("B", "2", "Party B"))
    persons = (Option("X", "1", "Xaverius"), Option("Y", "2", "Yohana"))
    return Election(
        id=ELECTION,
        name="A small election",
        held_on="2019-04-17",
        label="SIMULATION",
        licence="CC0-1.0",
        attribution="Nobody",
        hierarchies=("region", "dapil", "ward"),
        levels=("nation", "province", "village", "dapil", "ward"),
        contests=(
            Contest(PPWP, "President", pairs, ("region",), ("N",), FIGURES),
            Contest(DPR, "Parliament", parties, ("region", "dapil"), ("N", "D1", "D2"), BRIEF_FIELDS),
            Contest(DPRD, "Council", persons, ("region", "ward"), ("N", "W1"), BRIEF_FIELDS),
        ),
        digest="d" * 64,
    )


@cache
def contest(key: ContestKey = PPWP) -> Contest:
    found = election().contest(key.contest)
    assert found is not None
    return found


@cache
def region(name: str) -> Region:
    return next(unit for unit in units() if isinstance(unit, Region) and unit.id == name)


@cache
def station(name: str) -> Station:
    return next(unit for unit in units() if isinstance(unit, Station) and unit.id == name)


def official(key: str, role: str, holder: str, regions: tuple[str, ...] = ("N",)) -> OfficialKey:
    return OfficialKey(key, holder, ELECTION, "ed25519", key.encode(), role, regions, ("*",), BEFORE, AFTER)


def submitter(key: str = "sub-1", holder: str = "person-1") -> OfficialKey:
    return official(key, SUBMITTER, holder)


def approver(key: str = "app-1", holder: str = "person-2") -> OfficialKey:
    return official(key, APPROVER, holder)


class PreVerified:
    """A `SignatureVerifier` for stages on which signatures were checked before: it accepts `SIGNATURE` and nothing else."""

    def verify(self, key: OfficialKey, message: bytes, signature: bytes) -> bool:
        return signature == SIGNATURE


class AnyImage:
    """A `ScanInspector` for stages on which no image is looked at."""

    def inspect(self, content: bytes, media: str) -> str | None:
        return None


def signed(statement: dict[str, object]) -> bytes:
    return SignedDocument(canonical_bytes(statement), SIGNATURE).to_bytes()


def file_entry(ref: ScanRef) -> dict[str, object]:
    return {"sha256": ref.sha256, "bytes": ref.size, "media": ref.media}


def form_statement(of: ContestKey = PPWP, at: str = "S1", **changes: object) -> dict[str, object]:
    """The members of a form's payload; by default a first, consistent, complete one of two votes to one."""
    statement: dict[str, object] = {
        "type": FORM_TYPE,
        "kind": "form",
        "election": of.election,
        "contest": of.contest,
        "station": at,
        "version": 1,
        "prev": None,
        "figures": paper(150, 120, 5) if of == PPWP else brief(150 + 120, 5),
        "votes": dict(zip(contest(of).option_ids(), (150, 120, 0), strict=False)),
        "scans": [file_entry(SCAN_REF)],
        "reason": None,
        "key": "sub-1",
        "device": "device-1",
        "nonce": "n" * 16,
        "signed_at": NOON,
    }
    return statement | changes


def request_statement(form: bytes, of: ContestKey = PPWP, at: str = "S1", **changes: object) -> dict[str, object]:
    statement: dict[str, object] = {
        "type": UPLOAD_REQUEST_TYPE,
        "election": of.election,
        "contest": of.contest,
        "station": at,
        "form": file_entry(ScanRef(sha256_hex(form), len(form), FORM_MEDIA)),
        "scans": [file_entry(SCAN_REF)],
        "key": "sub-1",
        "nonce": "n" * 16,
        "signed_at": NOON,
    }
    return statement | changes


def review_statement(
    version: int, form: str, of: ContestKey = PPWP, at: str = "S1", **changes: object
) -> dict[str, object]:
    statement: dict[str, object] = {
        "type": REVIEW_TYPE,
        "election": of.election,
        "contest": of.contest,
        "station": at,
        "version": version,
        "form": form,
        "decision": APPROVE,
        "reason": None,
        "key": "app-1",
        "nonce": "n" * 16,
        "signed_at": NOON,
    }
    return statement | changes


def brief(valid: int, invalid: int) -> dict[str, int]:
    return {"voters.total": valid + invalid, "valid": valid, "invalid": invalid, "total": valid + invalid}


def paper(first: int, second: int, invalid: int) -> dict[str, int]:
    """Every figure of a consistent paper on which so many voted, of 300 registered, half of them women."""
    voters = first + second + invalid
    figures: dict[str, int] = {}
    groups = {"registered.dpt": 300, "registered": 300, "voters.dpt": voters, "voters": voters}
    for group in ("registered.dpt", "registered.dptb", "registered.dpk", "registered"):
        figures |= _by_sex(group, groups.get(group, 0))
    for group in ("voters.dpt", "voters.dptb", "voters.dpk", "voters", "disabled.registered", "disabled.voters"):
        figures |= _by_sex(group, groups.get(group, 0))
    figures |= {"ballots.received": 306, "ballots.returned": 1, "ballots.unused": 305 - voters, "ballots.used": voters}
    return figures | {"valid": first + second, "invalid": invalid, "total": voters}


def _by_sex(group: str, people: int) -> dict[str, int]:
    return {f"{group}.male": people // 2, f"{group}.female": people - people // 2, f"{group}.total": people}


def form(of: ContestKey = PPWP, at: str = "S1", **changes: object) -> Form:
    return parse_form(canonical_bytes(form_statement(of, at, **changes)))


def version_of(found: Form, findings: tuple[Finding, ...] = (), received_at: str = NOON) -> FormVersion:
    return FormVersion(found, b"payload", SIGNATURE, "upload", received_at, findings)


def review_of(found: Form, decision: str = APPROVE, key: str = "app-1", decided_at: str = DUSK) -> Review:
    reason = "the scan is blurred" if decision == RETURN else None
    return Review(
        found.election, found.contest, found.station, found.version, found.hash, decision, reason, key, NOON,
        b"payload", SIGNATURE, decided_at,
    )  # fmt: skip
