"""Single changes that somebody with the run of one store could make, and what a recount must say of each.

A poke goes past every port, straight into the memory stand-ins. `store` and `unit` are what has to be named; for the log,
which stops the recount, the words of its `Drift` are (`says`).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from realcount.domain.election import TOP
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.edge import Edge
from realcount.domain.log.notes import Note, read_note, signature_of
from realcount.domain.log.unit_lists import UNITS
from realcount.domain.page import Page
from realcount.local.memory import KeptKey
from realcount.log_ports import LogHead
from realcount.rendering.encoding import json_page
from realcount.rendering.paths import region_path, station_path
from tests.small_election import DPRD, ELECTION, PPWP, election, form
from tests.unit.usecases.office import SIGNER, Office


@dataclass(frozen=True)
class Poke:
    name: str
    do: Callable[[Office], None]
    store: str
    unit: str
    says: str = ""


# ---- rows -------------------------------------------------------------------------------------------------------------


def row(parent: str, child: str, **changes: Any) -> Callable[[Office], None]:
    def poke(office: Office) -> None:
        rows = office.tallies._rows[PPWP, parent]
        was = rows[child]
        rows[child] = replace(was, **{name: new(getattr(was, name)) for name, new in changes.items()})

    return poke


def more(by: int) -> Callable[[int], int]:
    return lambda was: was + by


def first_vote(votes: tuple[int, ...]) -> tuple[int, ...]:
    return (votes[0] + 1, *votes[1:])


def all_the_way_up(office: Office) -> None:
    """One vote more at a station and in every sum above it: the tally agrees with itself, and with no form."""
    for parent, child in (("V1", "S1"), ("P1", "V1"), ("N", "P1"), (TOP, "N")):
        row(parent, child, votes=first_vote, valid=more(1), voters=more(1))(office)


def without_row(parent: str, child: str) -> Callable[[Office], None]:
    return lambda office: office.tallies._rows[PPWP, parent].pop(child) and None


def swapped(office: Office) -> None:
    rows = office.tallies._rows[PPWP, "V1"]
    rows["S1"], rows["S2"] = rows["S2"], rows["S1"]


def stray(office: Office) -> None:
    office.tallies._rows[PPWP, "V3"]["S1"] = office.tallies._rows[PPWP, "V1"]["S1"]


def invented(office: Office) -> None:
    office.tallies._rows[PPWP, "V1"]["S3"] = replace(office.tallies._rows[PPWP, "V1"]["S2"], sv=1)


def withdrawn_counted_again(office: Office) -> None:
    rows = office.tallies._rows[PPWP, "V2"]
    rows["S5"] = replace(rows["S4"], sv=rows["S5"].sv, at=rows["S5"].at)


def set_back_all_the_way_up(office: Office) -> None:
    """A station's row gone, and every sum above as if it never had been: a tally that agrees with itself, and is only
    behind. The pages know better."""
    gone = office.tallies._rows[PPWP, "V1"].pop("S1")
    for parent, child in (("P1", "V1"), ("N", "P1"), (TOP, "N")):
        was = office.tallies._rows[PPWP, parent][child]
        changes = {
            name: getattr(was, name) - getattr(gone, name)
            for name in ("sv", "valid", "invalid", "voters", "received", "approved", "flagged", "incomplete")
        }
        votes = tuple(a - b for a, b in zip(was.votes, gone.votes, strict=True))
        office.tallies._rows[PPWP, parent][child] = replace(was, votes=votes, **changes)


def second_parent(office: Office) -> None:
    rows = office.tallies._rows[DPRD, "W1"]
    rows["S2"] = replace(rows["S2"], votes=first_vote(rows["S2"].votes))


# ---- pages ------------------------------------------------------------------------------------------------------------


def plain(page: Page) -> dict[str, Any]:
    body = page.bodies.get("identity") or gzip.decompress(page.bodies["gzip"])
    document: dict[str, Any] = json.loads(body)
    return document


def page(path: str, change: Callable[[dict[str, Any]], object], edition: int = 0) -> Callable[[Office], None]:
    def poke(office: Office) -> None:
        was = office.pages._pages[path]
        document = plain(was)
        change(document)
        office.pages._pages[path] = json_page(
            path, document, edition=was.edition + edition, updated_at=was.updated_at, max_age=was.max_age
        )

    return poke


def raised(document: dict[str, Any]) -> None:
    document["edition"] += 1
    document["children"][0]["edition"] += 1


def vote(document: dict[str, Any], to: str = "01", by: int = 1) -> None:
    document["votes"][to] += by


def vote_and_child(document: dict[str, Any]) -> None:
    vote(document)
    vote(document["children"][0])


def as_before(document: dict[str, Any]) -> None:
    """True once, and signed: but no longer what counts."""
    document.update(counted_version=1, votes=document["versions"][0]["votes"])


def one_coding(office: Office) -> None:
    """What one reader in two is sent, and no test that asks without compression."""
    was = office.pages._pages[NATION]
    document = plain(was)
    vote(document)
    office.pages._pages[NATION] = replace(
        was, bodies={**was.bodies, "gzip": gzip.compress(json.dumps(document).encode())}
    )


def another_regions(office: Office) -> None:
    office.pages._pages[NATION] = replace(office.pages._pages[region_path(PPWP, "P1")], path=NATION)


def page_edition_alone(office: Office) -> None:
    office.pages._pages[NATION] = replace(office.pages._pages[NATION], edition=99)


NATION, VILLAGE, STATION = region_path(PPWP, "N"), region_path(PPWP, "V1"), station_path(PPWP, "S1")


# ---- ledger -----------------------------------------------------------------------------------------------------------


def head(station: str, **changes: Any) -> Callable[[Office], None]:
    def poke(office: Office) -> None:
        office.forms._heads[PPWP, station] = replace(office.forms._heads[PPWP, station], **changes)

    return poke


def ledger_form(office: Office) -> None:
    versions = office.forms._versions[PPWP, "S2"]
    votes = {"01": 151, "02": 119}
    versions[0] = replace(versions[0], form=replace(versions[0].form, votes=votes))


def ledger_payload(office: Office) -> None:
    versions = office.forms._versions[PPWP, "S2"]
    versions[0] = replace(versions[0], payload=versions[0].payload.replace(b'"01":152', b'"01":153'))


def ledger_hash(office: Office) -> None:
    versions = office.forms._versions[PPWP, "S2"]
    versions[0] = replace(versions[0], form=form(PPWP, "S2", votes={"01": 153, "02": 119}))


def set_back(office: Office) -> None:
    """Head and seal of the correction as if it never had been sealed."""
    head("S1", counted=1)(office)
    office.forms._seals[PPWP, "S1"] = office.forms._seals[PPWP, "S1"][:1]


def seal(office: Office) -> None:
    office.forms._seals[PPWP, "S2"] = ((1, 0, 0),)


# ---- log --------------------------------------------------------------------------------------------------------------


def bundles(find: bytes, put: bytes) -> Callable[[Office], None]:
    def poke(office: Office) -> None:
        names = [name for name in office.log.files if name.startswith("tile/entries/")]
        assert any(find in office.log.files[name] for name in names)
        for name in names:
            office.log.files[name] = office.log.files[name].replace(find, put)

    return poke


def bundles_gone(office: Office) -> None:
    for path in [path for path in office.log.files if path.startswith("tile/entries/")]:
        del office.log.files[path]


def signed_otherwise(office: Office, signer: KeptKey = SIGNER, **changes: Any) -> None:
    said = replace(read_checkpoint(read_note(office.log.checkpoints[-1]).text), **changes)
    text = Checkpoint(said.origin, said.size, said.root).to_text()
    office.log.checkpoints.append(Note(text, (signature_of(signer.key, signer.sign, text),)).to_bytes())


def units_moved(office: Office) -> None:
    office.log.files[UNITS] = office.log.files[UNITS].replace(b'["region","V1"]', b'["region","V2"]', 1)


def writer_set_back(office: Office) -> None:
    office.log._head = LogHead(office.log._head.seq, Edge(), None)


def roots_changed(office: Office) -> None:
    known = office.elections.election(ELECTION)
    assert known is not None
    contests = tuple(replace(c, options=c.options[::-1]) if c.key == PPWP else c for c in known.contests)
    office.elections.election = lambda name: replace(election(), contests=contests)  # type: ignore[method-assign]


TALLY, PAGES, LEDGER, LOG = "tally", "pages", "ledger", "log"

POKES = (
    Poke("a vote in a station's row", row("V1", "S1", votes=first_vote), TALLY, "S1"),
    Poke("a vote in a row that lies under a second parent", second_parent, TALLY, "S2"),
    Poke("a vote from one to the other", row("V1", "S1", votes=lambda v: (v[0] + 1, v[1] - 1)), TALLY, "S1"),
    Poke("valid votes of a station", row("V1", "S1", valid=more(1)), TALLY, "S1"),
    Poke("invalid votes of a station", row("V1", "S1", invalid=more(1)), TALLY, "S1"),
    Poke("voters of a station", row("V1", "S1", voters=more(-1)), TALLY, "S1"),
    Poke("a station no longer counted", row("V1", "S1", approved=more(-1)), TALLY, "S1"),
    Poke("a form received that was not", row("V2", "S5", received=more(1)), TALLY, "S5"),
    Poke("the time of a station's row", row("V1", "S1", at=lambda at: "2019-04-20T00:00:00.000Z"), TALLY, "S1"),
    Poke("a vote in a village's row", row("P1", "V1", votes=first_vote), TALLY, "V1"),
    Poke("a vote in a province's row", row("N", "P1", votes=first_vote), TALLY, "P1"),
    Poke("a vote in the nation's row", row(TOP, "N", votes=first_vote), TALLY, "N"),
    Poke("a flag taken from a region's row", row("N", "P1", flagged=more(1)), TALLY, "P1"),
    Poke("the time of a region's row", row("N", "P1", at=lambda at: "2019-04-20T00:00:00.000Z"), TALLY, "P1"),
    Poke("a vote in a row and every sum above it", all_the_way_up, TALLY, "S1"),
    Poke("a station's version lowered", row("V1", "S1", sv=more(-1)), TALLY, "V1"),
    Poke("a station's version raised", row("V1", "S1", sv=more(1)), TALLY, "S1"),
    Poke("a province's version lowered", row("N", "P1", sv=more(-1)), TALLY, "N"),
    Poke("a province's version raised", row("N", "P1", sv=more(1)), TALLY, "P1"),
    Poke("the nation's version raised", row(TOP, "N", sv=more(1)), TALLY, "N"),
    Poke("a station's row deleted", without_row("V1", "S1"), TALLY, "V1"),
    Poke("a province's row deleted", without_row("N", "P1"), TALLY, "N"),
    Poke("a station taken out of every sum", set_back_all_the_way_up, PAGES, "V1"),
    Poke("rows of two stations swapped", swapped, TALLY, "S1"),
    Poke("a row in two villages", stray, TALLY, "S1"),
    Poke("a row of a station that sent nothing", invented, TALLY, "S3"),
    Poke("a withdrawn form counted again", withdrawn_counted_again, TALLY, "S5"),
    Poke("the numbers before a correction", row("V1", "S1", votes=lambda v: (151, 120)), TALLY, "S1"),
    Poke("a row with a vote too many in it", row("V1", "S1", votes=lambda v: (*v, 1)), TALLY, "S1"),
    Poke("a vote on a page", page(NATION, vote), PAGES, "N"),
    Poke("a vote in a line of a page", page(NATION, lambda d: vote(d["children"][0])), PAGES, "N"),
    Poke("a vote in a line of a page and in its sum", page(NATION, vote_and_child), PAGES, "N"),
    Poke("a station less on a page", page(VILLAGE, lambda d: d["children"].pop()), PAGES, "V1"),
    Poke("a page's edition raised", page(NATION, raised, edition=1), PAGES, "N"),
    Poke("a page's edition raised so that it stays", page_edition_alone, PAGES, "N"),
    Poke("a page deleted", lambda office: office.pages._pages.pop(NATION) and None, PAGES, "N"),
    Poke("a page that is no JSON", lambda o: o.pages._pages.update({NATION: replace(o.pages._pages[NATION], bodies={"identity": b"{"})}), PAGES, "N"),
    Poke("a vote in one coding of a page", one_coding, PAGES, "N"),
    Poke("another region's page", another_regions, PAGES, "N"),
    Poke("a vote on a station's page", page(STATION, vote), PAGES, "S1"),
    Poke("a vote in a version on a station's page", page(STATION, lambda d: vote(d["versions"][0])), PAGES, "S1"),
    Poke("a station's page as before the correction", page(STATION, as_before), PAGES, "S1"),
    Poke("another entry on a station's page", page(STATION, lambda d: d["versions"][0].update(sealed=1)), PAGES, "S1"),
    Poke("another hash on a station's page", page(STATION, lambda d: d["versions"][0].update(hash="0" * 64)), PAGES, "S1"),
    Poke("a station's page's edition raised", page(STATION, lambda d: d.update(edition=d["edition"] + 1), edition=1), PAGES, "S1"),
    Poke("a station's page deleted", lambda office: office.pages._pages.pop(STATION) and None, PAGES, "S1"),
    Poke("the numbers of a form in the ledger", ledger_form, LEDGER, "S2"),
    Poke("the signed bytes of a form in the ledger", ledger_payload, LEDGER, "S2"),
    Poke("another form in the ledger", ledger_hash, LEDGER, "S2"),
    Poke("a form taken out of the ledger", lambda o: o.forms._versions[PPWP, "S2"].clear(), LEDGER, "S2"),
    Poke("a correction set back in the head", head("S1", counted=1), LEDGER, "S1"),
    Poke("a correction set back in head and seal", set_back, LEDGER, "S1"),
    Poke("a head that counts what is not sealed", head("S4", counted=2), LEDGER, "S4"),
    Poke("a head set back", head("S2", seq=1), TALLY, "S2"),
    Poke("a head deleted", lambda office: office.forms._heads.pop((PPWP, "S1")) and None, LEDGER, "S1"),
    Poke("another entry in a seal", seal, LEDGER, "S2"),
    Poke("the log's writer set back", writer_set_back, LOG, "head"),
    Poke("options of a contest turned round", roots_changed, "elections", "ppwp"),
    Poke("a vote in the log", bundles(b'"01":101', b'"01":102'), LOG, "", "cannot stand"),
    Poke("a time in the log", bundles(b'"received_at":"2019', b'"received_at":"2018'), LOG, "", "cannot stand"),
    Poke("a signature in the log", bundles(b"U1NTU1NT", b"U1NTU1NU"), LOG, "", "root"),
    Poke("the log's entries deleted", bundles_gone, LOG, "", "not there or not whole"),
    Poke("another root, signed with the log's key", lambda o: signed_otherwise(o, root=b"r" * 32), LOG, "", "root"),
    Poke("a checkpoint of somebody else", lambda o: signed_otherwise(o, KeptKey(SIGNER.key.name, b"x" * 32)), LOG, "", "not signed"),
    Poke("a checkpoint of another log", lambda o: signed_otherwise(o, origin="count.example/e18"), LOG, "", "not signed"),
    Poke("a station moved in the log's list of units", units_moved, LOG, "", "units"),
)  # fmt: skip
