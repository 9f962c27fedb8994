"""The page of an election's public log: how long it is, what it hashes to, where it lies, and who else has seen it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from realcount.domain.election import Election
from realcount.domain.log.witness_book import LastRefusal, Sighting, WitnessBook
from realcount.domain.page import Page
from realcount.rendering.encoding import json_page
from realcount.rendering.lifetimes import LOG
from realcount.rendering.paths import election_path, log_path


def log_page(election: Election, book: WitnessBook) -> Page:
    """The first page, made by a load, knows no keys yet: a load signs nothing."""
    document = {
        "election": election.id,
        "label": election.label,
        "edition": book.edition,
        "origin": book.log.partition("+")[0] or None,
        "key": book.log or None,
        "receipts_key": book.receipts or None,
        "size": book.size,
        "root": book.root or None,
        "since": book.since if book.size else None,
        "updated_at": book.updated_at if book.edition else None,
        "quorum": {
            "needed": book.quorum,
            "cosigned": len(book.cosigned()),
            "witnesses": len(book.sightings),
            "reached": book.reached,
            "seen_at": book.quorum_seen_at(),
        },
        "witnesses": [_witness(one) for one in book.sightings],
        "words": {"id": _in_indonesian(book), "en": _in_english(book)},
        "files": _files(election.id),
        "links": {"self": log_path(election.id), "election": election_path(election.id)},
    }
    return json_page(log_path(election.id), document, edition=book.edition, updated_at=book.updated_at, max_age=LOG)


def _witness(one: Sighting) -> dict[str, object]:
    seen = one.at is not None
    return {
        "name": one.name,
        "key": one.key,
        "size": one.size if seen else None,
        "root": one.root if seen else None,
        "seen_at": one.at,
        "refused": one.refusal and _refusal(one.refusal),
    }


def _refusal(refusal: LastRefusal) -> dict[str, object]:
    return {
        "at": refusal.at,
        "size": refusal.size,
        "from": refusal.seen,
        "status": refusal.status,
        "said": refusal.said,
        "evidence": refusal.evidence,
    }


def _files(election: str) -> Mapping[str, str]:
    """Addresses of the edge: the API itself has pages alone."""
    prefix = f"/log/{election}"
    return {
        "prefix": prefix,
        "checkpoint": f"{prefix}/checkpoint",
        "witnessed": f"{prefix}/witnessed",
        "witnesses": f"{prefix}/witnesses",
        "units": f"{prefix}/units",
    }


def _in_english(book: WitnessBook) -> Sequence[str]:
    lines = [
        f"The public log has {book.size:,} entries. Its root is {book.root}."
        if book.size
        else "The public log has no entries yet."
    ]
    if not book.sightings:
        lines.append(
            "No witness watches it: that everybody is shown the same log, nobody but its readers can find out."
        )
    elif book.size:
        cosigned = f"{len(book.cosigned())} of {len(book.sightings)} witnesses have cosigned it at this size"
        lines.append(
            f"{cosigned}; {book.quorum} are asked for, so it is {'' if book.reached else 'NOT YET '}witnessed."
        )
    lines += [
        f"{one.name} REFUSED to cosign it at {one.refusal.size:,} entries, at {one.refusal.at}."
        for one in book.sightings
        if one.refusal
    ]
    return lines


def _in_indonesian(book: WitnessBook) -> Sequence[str]:
    lines = [
        f"Log publik berisi {_thousands(book.size)} entri. Akarnya {book.root}."
        if book.size
        else "Log publik belum berisi entri."
    ]
    if not book.sightings:
        lines.append(
            "Tidak ada saksi yang mengawasinya: hanya pembaca yang dapat mengetahui apakah semua melihat log yang sama."
        )
    elif book.size:
        cosigned = f"{len(book.cosigned())} dari {len(book.sightings)} saksi ikut menandatanganinya pada ukuran ini"
        lines.append(
            f"{cosigned}; diperlukan {book.quorum}, jadi log ini {'sudah' if book.reached else 'BELUM'} disaksikan."
        )
    lines += [
        f"{one.name} MENOLAK menandatanganinya pada {_thousands(one.refusal.size)} entri, pukul {one.refusal.at}."
        for one in book.sightings
        if one.refusal
    ]
    return lines


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")
