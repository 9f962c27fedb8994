"""What stands beside the page of an upper region: `now`, for who asks whether there is news, and `changes`, what is new.

`changes` leads whoever holds the page of an edition between its `from` and its `to` to the bytes of edition `to`. It is made
of the new page, the changes before it and one older page; no list of what happened is kept anywhere. Why that is sound, also
if others publish meanwhile, is in docs/decisions/0013: rows only grow, so what differs between two editions includes
whatever differs between any two that lie between them. To name too many children is never wrong, to leave one out is.

Pure: the time is that of the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from realcount.domain.election import Region
from realcount.domain.instants import EPOCH, from_instant, to_instant
from realcount.domain.page import Page
from realcount.rendering.encoding import document_of, json_page
from realcount.rendering.paths import (
    changes_path,
    corrections_path,
    editions_path,
    flagged_path,
    history_path,
    now_path,
)

UPPER = 2
"""How deep below a root a region may lie to have these documents, and its editions kept: nation, province, regency. Below
are nine regions in ten, and few look at each."""

STEP = timedelta(minutes=5)
"""At least so long what was the newest page can be brought up to date, and mostly twice as long."""

MOVING = ("edition", "updated_at", "votes", "valid", "invalid", "voters", "stations", "example")
"""The members of a page that news may change, its children apart."""

Document: TypeAlias = Mapping[str, Any]


def is_upper(region: Region) -> bool:
    return len(region.path) <= UPPER


def links_beside(page: str, *, upper: bool) -> dict[str, str]:
    """What a region's page at this path links to. A slash and a number after `editions` is the page of that edition."""
    corrections = {"corrections": corrections_path(page)}
    if not upper:
        return corrections
    beside = {"now": now_path(page), "changes": changes_path(page), "history": history_path(page)}
    return {**beside, **corrections, "flagged": flagged_path(page), "editions": editions_path(page)}


def now_page(page: Page, document: Document) -> Page:
    """`document` is that of `page`, decoded, here and below."""
    return json_page(
        now_path(page.path),
        {
            **_subject(document),
            "edition": document["edition"],
            "updated_at": document["updated_at"],
            "stations": document["stations"],
            "links": {
                "page": page.path,
                "changes": changes_path(page.path),
                "history": history_path(page.path),
            },
        },
        edition=page.edition,
        updated_at=page.updated_at,
        max_age=page.max_age,
    )


@dataclass(frozen=True, slots=True)
class Window:
    """Where the next changes begin. `since` is the edition whose page the new one must be held against, None for none.

    What `carried` names has changed since `start`, besides what the comparison finds.
    """

    start: int
    start_at: str | None
    since: int | None
    carried: frozenset[str]
    next_from: int
    next_after: str | None


def window(page: Page, changes: Page | None, *, anew: bool) -> Window:
    """From where on the changes to `page` are told, by the changes that are stored now, which lead to an earlier edition.

    Without any, or with those of an older rendering, the story begins at `page`; or after it, if it is `anew`: if the page
    there was before was rendered in another way. Its edition does not say which of the two a reader holds.
    """
    if anew or changes is None or changes.rendering != page.rendering:
        start = page.edition + 1 if anew or changes is not None else page.edition
        at = None if start > page.edition else _instant(page.updated_at)
        return Window(start, at, None, frozenset(), start, None)
    was = document_of(changes)
    carried = frozenset(child["id"] for child in was["children"])
    following, after = was["next"]["from"], was["next"]["after"]
    if page.updated_at <= (after or EPOCH):
        return Window(was["from"], was["from_at"], was["to"], carried, following, after)
    again = _instant(to_instant(from_instant(page.updated_at) + STEP))
    if following == was["from"]:
        return Window(was["from"], was["from_at"], was["to"], carried, page.edition, again)
    # Nobody saw an edition before `following` in the last five minutes: it was the newest when they began.
    return Window(following, None, following, frozenset(), page.edition, again)


def changes_page(page: Page, document: Document, since: Document | None, told: Window) -> Page:
    """The changes to `page`. `since` is the page of edition `told.since`, or of any edition before it.

    Without it nothing can be told but that `page` is the newest: who holds another reads it whole.
    """
    start, start_at = told.start, told.start_at
    if since is None:
        moved = frozenset[str]()
        if start < page.edition:
            start, start_at = page.edition, _instant(page.updated_at)
    else:
        before = {child["id"]: child["edition"] for child in since["children"]}
        moved = told.carried | {
            child["id"] for child in document["children"] if child["edition"] > before.get(child["id"], -1)
        }
        if since["edition"] == start:
            start_at = since["updated_at"]
    return json_page(
        changes_path(page.path),
        {
            **_subject(document),
            "from": start,
            "to": page.edition,
            "from_at": start_at,
            "next": {"from": max(start, told.next_from), "after": told.next_after},
            "set": {member: document[member] for member in MOVING},
            "children": [child for child in document["children"] if child["id"] in moved],
            "links": {"page": page.path, "now": now_path(page.path)},
        },
        edition=page.edition,
        updated_at=page.updated_at,
        max_age=page.max_age,
    )


def _subject(document: Document) -> dict[str, object]:
    return {"election": document["election"], "contest": document["contest"], "region": document["region"]["id"]}


def _instant(at: str) -> str | None:
    return None if at == EPOCH else at
