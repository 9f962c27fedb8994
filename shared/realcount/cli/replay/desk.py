"""The officials of the replayed nation: two for each province, one who submits and one who approves.

They write the same statements, to the byte, as officials with real keys do; see `stand_ins` for what stands where a
signature would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from realcount.cli.replay.stand_ins import PreVerifiedOfficial
from realcount.domain.election import ContestKey, Station
from realcount.domain.ledger import APPROVE
from realcount.domain.official import APPROVER, ROLES, SUBMITTER
from realcount.officials.official import Scan, form_hash, new_official
from realcount.ports import KeyRegistry
from realcount.usecases.grant_upload import FORM_FILE

VALID_FROM, VALID_UNTIL = "2019-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Paper:
    """What an official reads off the paper of one station."""

    station: Station
    figures: Mapping[str, int]
    votes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Statements:
    """Everything that is sent about one form: the upload request, the files by name, the approval."""

    request: bytes
    files: Mapping[str, bytes]
    review: bytes


@dataclass(slots=True)
class Desk:
    contest: ContestKey
    _officials: dict[tuple[str, str], PreVerifiedOfficial] = field(default_factory=dict)
    _serial: int = 0

    def appoint(self, region: str, keys: KeyRegistry) -> None:
        """Register a submitter and an approver, two persons, who speak for this region."""
        for role in ROLES:
            name = f"{role}:{region}"
            official = PreVerifiedOfficial(name, new_official(name, name.encode().ljust(32, b"\0")[:32]).private)
            self._officials[region, role] = official
            record = official.key(
                holder=f"holder-of-{name}",
                election=self.contest.election,
                role=role,
                regions=(region,),
                valid_from=VALID_FROM,
                valid_until=VALID_UNTIL,
            )
            keys.register(record)

    def write(self, paper: Paper, now: str) -> Statements:
        """The statements about one station's first form. The same calls give the same bytes."""
        station = paper.station.id
        region = next(region for region in paper.station.ancestors if (region, SUBMITTER) in self._officials)
        submitter, approver = self._officials[region, SUBMITTER], self._officials[region, APPROVER]
        self._serial += 1
        nonce = f"{self._serial:016d}"
        scans = (Scan(b"scan of " + station.encode()),)
        form = submitter.form(
            self.contest, station, figures=paper.figures, votes=paper.votes, scans=scans, now=now, nonce=nonce
        )
        request = submitter.upload_request(self.contest, station, form=form, scans=scans, now=now, nonce=nonce)
        review = approver.review(
            self.contest, station, version=1, form_hash=form_hash(form), decision=APPROVE, now=now, nonce=nonce
        )
        return Statements(request, {FORM_FILE: form, "scan-1": scans[0].content}, review)
