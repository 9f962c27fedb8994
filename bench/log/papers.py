"""The forms of 2019 as two officials of each province would sign them, with real keys, in order of arrival."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from realcount.cli.replay.arrivals import in_order, with_times
from realcount.cli.situng2019 import Situng2019, SourceRegion, SourceStation, above
from realcount.cli.situng2019_election import CONTEST, NATION
from realcount.domain.ledger import APPROVE, FormVersion, Review
from realcount.domain.official import APPROVER, SUBMITTER, OfficialKey
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_form, parse_review
from realcount.local.memory import MemoryKeys
from realcount.officials.official import Official, Scan, form_hash, new_official

VALID_FROM, VALID_UNTIL = "2019-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z"


class Papers:
    """What the officials sign, one station after another. `keys` is where theirs are registered."""

    def __init__(self, data: Path) -> None:
        """Raises `NotFound` if the files are not there."""
        source = Situng2019(data)
        regions = source.regions()
        self._province = {unit: _province(regions, unit) for unit in regions if unit != NATION}
        self._arrivals = in_order(source.stations(regions))
        self.keys = MemoryKeys()
        provinces = sorted(set(self._province.values()))
        self._officials = {
            (province, role): self._appoint(province, role) for province in provinces for role in (SUBMITTER, APPROVER)
        }

    def signed(self, limit: int | None = None) -> Iterator[tuple[FormVersion, Review]]:
        """Each form with its approval; of all arrivals only the first `limit`. Can be asked once: it gives memory back."""
        arrivals, self._arrivals = self._arrivals[:limit], []
        for number, (station, now) in enumerate(with_times(arrivals)):
            yield self._signed(station, now, f"{number:016d}")

    def _signed(self, station: SourceStation, now: str, nonce: str) -> tuple[FormVersion, Review]:
        paper = station.form
        assert paper is not None, "stations without a form never arrive"
        province = self._province[station.village]
        submitter, approver = self._officials[province, SUBMITTER], self._officials[province, APPROVER]
        document = submitter.form(
            CONTEST,
            station.id,
            figures={"voters.total": paper.voters, "valid": paper.valid, "invalid": paper.invalid},
            votes={"21": paper.votes_21, "22": paper.votes_22},
            scans=(Scan(b"scan of " + station.id.encode()),),
            now=now,
            nonce=nonce,
        )
        form = split_document(document)
        version = FormVersion(parse_form(form.payload), form.payload, form.signature, "", now, ())
        decided = split_document(
            approver.review(
                CONTEST,
                station.id,
                version=1,
                form_hash=form_hash(document),
                decision=APPROVE,
                now=now,
                nonce=nonce,
            )
        )
        said = parse_review(decided.payload)
        review = Review(
            *(CONTEST.election, CONTEST.contest, station.id, 1, said.form, APPROVE, None, said.key, now),
            *(decided.payload, decided.signature, now),
        )
        return version, review

    def _appoint(self, province: str, role: str) -> Official:
        name = f"{role}:{province}"
        official = new_official(name, name.encode().ljust(32, b"\0")[:32])
        self.keys.register(_key(official, role, province))
        return official


def _key(official: Official, role: str, province: str) -> OfficialKey:
    return official.key(
        holder=f"holder-of-{official.key_id}",
        election=CONTEST.election,
        role=role,
        regions=(province,),
        valid_from=VALID_FROM,
        valid_until=VALID_UNTIL,
    )


def _province(regions: Mapping[str, SourceRegion], unit: str) -> str:
    way = [unit, *above(regions, unit)]
    return way[-2]
