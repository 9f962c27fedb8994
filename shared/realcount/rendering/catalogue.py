"""The pages that say what there is: the index, the elections, one election, one contest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from realcount.domain.election import Contest, Election
from realcount.domain.instants import EPOCH
from realcount.domain.page import Page
from realcount.rendering.encoding import json_page
from realcount.rendering.lifetimes import STATIC
from realcount.rendering.limits import LIMITS
from realcount.rendering.paths import (
    CHANGELOG,
    DESCRIPTION,
    DOCS,
    ELECTIONS,
    FEEDS,
    INDEX,
    all_corrections_path,
    contest_path,
    election_path,
    feed_path,
    log_path,
    region_path,
    search_path,
)

DESCRIBED_BY = f'<{DESCRIPTION}>; rel="service-desc", <{DOCS}>; rel="service-doc", <{DOCS}#licence>; rel="license"'
"""The `Link` header of the index (RFC 8288, RFC 8631): for programs that know nothing but the address."""


def catalogue_pages(elections: Sequence[Election], edition: int) -> list[Page]:
    """Index and list of elections, and for each election its page and its contests' pages.

    `edition` must grow whenever an election is added; the number of complete elections does.
    """
    pages = [
        replace(_page(INDEX, _index(elections), edition), link=DESCRIBED_BY),
        _page(ELECTIONS, {"elections": [_election_brief(election) for election in elections]}, edition),
    ]
    for election in elections:
        pages.append(_page(election_path(election.id), _election(election), edition))
        pages.extend(
            _page(contest_path(contest.key), _contest(election, contest), edition) for contest in election.contests
        )
    return pages


def _page(path: str, document: dict[str, object], edition: int) -> Page:
    return json_page(path, document, edition=edition, updated_at=EPOCH, max_age=STATIC)


def _index(elections: Sequence[Election]) -> dict[str, object]:
    return {
        "name": "realcount",
        "about": "The count of an election as the forms of its polling stations say it. Not the official result.",
        "licences": [
            {"election": election.id, "licence": election.licence, "attribution": election.attribution}
            for election in elections
        ],
        "limits": dict(LIMITS),
        "links": {"elections": ELECTIONS, "openapi": DESCRIPTION, "docs": DOCS, "changelog": CHANGELOG},
    }


def _election_brief(election: Election) -> dict[str, object]:
    return {
        "id": election.id,
        "name": election.name,
        "held_on": election.held_on,
        "label": election.label,
        "shapes": {
            shape.name: {
                "parties": shape.parties,
                "listed_at": shape.listed_at,
                "revised_at": shape.revised_at,
                "psu": shape.psu,
            }
            for shape in election.shapes
        },
        "links": {
            "self": election_path(election.id),
            "log": log_path(election.id),
            "corrections": all_corrections_path(election.id),
            "search": search_path(election.id),
        },
    }


def _election(election: Election) -> dict[str, object]:
    return {
        **_election_brief(election),
        "licence": election.licence,
        "attribution": election.attribution,
        "digest": election.digest,
        "hierarchies": list(election.hierarchies),
        "levels": list(election.levels),
        "contests": [
            {"id": contest.key.contest, "name": contest.name, "links": {"self": contest_path(contest.key)}}
            for contest in election.contests
        ],
    }


def _contest(election: Election, contest: Contest) -> dict[str, object]:
    return {
        "id": contest.key.contest,
        "election": contest.key.election,
        "name": contest.name,
        "label": election.label,
        "hierarchies": list(contest.hierarchies),
        "fields": list(contest.fields),
        "options": [
            {
                "id": option.id,
                "number": option.number,
                "name": option.name,
                "full_name": option.full_name,
                "colour": option.colour,
                "local": option.local,
                "serial": option.serial,
                "parent": option.parent,
            }
            for option in contest.options
        ],
        "links": {
            "self": contest_path(contest.key),
            "election": election_path(election.id),
            "roots": [region_path(contest.key, root) for root in contest.roots],
            "feeds": {language: feed_path(contest.key, feed) for feed, language in FEEDS.items()},
        },
    }
