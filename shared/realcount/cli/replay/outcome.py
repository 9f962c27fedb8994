"""What a replay came to: one object for a program, one screen for a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from realcount.cli.replay.comparison import Compared, Document

OnStage = Callable[[str, int, int | None], None]
"""Told what goes on: a word for it, how much is done, of how much (None: not known)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The numbers are those on the top region's published page.

    `forms_per_second` is over the time in which forms went through, `seconds` is the whole command with reading, loading
    and comparing. `writes_per_form` counts the items written to the ledger and the tally: the two tables whose writes are
    what the count costs, however many read it. `peak_rss_mib` is the sum of the peaks of all processes. The rest is
    not in the object for programs: `cpu_seconds` of all processes, which a busy machine changes least, `notes` and
    `differences`.
    """

    stations_in: int
    stations_total: int
    votes: Mapping[str, int]
    valid: int
    invalid: int
    voters: int
    regions_checked: int
    regions_wrong: int
    forms_per_second: float
    writes_per_form: float
    seconds: float
    peak_rss_mib: float
    cpu_seconds: float = 0.0
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    @classmethod
    def of_page(
        cls,
        page: Document,
        compared: Compared,
        *,
        forms_per_second: float,
        writes_per_form: float,
        seconds: float,
        peak_rss_mib: float,
        cpu_seconds: float,
        notes: tuple[str, ...],
    ) -> Outcome:
        """From the top region's document, what the comparison found, and what was measured."""
        return cls(
            stations_in=page["stations"]["approved"],
            stations_total=page["stations"]["expected"],
            votes=page["votes"],
            valid=page["valid"],
            invalid=page["invalid"],
            voters=page["voters"],
            regions_checked=compared.checked,
            regions_wrong=compared.wrong,
            forms_per_second=round(forms_per_second, 1),
            writes_per_form=round(writes_per_form, 2),
            seconds=round(seconds, 1),
            peak_rss_mib=round(peak_rss_mib, 1),
            cpu_seconds=round(cpu_seconds, 1),
            notes=notes,
            differences=tuple(compared.differences),
        )

    @property
    def good(self) -> bool:
        return self.regions_wrong == 0 and self.regions_checked > 0

    def to_json(self) -> str:
        """One line."""
        members = asdict(self)
        for name in ("cpu_seconds", "notes", "differences"):
            del members[name]
        return json.dumps(members)

    def to_text(self) -> str:
        verdict = "all equal" if self.good else f"{self.regions_wrong:,} WRONG"
        lines = [
            f"stations   {self.stations_in:,} of {self.stations_total:,}",
            *(f"votes {option:<4} {count:,}" for option, count in self.votes.items()),
            f"valid      {self.valid:,}",
            f"invalid    {self.invalid:,}",
            f"voters     {self.voters:,}",
            f"regions    {self.regions_checked:,} compared with what was published in 2019: {verdict}",
            f"speed      {self.forms_per_second:,.0f} forms/s, {self.writes_per_form:.2f} writes to ledger and tally per form",
            f"cost       {self.seconds:.1f} s in all ({self.cpu_seconds:.0f} s of processors), {self.peak_rss_mib:,.0f} MiB at the peak",
            *self.notes,
            *self.differences[:SHOWN],
        ]
        if len(self.differences) > SHOWN:
            lines.append(f"… and {len(self.differences) - SHOWN:,} differences more")
        return "\n".join(lines)


SHOWN = 50
"""Differences printed for a person. They are either none or, mostly, the same one at every level."""
