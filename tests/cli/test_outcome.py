"""An outcome is one line for a program and one screen for a person, and never calls nothing a success."""

from __future__ import annotations

import json
from dataclasses import replace

from realcount.cli.replay.outcome import SHOWN, Outcome

OUTCOME = Outcome(10, 11, {"21": 796, "22": 817}, 1612, 28, 2435, 17, 0, 879.3, 5.75, 12.5, 301.0, 20.0, ("note",), ())


def test_the_line_for_a_program_has_these_members_and_no_others() -> None:
    line = OUTCOME.to_json()
    assert "\n" not in line
    assert list(json.loads(line)) == [
        *("stations_in", "stations_total", "votes", "valid", "invalid", "voters", "regions_checked", "regions_wrong"),
        *("forms_per_second", "writes_per_form", "seconds", "peak_rss_mib"),
    ]


def test_a_person_sees_the_verdict_and_the_first_differences() -> None:
    assert "17 compared with what was published in 2019: all equal" in OUTCOME.to_text()
    wrong = replace(OUTCOME, regions_wrong=60, differences=tuple(f"difference {i}" for i in range(60)))
    assert "60 WRONG" in wrong.to_text()
    assert wrong.to_text().endswith(f"difference {SHOWN - 1}\n… and 10 differences more")


def test_a_replay_that_compared_nothing_is_not_good() -> None:
    assert OUTCOME.good
    assert not replace(OUTCOME, regions_checked=0).good
    assert not replace(OUTCOME, regions_wrong=1).good
