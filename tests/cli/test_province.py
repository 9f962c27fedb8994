"""A small invented province through the real machine: HTTP, uploads, signatures, engine, streams, and every page read back."""

from __future__ import annotations

from pathlib import Path

from realcount.cli.replay.province import replay_province
from tests.cli.invented_situng import InventedSitung


def test_a_province_goes_through_the_signed_path_and_the_one_wrong_figure_is_found(tmp_path: Path) -> None:
    data = InventedSitung(tamper={("8", "suara_tidak_sah"): 5}).write(tmp_path / "data")
    stages: list[tuple[str, int, int | None]] = []
    outcome = replay_province(
        data,
        "1",
        limit=None,
        speed=10_000_000,
        home=tmp_path / "machine",
        on_stage=lambda *stage: stages.append(stage),
    )
    assert (outcome.stations_in, outcome.stations_total) == (6, 7)
    assert outcome.votes == {"21": 331, "22": 460}
    assert (outcome.valid, outcome.invalid, outcome.voters) == (790, 16, 1601)
    assert outcome.regions_checked == 8
    assert outcome.differences == ("village 8 (MUARA): invalid is 4, published in 2019 was 5",)
    assert not outcome.good
    # Six writes to the ledger, up to three of the station's row, and at most as many of each region above it; and what the
    # log needs for itself, which is a lot for six forms: its head twice for each batch, its opening, its contest, and every key.
    log = (2 * 6 + 1 + 1 + 2 * 3) / 6
    assert 6 + 1 < outcome.writes_per_form <= 6 + 3 * 6 + log
    assert ("forms", 6, 6) in stages
    assert outcome.notes[0].startswith("flagged    2 stations")
