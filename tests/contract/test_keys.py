"""The key layout, there and back."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.aws import keys
from realcount.aws.attributes import storable
from realcount.domain.election import TOP, ContestKey
from realcount.domain.strict import ID
from realcount.domain.tally import RowChange, StationChange

ids = st.text(alphabet=string.ascii_letters + string.digits + "_.:-", min_size=1, max_size=64).filter(ID.fullmatch)


@given(ids, ids, ids)
def test_a_place_is_read_back_as_it_was_written(election: str, contest: str, unit: str) -> None:
    key = ContestKey(election, contest)
    assert keys.read_place(keys.place(key, unit)) == (key, unit)
    assert storable(keys.place(key, unit))


@given(st.lists(ids, min_size=6, max_size=6))
def test_no_two_places_share_a_key(names: list[str]) -> None:
    a, b = tuple(names[:3]), tuple(names[3:])
    one = keys.place(ContestKey(a[0], a[1]), a[2])
    other = keys.place(ContestKey(b[0], b[1]), b[2])
    assert (one == other) == (a == b)


@pytest.mark.parametrize("bad", ["", "a#b", "#", "a#"])
def test_what_would_make_two_readings_of_a_key_is_no_id(bad: str) -> None:
    for made in (
        lambda: keys.place(ContestKey(bad, "c"), "u"),
        lambda: keys.place(ContestKey("e", bad), "u"),
        lambda: keys.place(ContestKey("e", "c"), bad),
        lambda: keys.unit_partition("e", bad),
        lambda: keys.contest_sort(bad),
    ):
        with pytest.raises(ValueError, match="cannot be an id"):
            made()


def test_versions_sort_as_numbers_do_and_apart_from_decisions_and_the_head() -> None:
    numbers = [1, 2, 9, 10, 99, 100, 999, 1000]
    assert sorted(map(keys.version_sort, numbers)) == [keys.version_sort(n) for n in numbers]
    assert keys.version_sort(1) == "V#000001"
    assert keys.review_sort(1) == "R#000001"
    assert keys.is_version(keys.version_sort(7)) and not keys.is_review(keys.version_sort(7))
    assert keys.is_review(keys.review_sort(7)) and not keys.is_version(keys.review_sort(7))
    assert not keys.is_version(keys.HEAD) and not keys.is_review(keys.HEAD)


def test_a_head_in_the_stream_is_a_trigger_and_nothing_else_is() -> None:
    def stream_keys(sort: str) -> dict[str, dict[str, str]]:
        return {"pk": {"S": "2019#PPWP#928068"}, "sk": {"S": sort}}

    assert keys.station_change(stream_keys("HEAD")) == StationChange(ContestKey("2019", "PPWP"), "928068")
    assert keys.station_change(stream_keys("V#000001")) is None
    assert keys.station_change(stream_keys("R#000001")) is None


@given(ids, ids, ids | st.just(TOP), ids)
def test_a_row_in_the_stream_names_its_parent_and_child(election: str, contest: str, parent: str, child: str) -> None:
    key = ContestKey(election, contest)
    record = {"pk": {"S": keys.place(key, parent)}, "sk": {"S": child}}
    assert keys.row_change(record) == RowChange(key, parent, child)


@pytest.mark.parametrize("partition", ["", "2019", "2019#PPWP", "2019#PPWP#1#2", "#PPWP#1", "2019##1", "2019#PPWP#"])
def test_a_key_that_is_no_place_is_refused_loudly(partition: str) -> None:
    with pytest.raises(ValueError, match="is not <election>#<contest>#<unit>"):
        keys.row_change({"pk": {"S": partition}, "sk": {"S": "x"}})


@given(ids, ids)
def test_an_object_of_an_upload_names_the_upload(upload: str, file: str) -> None:
    assert keys.upload_of(keys.upload_object(upload, file)) == upload


@pytest.mark.parametrize("key", ["", "uploads/", "uploads/u1", "uploads//form", "uploads/u1/form/x", "scans/u1/form"])
def test_an_object_nobody_was_granted_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is not uploads/"):
        keys.upload_of(key)


def test_the_list_of_elections_cannot_be_an_election() -> None:
    assert ID.fullmatch(keys.ELECTIONS) is None
