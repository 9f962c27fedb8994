"""What a replay came to: one object for a program, one screen for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """The numbers are those on the top region's published page.

    `forms_per_second` is over the time in which forms went through, `seconds` is the whole command with reading, loading
    and comparing. `writes_per_form` counts items written to tables and evidence after loading. `peak_rss_mib` is the sum
    of the peaks of all processes. `notes` and `differences` are for people.
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
    notes: tuple[str, ...] = field(default=())
    differences: tuple[str, ...] = field(default=())

    @property
    def good(self) -> bool:
        return self.regions_wrong == 0 and self.regions_checked > 0

    def to_json(self) -> str:
        """One line."""
        members = asdict(self)
        del members["notes"], members["differences"]
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
            f"speed      {self.forms_per_second:,.0f} forms/s, {self.writes_per_form:.2f} writes per form",
            f"cost       {self.seconds:.1f} s in all, {self.peak_rss_mib:,.0f} MiB at the peak",
            *self.notes,
            *self.differences[:SHOWN],
        ]
        if len(self.differences) > SHOWN:
            lines.append(f"… and {len(self.differences) - SHOWN:,} differences more")
        return "\n".join(lines)


SHOWN = 50
"""Differences printed for a person. They are either none or, mostly, the same one at every level."""
