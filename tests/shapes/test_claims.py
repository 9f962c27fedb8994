"""Which election answers, and what its files may say of it: claims that nobody could answer are refused with the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from realcount.cli.election_files import FilesRefused, read_election
from realcount.domain.election import Child, Option, Region, Shape
from realcount.local.memory import MemoryPages
from realcount.local.simulation.election import invent, write_files
from realcount.rendering.catalogue import catalogue_pages
from realcount.usecases.translate_results import find_claim


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(invent(7), tmp_path)
    return tmp_path


def change(folder: Path, **members: Any) -> None:
    path = folder / "election.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


def test_a_claim_and_whatever_its_words_need_is_read_with_the_files(folder: Path) -> None:
    frame = json.loads((folder / "election.json").read_text())
    moment = "2024-02-16T09:00:00.000Z"
    more = {"full_name": "A longer name", "colour": "#00FF00", "local": True, "serial": 100_025}
    frame["contests"][0]["options"][0] |= more
    shapes = {"sirekap2024": {"parties": "ppwp", "listed_at": moment, "psu": "Reguler"}}
    change(folder, **{**frame, "shapes": shapes})
    for name, serial in (("regions", "7"), ("stations", "")):
        lines = (folder / f"{name}.csv").read_text().splitlines()
        head, first, *rest = lines
        text = [f"{head},serial", f"{first},{serial}", *(f"{line},9459001" for line in rest)]
        (folder / f"{name}.csv").write_text("\n".join(text) + "\n")
    files = read_election(folder)
    assert files.election.shapes == (Shape("sirekap2024", "ppwp", moment, None, "Reguler"),)
    option = files.election.contests[0].options[0]
    assert option == Option("01", "01", option.name, None, "A longer name", "#00FF00", True, 100_025)
    regions = [unit for unit in files.units if isinstance(unit, Region)]
    serials = {child.serial for region in regions for child in region.children}
    assert serials == {9_459_001, None}
    assert isinstance(regions[0].children[0], Child)


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"shapes": {"situng2014": {}}}, "shapes.situng2014: must be one of situng2019, sirekap2024"),
        ({"shapes": []}, "shapes: must be an object"),
        ({"shapes": {"situng2019": []}}, "shapes.situng2019: must be an object"),
        ({"shapes": {"situng2019": {"parties": "dpr"}}}, "shapes.situng2019.parties: 'dpr' is no contest"),
        ({"shapes": {"situng2019": {"listed_at": "2024"}}}, "shapes.situng2019.listed_at: must be a time"),
        ({"shapes": {"situng2019": {"tags": 1}}}, "shapes.situng2019.tags: is not a member"),
    ],
)
def test_a_claim_in_other_words_is_refused(folder: Path, members: dict[str, Any], found: str) -> None:
    change(folder, **members)
    with pytest.raises(FilesRefused) as refused:
        read_election(folder)
    assert any(found in str(finding) for finding in refused.value.findings), refused.value.findings


@pytest.mark.parametrize(
    ("contest", "found"),
    [
        ({"id": "president"}, "answers the contest 'ppwp', and there is none"),
        ({"roots": ["r-1", "r-2"]}, "knows one root, and 'ppwp' has more"),
    ],
)
def test_a_claim_that_nobody_could_answer_is_refused(folder: Path, contest: dict[str, Any], found: str) -> None:
    [first] = json.loads((folder / "election.json").read_text())["contests"]
    change(folder, contests=[first | contest])
    with pytest.raises(FilesRefused) as refused:
        read_election(folder)
    assert any(found in str(finding) for finding in refused.value.findings), refused.value.findings


@pytest.mark.parametrize(("member", "value"), [("colour", "green"), ("local", 1), ("serial", -1), ("full_name", "")])
def test_what_an_option_is_said_to_be_has_to_be_that(folder: Path, member: str, value: object) -> None:
    [contest] = json.loads((folder / "election.json").read_text())["contests"]
    contest["options"][0][member] = value
    change(folder, contests=[contest])
    with pytest.raises(FilesRefused) as refused:
        read_election(folder)
    [finding] = refused.value.findings
    assert f"contests[0].options[0].{member}" in str(finding)


def test_of_those_that_claim_a_shape_the_election_held_last_answers(tmp_path: Path) -> None:
    elections = []
    for number, (held_on, shapes) in enumerate(
        [("2019-04-17", ["situng2019"]), ("2029-02-14", ["situng2019"]), ("2024-02-14", ["sirekap2024"])]
    ):
        write_files(invent(number), tmp_path / str(number))
        change(tmp_path / str(number), held_on=held_on, shapes={shape: {} for shape in shapes})
        elections.append(read_election(tmp_path / str(number)).election)
    pages = MemoryPages()
    assert find_claim("situng2019", pages) is None
    pages.put_all(catalogue_pages(elections, 3))
    for shape, election in (("situng2019", elections[1]), ("sirekap2024", elections[2])):
        claim = find_claim(shape, pages)
        assert claim is not None
        assert (claim.contest.election, claim.root) == (election.id, "nation")


def test_nobody_answers_before_an_election_claims_the_shape(folder: Path) -> None:
    change(folder, shapes={})
    pages = MemoryPages()
    pages.put_all(catalogue_pages([read_election(folder).election], 1))
    assert find_claim("situng2019", pages) is None
