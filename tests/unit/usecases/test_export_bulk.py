"""A contest as files: the same rows in every format, what the sealed totals say and nothing later, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from dataclasses import replace

import pyarrow.parquet
import pytest

from realcount.domain.errors import Drift
from realcount.domain.fold import Fold
from realcount.domain.form import FIGURES
from realcount.domain.log.hashing import leaf_hash, root_of
from realcount.rendering.bulk.index import NEWEST_KEPT, kept
from realcount.usecases.export_bulk import Exported
from tests import small_election as small
from tests.export_office import ALWAYS, Dying, Office, eventful
from tests.sealed_night import SIGNER, elections
from tests.small_election import DPR, DPRD, PPWP


@pytest.fixture
def office() -> Office:
    return eventful()


def test_every_format_has_the_same_rows_and_the_page_leads_to_them(office: Office) -> None:
    done = office.export()
    assert (len(done.folders), done.behind, done.failed) == (3, 0, {})
    page = office.page()
    names = [file["path"].rpartition("/")[2] for file in page["files"]]
    assert names == ["stations.csv.gz", "stations.ndjson.gz", "stations.parquet", "regions.csv.gz"]
    rows = office.rows("stations.csv.gz")
    assert [row["station"] for row in rows] == list(small.STATIONS)
    folder = f"/bulk/{PPWP.election}/{PPWP.contest}/{page['size']}"
    lines = gzip.decompress(office.bulk.files[f"{folder}/stations.ndjson.gz"][0]).decode().splitlines()
    table = pyarrow.parquet.read_table(io.BytesIO(office.bulk.files[f"{folder}/stations.parquet"][0])).to_pylist()
    for row, line, record in zip(rows, lines, table, strict=True):
        said = json.loads(line)
        if "findings" in said:
            said["findings"] = " ".join(said["findings"])
        assert said == {name: value for name, value in record.items() if value is not None}
        assert row == {name: "" if value is None else str(value) for name, value in record.items()}
    assert list(rows[0]) == [column["name"] for column in office.index()["columns"]]


def test_what_counts_is_what_counted_when_the_totals_were_sealed(office: Office) -> None:
    office.export()
    rows = {row["station"]: row for row in office.rows("stations.csv.gz")}
    assert {station: (row["version"], row["votes.01"], row["votes.02"]) for station, row in rows.items()} == {
        "S1": ("1", "150", "120"),  # and not the correction that was sealed after them
        "S2": ("", "", ""),
        "S3": ("", "", ""),
        "S4": ("2", "10", "20"),
        "S5": ("", "", ""),
        "S6": ("1", "5", "6"),
    }
    entries = office.night.entries()
    assert rows["S4"]["sha256"].encode() in entries[int(rows["S4"]["entry"])]
    assert rows["S4"]["form"] == "correction"
    page = office.page()
    (total,) = page["totals"]
    counted = [row for row in rows.values() if row["version"]]
    assert total["votes"] == {option: sum(int(row[f"votes.{option}"]) for row in counted) for option in ("01", "02")}
    assert total["stations"] == len(counted)
    (snapshot,) = [s for _, s in fold_of(entries).snapshots if (s.contest, s.size) == (PPWP, page["size"])]
    assert (total["sums"], page["sealed_at"]) == (snapshot.root.hex(), snapshot.at)
    assert page["root"] == root_of([leaf_hash(entry) for entry in entries[: page["size"]]]).hex()


def test_a_withdrawal_is_a_version_that_adds_nothing(office: Office) -> None:
    office.night.approve(PPWP, "S6", (0, 0), "withdrawal")
    office.night.seal()
    office.night.totals()
    office.export()
    (row,) = [row for row in office.rows("stations.csv.gz") if row["station"] == "S6"]
    assert (row["form"], row["version"], row["votes.01"], row["figures.valid"], row["findings"]) == (
        *("withdrawal", "2"),
        *("", "", ""),
    )
    assert office.page()["totals"][0]["stations"] == 3


def test_the_way_a_missing_figure_and_findings(office: Office) -> None:
    office.export()
    (row,) = [row for row in office.rows("stations.csv.gz") if row["station"] == "S4"]
    assert (row["nation_id"], row["province_id"], row["village_id"]) == ("N", "P1", "V2")
    assert (row["nation_name"], row["kind"], row["name"], row["registered"]) == ("Region N", "TPS", "TPS S4", "300")
    present = {figure for figure in FIGURES if row[f"figures.{figure}"]}
    assert present and present < set(FIGURES), "a figure that is not on the paper is empty"
    assert "missing" in row["findings"].split()


def test_parts_together_are_the_whole_and_regions_are_sums_of_their_stations(office: Office) -> None:
    office.export()
    index = office.index()
    parts = [file for file in index["files"] if file["path"].count("/") == 6]
    assert [file["path"].split("/", 5)[5] for file in parts] == [f"village/{v}.csv.gz" for v in ("V1", "V2", "V3")]
    rows = office.rows("stations.csv.gz")
    assert [row for file in parts for row in office.rows(file["path"].split("/", 5)[5])] == rows
    assert [file["rows"] for file in parts] == [3, 2, 1]
    for region in office.rows("regions.csv.gz"):
        below = [row for row in rows if region["region"] in (row["nation_id"], row["province_id"], row["village_id"])]
        assert int(region["stations.expected"]) == len(below)
        for name in ("votes.01", "votes.02"):
            assert int(region[name]) == sum(int(row[name] or 0) for row in below)
        assert int(region["valid"]) == sum(int(row["figures.valid"] or 0) for row in below)


def test_a_station_below_two_regions_is_one_row_and_counts_in_both(office: Office) -> None:
    office.export()
    assert [row["station"] for row in office.rows("stations.csv.gz", DPRD)] == list(small.STATIONS)
    regions = {row["region"]: int(row["votes.X"]) for row in office.rows("regions.csv.gz", DPRD)}
    assert (regions["N"], regions["W1"], regions["P2"]) == (7, 7, 0)
    assert {total["region"]: total["votes"]["X"] for total in office.page(DPRD)["totals"]} == {"N": 7, "W1": 7}


def test_the_same_log_gives_the_same_bytes_and_nothing_new_is_not_written_again(office: Office) -> None:
    office.export()
    first, writes = dict(office.bulk.files), office.bulk.writes
    assert office.export().folders == []
    assert office.bulk.writes == writes
    again = Office()
    again.night.log = office.night.log
    again.export()
    assert again.bulk.files == first
    for path, (data, _, _) in first.items():
        if path.endswith(".gz"):
            assert data[4:8] == b"\0\0\0\0", "a gzip header tells the time"


def test_a_contest_in_which_nothing_came_is_not_exported_again(office: Office) -> None:
    office.export()
    office.night.totals()
    done = office.export()
    assert done.folders == [f"/bulk/{PPWP.election}/{PPWP.contest}/{office.page()['size']}"]
    assert office.page(DPRD)["size"] < office.page()["size"]
    assert [entry["size"] for entry in office.page()["older"]] == [office.page(DPRD)["size"]]


def test_an_index_says_size_and_hash_of_each_file_and_names_to_save_them_as(office: Office) -> None:
    office.export()
    page = office.page()
    data, media, name = office.bulk.files[page["index"]["path"]]
    assert (page["index"]["sha256"], page["index"]["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (media, name) == ("application/json", f"e19-ppwp-{page['size']}-index.json")
    for file in json.loads(data)["files"]:
        stored, its_media, its_name = office.bulk.files[file["path"]]
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(stored).hexdigest(), len(stored))
        assert file["media"] == its_media
        assert its_name.startswith(f"e19-ppwp-{page['size']}-") and "/" not in its_name


def test_before_anything_came_there_are_files_of_nothing() -> None:
    office = Office()
    assert len(office.export().folders) == 3
    assert all(row["version"] == "" for row in office.rows("stations.csv.gz"))
    assert [row["votes.01"] for row in office.rows("regions.csv.gz")] == ["0"] * 6


def test_without_a_log_there_is_nothing_to_export() -> None:
    office = Office()
    office.night.log.checkpoints.clear()
    assert (office.export(), office.bulk.writes) == (Exported(), 0)


def test_hostile_names_stay_text(office: Office) -> None:
    name = '<b>"x",\u202eevil & =cmd|\' ' + "n" * 480
    regions = [replace(unit, name=name) if unit.id == "V1" else unit for unit in small.units()]
    stored = type(elections())()
    stored.begin(small.election())
    stored.put_units(regions)
    stored.complete(small.election())
    office.export(elections=stored)
    assert [row["village_name"] for row in office.rows("stations.csv.gz")][:3] == [name] * 3
    folder = office.page()["index"]["path"].rpartition("/")[0]
    line = gzip.decompress(office.bulk.files[f"{folder}/stations.ndjson.gz"][0]).splitlines()[0]
    assert json.loads(line)["village_name"] == name


# ---- what goes wrong --------------------------------------------------------------------------------------------------


def test_sums_that_were_not_sealed_are_not_published(office: Office) -> None:
    """One vote more in memory than in the log: what a fault in counting would look like."""
    office.export(goes_on=ALWAYS)
    office.night.totals()
    office.standing.count.follow(office.night.log, SIGNER.key, lambda *_: True, ALWAYS)
    papers = office.standing.count._papers[PPWP]
    papers["S2"] = papers["S2"]._replace(numbers=papers["S2"].numbers[:-4] + (9).to_bytes(4, "little"))
    writes, page = office.bulk.writes, office.page()
    done = office.export()
    assert isinstance(done.failed[PPWP], Drift) and "come to" in str(done.failed[PPWP])
    assert (office.bulk.writes, office.page()) == (writes, page)


@pytest.mark.parametrize("spoil", ["absent", "changed"])
def test_a_log_that_is_not_whole_is_not_exported_and_the_error_names_the_file(office: Office, spoil: str) -> None:
    (path,) = [path for path in office.night.log.files if path.startswith("tile/entries/")][-1:]
    if spoil == "absent":
        del office.night.log.files[path]
    else:
        data = office.night.log.files[path]
        office.night.log.files[path] = data.replace(b"voters.total", b"voters.totaI", 1)
    with pytest.raises(Drift) as raised:
        office.export()
    assert path in str(raised.value) or "entry" in str(raised.value) or "root" in str(raised.value)
    assert office.bulk.writes == 0


def test_without_time_it_goes_on_in_the_next_run(office: Office) -> None:
    turns = iter([True, False])
    assert office.export(goes_on=lambda: next(turns)).behind == 1
    assert office.bulk.writes == 0
    assert len(office.export().folders) == 3


def through(office: Office, dying: Dying) -> Exported:
    return office.export(
        bulk=dying.port(office.bulk, "write", "finish", "let_go"),
        copies=dying.port(office.copies, "keep"),
        pages=dying.port(office.pages, "put"),
    )


def led_to(office: Office) -> None:
    """Whatever a page leads to is there, whole, and as it says."""
    for of in (PPWP, DPR, DPRD):
        page = office.page(of)
        indexes = [page["index"]["path"], *(entry["index"] for entry in page["older"])]
        for index in indexes:
            for file in json.loads(office.bulk.files[index][0])["files"]:
                assert hashlib.sha256(office.bulk.files[file["path"]][0]).hexdigest() == file["sha256"]


@pytest.mark.parametrize("landed", [False, True], ids=["lost", "landed"])
def test_whoever_dies_between_two_writes_leaves_whole_files_behind_and_the_next_run_ends_alike(landed: bool) -> None:
    def before() -> Office:
        office = Office()
        office.export()
        office.night.approve(PPWP, "S1", (150, 120))
        office.night.seal()
        office.night.totals()
        return office

    clean = before()
    count = Dying(-1, landed)
    through(clean, count)
    assert count.seen > 8
    for at in range(count.seen):
        office = before()
        was = office.page()
        through(office, Dying(at, landed))
        led_to(office)
        assert office.page() in (was, clean.page())
        office.export()
        assert (office.bulk.files, office.page()) == (clean.bulk.files, clean.page()), at
        led_to(office)


def test_a_whole_folder_is_never_written_again_even_by_a_newer_program(office: Office) -> None:
    through(office, Dying(7, True))  # The index of the first contest is there, its page is not.
    before = dict(office.bulk.files)
    (index,) = [path for path in before if path.endswith("index.json")][:1]
    office.bulk.files[index] = (before[index][0].replace(b"SIMULATION", b"simulation"), *before[index][1:])
    marked = office.bulk.files[index]
    office.export()
    assert office.bulk.files[index] == marked
    assert office.page()["index"]["sha256"] == hashlib.sha256(marked[0]).hexdigest()


# ---- what stays -------------------------------------------------------------------------------------------------------


def test_the_newest_and_the_last_of_each_day_stay() -> None:
    entries = [
        {"size": 100 - i, "sealed_at": f"2019-04-{20 - i // 4:02d}T{18 - i % 4:02d}:00:00.000Z"} for i in range(24)
    ]
    assert [entry["size"] for entry in kept(entries, 6)] == [100, 99, 98, 97, 96, 95, 92, 88, 84, 80]


def test_folders_that_nobody_is_led_to_are_let_go_and_no_others() -> None:
    office = Office()
    for number in range(NEWEST_KEPT + 3):
        office.night.approve(PPWP, "S1", (number, 1))
        office.night.seal()
        office.night.totals()
        office.export()
    led_to(office)
    older = {entry["size"] for entry in office.page()["older"]}
    assert len(older) == NEWEST_KEPT
    gone = {int(path.split("/")[4]) for path in office.bulk.gone}
    everything = {int(path.split("/")[4]) for path in office.bulk.files if path.startswith("/bulk/e19/ppwp/")}
    assert gone == everything - older - {office.page()["size"]}
    assert len(gone) == 2
    for size in gone:
        folder = {path for path in office.bulk.files if path.startswith(f"/bulk/e19/ppwp/{size}/")}
        assert folder <= office.bulk.gone


def fold_of(entries: list[bytes]) -> Fold:
    fold = Fold()
    fold.take(entries)
    return fold
