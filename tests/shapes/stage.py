"""One election in memory behind the real use cases, and the function that translates it, asked as Lambda asks it.

Signatures are pre-verified and scans are no images, as in a replay; all else is what runs.
"""

from __future__ import annotations

import importlib
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from realcount import wiring
from realcount.cli.election_files import read_election
from realcount.cli.replay.cell import Cell
from realcount.cli.replay.desk import VALID_FROM, VALID_UNTIL, Statements
from realcount.cli.replay.stand_ins import PreVerifiedOfficial
from realcount.domain.election import Contest, ContestKey
from realcount.domain.ledger import APPROVE
from realcount.domain.official import APPROVER, SUBMITTER
from realcount.edge.recent import Recent
from realcount.officials.official import Scan, form_hash, new_official
from realcount.usecases.grant_upload import FORM_FILE
from tests.functions.night import Context, Reply, gateway_event

BASE = "https://count.example"


class Stage:
    """`folder` holds the election's files. What is filed shows after `publish`."""

    def __init__(self, folder: Path) -> None:
        files = read_election(folder)
        self.election, self.units = files.election, files.units
        contest = files.election.contest("ppwp")
        assert contest is not None
        self.contest: Contest = contest
        self.cell = Cell(files.election, contest.key)
        self.cell.load(files.units)
        self.submitter, self.approver = (self._official(role, contest.key) for role in (SUBMITTER, APPROVER))
        self.heads: dict[str, tuple[int, str]] = {}
        self._serial = 0

    def _official(self, role: str, contest: ContestKey) -> PreVerifiedOfficial:
        official = PreVerifiedOfficial(role, new_official(role, role.encode().ljust(32, b"\0")).private)
        record = official.key(
            holder=f"holder-{role}",
            election=contest.election,
            role=role,
            regions=self.contest.roots,
            valid_from=VALID_FROM,
            valid_until=VALID_UNTIL,
        )
        self.cell.keys.register(record)
        return official

    def file(
        self,
        station: str,
        now: str,
        votes: Mapping[str, int],
        figures: Mapping[str, int],
        scans: Sequence[Scan] | None = None,
        *,
        counts: bool = True,
        **more: Any,
    ) -> None:
        """A form comes in; if it `counts`, its second official approves it in the same moment. `more` as `Official.form`."""
        self._serial += 1
        nonce = f"{self._serial:016d}"
        scans = [Scan(station.encode())] if scans is None else scans
        version, previous = self.heads.get(station, (0, ""))
        if version:
            more = {"kind": "correction", "version": version + 1, "prev": previous, "reason": "another look", **more}
        key = self.contest.key
        form = self.submitter.form(
            key, station, figures=figures, votes=votes, scans=scans, now=now, nonce=nonce, **more
        )
        request = self.submitter.upload_request(key, station, form=form, scans=scans, now=now, nonce=nonce)
        hashed = form_hash(form)
        review = self.approver.review(
            key, station, version=version + 1, form_hash=hashed, decision=APPROVE, now=now, nonce=nonce
        )
        contents = {FORM_FILE: form} | {f"scan-{i}": scan.content for i, scan in enumerate(scans, start=1)}
        statements = Statements(request, contents, review)
        self.cell.receive(statements, now)
        if counts:
            self.cell.approve(statements, now)
        self.heads[station] = version + 1, hashed

    def publish(self) -> None:
        self.cell.roll_up()
        self.cell.publish()

    def ask(self, path: str, method: str = "GET", query: str = "", **headers: str) -> Reply:
        adapters = wiring.Adapters(
            "translate_results",
            page_reader=self.cell.pages,
            public_url=BASE,
            recent=Recent(seconds=0),
            claims=Recent(seconds=0),
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler = importlib.import_module("functions.translate_results.handler").lambda_handler
        with wiring.installed(adapters):
            answer = handler(gateway_event(method, path, None, query, named, False), Context("test", [10_000]))
        sent = answer["body"]
        return Reply(
            answer["statusCode"],
            {name.lower(): value for name, value in answer["headers"].items()},
            b64decode(sent) if answer["isBase64Encoded"] else sent.encode(),
        )

    def read(self, path: str) -> Any:
        """The document at a path that there is. Members come in the order in which they were sent."""
        reply = self.ask(path)
        assert reply.status == 200, (path, reply.body)
        return json.loads(reply.body)
