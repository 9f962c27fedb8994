"""The document of what the count below a root has reached, newest first. It is the state as well."""

from __future__ import annotations

from collections.abc import Sequence

from realcount.domain.election import Contest, Region
from realcount.domain.instants import EPOCH
from realcount.domain.milestones import Milestone
from realcount.domain.page import Page
from realcount.rendering.encoding import document_of, json_page
from realcount.rendering.lifetimes import HISTORY
from realcount.rendering.paths import edition_path, milestones_path, region_path


def milestones_page(contest: Contest, root: Region, milestones: Sequence[Milestone], edition: int) -> Page:
    """`milestones` oldest first. `edition` as in `rendering.history.history_page`."""
    page = region_path(contest.key, root.id)
    path = milestones_path(page)
    document = {
        "election": contest.key.election,
        "contest": contest.key.contest,
        "region": {"id": root.id, "level": root.level, "name": root.name},
        "milestones": [
            {
                "kind": one.kind,
                "per_cent": one.per_cent,
                "region": {"id": one.region, "name": one.name, "link": region_path(contest.key, one.region)},
                "approved": one.approved,
                "expected": one.expected,
                "at": one.at,
                "edition": one.edition,
                "page": edition_path(page, one.edition),
            }
            for one in reversed(milestones)
        ],
        "links": {"self": path, "page": page},
    }
    updated_at = milestones[-1].at if milestones else EPOCH
    return json_page(path, document, edition=edition, updated_at=updated_at, max_age=HISTORY)


def read_milestones(page: Page | None) -> list[Milestone]:
    """What `milestones_page` wrote, oldest first."""
    if page is None:
        return []
    return [
        Milestone(
            one["kind"],
            one["region"]["id"],
            one["region"]["name"],
            one["per_cent"],
            *(one[name] for name in ("approved", "expected", "edition", "at")),
        )
        for one in reversed(document_of(page)["milestones"])
    ]
