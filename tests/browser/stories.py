"""What the API says of one station, honest or forged: its page as it is really rendered, and a proof out of a small log.

A forger with the log's key writes the log again (`logged`); one without changes the file, or the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from realcount.domain.canonical import canonical_bytes, parse_canonical
from realcount.domain.election import Station
from realcount.domain.instants import EPOCH
from realcount.domain.ledger import APPROVE, FormVersion, Head, Review, received
from realcount.domain.log.sealed_forms import read_form_entry
from realcount.domain.log.station_proofs import Places, assemble
from realcount.edge.codings import body_in
from realcount.rendering.catalogue import catalogue_pages
from realcount.rendering.paths import ELECTIONS, contest_path, election_path, station_path
from realcount.rendering.results import station_page
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import Findings
from realcount.verify.prove import LogFiles, find_places
from tests import small_election as small
from tests.browser.stage import Stage
from tests.verify.building import LOG, MemorySource, Writer, note_of, published

STATION = "S1"
ADDRESS = f"{small.ELECTION}/{small.PPWP.contest}/{STATION}"
PAGE = station_path(small.PPWP, STATION)
PROOF = f"{PAGE}/proof"


def silent(*_: object) -> None: ...


def honest_log() -> Writer:
    writer = Writer()
    writer.open()
    writer.count(small.PPWP, "S1", (150, 120))
    writer.count(small.PPWP, "S4", (80, 95))
    writer.count(small.PPWP, "S6", (60, 71))
    writer.count(small.PPWP, "S1", (151, 119))
    writer.snapshot(small.PPWP, "N")
    return writer


def log_of(writer: Writer, entries: Sequence[bytes] | None = None, signer: Any = LOG) -> LogFiles:
    """The log as it lies in public; with `entries`, written again by somebody who has its key, or one of its name."""
    files = published(writer, entries, note_of(writer.entries if entries is None else entries, signer))
    word = read_word(MemorySource(files), signer.key, (), 0, Findings())
    assert word is not None
    return LogFiles(MemorySource(files), word)


def places_in(writer: Writer, station: str = STATION) -> Places:
    return find_places(log_of(writer), small.PPWP, station, silent)


@dataclass
class Story:
    """What is said of the station. `page` and `proof` are documents that may be changed before it is told."""

    page: dict[str, Any]
    proof: dict[str, Any]
    proof_bytes: bytes | None = None
    status: int = 200
    others: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def told(self, stage: Stage) -> None:
        catalogue = {page.path: unpacked(page.bodies) for page in catalogue_pages([small.election()], 1)}
        known = {
            path: (200, catalogue[path])
            for path in (ELECTIONS, election_path(small.ELECTION), contest_path(small.PPWP))
        }
        proof = self.proof_bytes if self.proof_bytes is not None else canonical_bytes(self.proof)
        stage.answers = {**known, PAGE: (200, self.page), PROOF: (self.status, proof), **self.others}


def honest(writer: Writer | None = None) -> Story:
    writer = writer or honest_log()
    proof = assemble(log_of(writer), places_in(writer)).to_bytes()
    return Story(page_of(writer, STATION), json.loads(proof))


def page_of(writer: Writer, station: str) -> dict[str, Any]:
    """The station's page, rendered from what the log says of it."""
    head: Head | None = None
    history: list[tuple[FormVersion, Review | None]] = []
    seals: dict[int, int] = {}
    for index, entry in enumerate(writer.entries):
        if b'"realcount/sealed-form/v1"' not in entry:
            continue
        said = read_form_entry(parse_canonical(entry))
        if (said.form.station, said.form.contest) != (station, small.PPWP.contest):
            continue
        version = FormVersion(said.form, said.form_payload, said.form_signature, "upload", said.received_at, ())
        review = Review(
            said.review.election, said.review.contest, said.review.station, said.review.version, said.review.form,
            said.review.decision, said.review.reason, said.review.key, said.review.signed_at, said.review_payload,
            said.review_signature, said.decided_at,
        )  # fmt: skip
        head = received(head, version).decided(APPROVE, said.decided_at).sealed(said.form.version)
        history.append((version, review))
        seals[said.form.version] = index
    unit = next(one for one in small.units() if one.id == station)
    assert isinstance(unit, Station)
    contest = small.contest(small.PPWP)
    page = station_page(small.election(), contest, unit, head, history, seals)
    assert page.updated_at != EPOCH
    return unpacked(page.bodies)


def unpacked(bodies: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(body_in("identity", bodies))
    return document


def relogged(change: Callable[[dict[str, Any]], object], which: str = "form") -> Story:
    """The story of a forger who holds the log's key: one entry changed, and everything hashed and signed again."""
    writer = honest_log()
    places = places_in(writer)
    entries = list(writer.entries)
    changed = parse_canonical(entries[getattr(places, which)])
    change(changed)
    entries[getattr(places, which)] = canonical_bytes(changed)
    return Story(page_of(writer, STATION), json.loads(assemble(log_of(writer, entries), places).to_bytes()))
