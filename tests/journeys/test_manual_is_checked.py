"""What holds the manual to the truth would notice: a member too many, too few, moved, renamed, of another type or value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.manual import Block, Example, blocks, check, examples
from tests.journeys.shown import differences

ANSWER = json.dumps({"edition": 3, "at": "2029-02-14T10:00:00.000Z", "votes": {"01": 5, "02": 7}, "list": [1, 2, 3, 4]})


@pytest.mark.parametrize(
    "shown",
    [
        '{"edition": 3, "at": "2029-02-14T10:00:00.000Z", "votes": {"01": 5, "02": 7}, "list": [1, 2, 3, 4]}',
        '{"edition": …, "at": "2029-…Z", "votes": {"01": 5, …}, "list": [1, …]}',
        '{"edition": 3, …}',
        '{…, "votes": …, …}',
        '{…, "list": […, 4]}',
        '{…, "list": [1, …, 4]}',
        '{…, "list": […]}',
        "{…}",
    ],
)
def test_what_is_so_fits(shown: str) -> None:
    assert differences(shown, ANSWER) == []


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ('{"edition": 4, …}', "$.edition is 3, shown as 4"),
        ('{"edition": "3", …}', '$.edition is 3, shown as "3"'),
        ('{"edition": true, …}', "$.edition is 3, shown as true"),
        ('{"editions": …, …}', "$ has no 'editions' where it is shown: 'edition' is there"),
        ('{"at": …, "edition": 3, …}', "$ has no 'at' where it is shown: 'edition' is there"),
        ('{…, "votes": …, "at": …, …}', "$ has no 'at' where it is shown: 'list' is there"),
        ('{"edition": 3, "votes": …, …}', "$ has no 'votes' where it is shown: 'at' is there"),
        ('{"edition": 3, "at": …, "votes": …}', "$ goes on with 'list', which is not shown"),
        ('{…, "list": [1, 2]}', "$.list goes on with 2, which is not shown"),
        ('{…, "list": […, 3]}', "$.list.1 is 4, shown as 3"),
        ('{…, "list": {…}}', "$.list is a list, shown as an object"),
        ('{…, "at": "2030-…", …}', "$.at is '2029-02-14T10:00:00.000Z', shown as '2030-…'"),
        ("[…]", "$ is an object, shown as a list"),
    ],
)
def test_what_is_not_so_is_named(shown: str, found: str) -> None:
    (line,) = differences(shown, ANSWER)
    assert line.startswith(found)


def test_lines_of_text() -> None:
    text = "one  \ntwo\nthree 3.5 s\nfour\n"
    assert differences("one\n…\nthree … s\nfour", text) == []
    assert differences("one\ntwo\n…", text) == []
    assert differences("one\n…\nfive", text) == ["no line 'five' where it is shown; there is 'nothing more'"]
    assert differences("one\ntwo", text) == ["goes on with the line 'three 3.5 s', which is not shown"]
    assert differences("one\nthree 3.5 s\n…", text) == ["no line 'three 3.5 s' where it is shown; there is 'two'"]


def test_answers_with_their_headers() -> None:
    answer = 'HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nETag: "a"\r\n\r\n{"status": 404}'
    assert differences('HTTP/1.1 404 …\netag: "…"\n…\n\n{"status": 404}', answer) == []
    assert differences('HTTP/1.1 404 …\netag: "b"\n\n{"status": 405}', answer) == [
        "no header 'etag: \"b\"' among ['Content-Type: application/problem+json', 'ETag: \"a\"']",
        "$.status is 404, shown as 405",
    ]
    assert differences("HTTP/1.1 200 OK", answer) == ["answered 'HTTP/1.1 404 Not Found', shown as 'HTTP/1.1 200 OK'"]


def test_blocks_and_their_commands() -> None:
    manual = "text\n```console\n$ a b\n{}\n\n$ c\nd\ne\n```\n```\nstray\n```\n"
    assert list(blocks(manual)) == [Block(2, "console", "$ a b\n{}\n\n$ c\nd\ne"), Block(10, "", "stray")]
    assert list(examples(next(blocks(manual)))) == [Example(3, "a b", "{}"), Example(6, "c", "d\ne")]


def test_every_block_is_executed_and_what_fails_is_named_by_its_line(tmp_path: Path) -> None:
    manual = (
        "```console\n$ echo one\none\n\n$ echo http://named/x\nhttp://named/y\n\n$ false\n```\n"
        "```python\nprint(1)  # -> 1\nprint(2)  # -> 3\n```\n"
        "```sh\nother tool\n```\n```sh\nunknown\n```\n```\nbare\n```\n"
    )
    found = check(manual, "http://127.0.0.1:1", tmp_path, named="http://named", elsewhere="other ")
    assert found == [
        "line 5: no line 'http://named/y' where it is shown; there is 'http://named/x'",
        "line 8: ",
        "line 10: no line '3' where it is shown; there is '2'",
        "line 17: nobody executes a block of the kind 'sh'",
        "line 20: nobody executes a block of the kind ''",
    ]
