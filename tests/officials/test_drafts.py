"""What was typed is read whole or refused whole, with every line that is wrong; photographs as the server would take them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from realcount.domain.errors import Refusal, Rejected
from realcount.evidence.images import PillowInspector
from realcount.officials.drafts import one_form, read_forms
from realcount.officials.official import Scan
from realcount.officials.scans import read_scan


def photograph(path: Path, shade: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise((24, 24), shade).save(path)
    return path


def typed(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "forms.csv").write_text(text, encoding="utf-8")
    return folder


def refusals(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as refused:
        read_forms(folder)
    return [(one.code, one.field) for one in refused.value.refusals]


def test_a_folder_is_read_with_its_scans(tmp_path: Path) -> None:
    folder = typed(
        tmp_path,
        "\ufeffstation,votes.01,votes.02,valid,invalid,scans,kind,reason\n"
        "S1,10,20,30,,,,\n"
        'S2,1,2,3,0,"a.jpg; b.png",correction,blurred\n'
        "S3,,,,,,withdrawal,wrong station\n",
    )
    (
        photograph(folder / "S1-1.jpg"),
        photograph(folder / "S1-2.jpg", 91),
        photograph(folder / "a.jpg"),
        photograph(folder / "b.png"),
    )
    first, second, third = read_forms(folder)
    assert (first.station, first.figures, first.votes) == ("S1", {"valid": 30}, {"01": 10, "02": 20})
    assert [scan.page for scan in first.scans] == [1, 2]
    assert [(scan.media, scan.page) for scan in second.scans] == [("image/jpeg", 1), ("image/png", 2)]
    assert (second.kind, second.reason) == ("correction", "blurred")
    assert (third.kind, third.votes, third.scans) == ("withdrawal", {}, ())
    assert read_forms(folder / "forms.csv") == [first, second, third]


def test_everything_that_is_wrong_is_listed(tmp_path: Path) -> None:
    folder = typed(tmp_path, "station,votes.01,valid,scans\nS1,1.833,x,none.jpg\nS1,1,2,\nS2,1,2,,5\nS3,12345678,-1,\n")
    assert refusals(folder) == [
        ("bad-value", "forms.csv:2: votes.01"),
        ("bad-value", "forms.csv:2: valid"),
        ("no-file", "forms.csv:2: scans"),
        ("bad-value", "forms.csv:4"),
        ("bad-value", "forms.csv:5: votes.01"),
        ("bad-value", "forms.csv:5: valid"),
        ("twice", "forms.csv:3: station"),
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("votes.01\n1\n", [("missing-field", "forms.csv:1")]),
        ("station,voted\nS1,1\n", [("unknown-field", "forms.csv:1")]),
        ("station,valid,valid\nS1,1,1\n", [("twice", "forms.csv:1")]),
        ("station,valid\n", [("missing-field", "forms.csv")]),
        ('station,valid\nS1,"1"2\n', [("bad-value", "forms.csv:2")]),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, wrong: list[tuple[str, str]]) -> None:
    assert refusals(typed(tmp_path, text)) == wrong


def test_a_folder_needs_one_csv(tmp_path: Path) -> None:
    assert refusals(tmp_path) == [("no-file", str(tmp_path))]


def test_one_form_by_options(tmp_path: Path) -> None:
    scan = photograph(tmp_path / "s.jpg")
    draft = one_form("S1", {"votes.01": "7", "valid": "7"}, (scan,))
    assert (draft.votes, draft.figures, [one.page for one in draft.scans]) == ({"01": 7}, {"valid": 7}, [None])
    with pytest.raises(Rejected) as refused:
        one_form("S1", {"voted": "7", "valid": "seven"}, (tmp_path / "none.jpg",))
    assert [one.code for one in refused.value.refusals] == ["unknown-field", "no-file", "bad-value"]


def test_what_a_phone_appends_to_a_photograph_is_taken_off_and_nothing_else(tmp_path: Path) -> None:
    for name in ("photo.jpg", "photo.png"):
        file = photograph(tmp_path / name)
        whole = file.read_bytes()
        file.write_bytes(whole + b"SEFT of the phone")
        scan, again = read_scan(file, None, "scans"), read_scan(file, None, "scans")
        assert isinstance(scan, Scan)
        assert PillowInspector().inspect(scan.content, scan.media) is None
        assert scan == again, "the same bytes each time, or a form would be signed twice"
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(photograph(tmp_path / "whole.jpg").read_bytes()[:-40])
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    for file in (cut, text):
        refused = read_scan(file, None, "scans")
        assert isinstance(refused, Refusal) and refused.code == "bad-image"
