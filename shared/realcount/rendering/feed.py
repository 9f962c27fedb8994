"""The Atom feeds (RFC 4287) of a contest: its newest corrections and milestones, in Indonesian and in English.

Ids are tags (RFC 4151): `tag:<domain>,<year>:<election>/<contest>/<feed>/…`, of the domain that names the public logs, which
stays, and the year in which the election is held. An entry's id is made of what it is about, so it never changes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from realcount.domain.election import Contest, ContestKey, Election
from realcount.domain.milestones import COMPLETE, FIRST, Milestone
from realcount.domain.page import Page
from realcount.rendering.corrections import Correction
from realcount.rendering.encoding import RENDERING, encode_bodies
from realcount.rendering.lifetimes import CORRECTIONS
from realcount.rendering.paths import FEEDS, contest_path, feed_path, milestones_path, region_path

ATOM_MEDIA = "application/atom+xml"

ENTRIES = 50

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""


class Entry(NamedTuple):
    """One thing that happened, as a feed tells of it. `about` is the part of its id that is its own; `path` leads to it."""

    at: str
    about: str
    title: str
    text: str
    path: str


def feed_page(
    election: Election,
    contest: Contest,
    feed: str,
    corrections: Iterable[Correction],
    milestones: Mapping[str, Sequence[Milestone]],
    *,
    edition: int,
    public_url: str,
    origin: str,
) -> Page:
    """The feed at `feed`, one of `FEEDS`. `milestones` are those of each root. `origin` is what the names of logs begin with,
    `public_url` where readers find us, without a slash at its end."""
    words = _Indonesian if FEEDS[feed] == "id" else _English
    entries = [_of_correction(contest, one, words) for one in corrections]
    entries += [_of_milestone(contest.key, root, one, words) for root, many in milestones.items() for one in many]
    newest = sorted(entries, key=lambda entry: (entry.at, entry.about), reverse=True)[:ENTRIES]
    updated = newest[0].at if newest else f"{election.held_on}T00:00:00.000Z"
    tag = f"tag:{origin.split('/')[0].lower()},{election.held_on[:4]}:{election.id}/{contest.key.contest}/{feed}"
    path = feed_path(contest.key, feed)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{FEEDS[feed]}">',
        f"<id>{_text(tag)}</id>",
        f"<title>{_text(words.feed(election, contest))}</title>",
        f"<subtitle>{_text(election.label)}</subtitle>",
        f"<updated>{updated}</updated>",
        f"<author><name>{_text(election.attribution or 'realcount')}</name></author>",
        f"<rights>{_text(election.licence)}</rights>",
        f'<link rel="self" type="{ATOM_MEDIA}" href={_attribute(public_url + path)}/>',
        f'<link rel="alternate" type="application/json" href={_attribute(public_url + contest_path(contest.key))}/>',
    ]
    for entry in newest:
        lines += [
            "<entry>",
            f"<id>{_text(f'{tag}/{entry.about}')}</id>",
            f"<title>{_text(entry.title)}</title>",
            f"<updated>{entry.at}</updated>",
            f"<published>{entry.at}</published>",
            f'<link rel="alternate" type="application/json" href={_attribute(public_url + entry.path)}/>',
            f'<content type="text">{_text(entry.text)}</content>',
            "</entry>",
        ]
    body = ("\n".join([*lines, "</feed>"]) + "\n").encode("utf-8")
    etag = f"{edition}-{hashlib.sha256(body).hexdigest()[:12]}"
    return Page(path, edition, RENDERING, etag, ATOM_MEDIA, CORRECTIONS, updated, encode_bodies(body))


class _Indonesian:
    KINDS: Mapping[str, str] = {
        "correction": "Koreksi",
        "withdrawal": "Pencabutan",
        "form": "Formulir baru",
        "recall": "Persetujuan ditarik",
    }
    VALID, INVALID, VOTERS, REASON = "Suara sah", "Suara tidak sah", "Pengguna hak pilih", "Alasan"

    @staticmethod
    def feed(election: Election, contest: Contest) -> str:
        return f"Koreksi dan tonggak penghitungan: {contest.name}, {election.name}"

    @staticmethod
    def milestone(of: Milestone) -> str:
        if of.kind == FIRST:
            return f"Formulir pertama dari {of.name} telah dihitung"
        if of.kind == COMPLETE:
            return f"Semua {of.expected} TPS di {of.name} telah dihitung"
        return f"{of.per_cent} % TPS di {of.name} telah dihitung"

    @staticmethod
    def counted(of: Milestone) -> str:
        return f"{of.approved} dari {of.expected} TPS telah dihitung."


class _English:
    KINDS: Mapping[str, str] = {
        "correction": "Correction",
        "withdrawal": "Withdrawal",
        "form": "New form",
        "recall": "Approval recalled",
    }
    VALID, INVALID, VOTERS, REASON = "Valid votes", "Invalid votes", "Voters", "Reason"

    @staticmethod
    def feed(election: Election, contest: Contest) -> str:
        return f"Corrections and milestones of the count: {contest.name}, {election.name}"

    @staticmethod
    def milestone(of: Milestone) -> str:
        if of.kind == FIRST:
            return f"The first form of {of.name} is counted"
        if of.kind == COMPLETE:
            return f"All {of.expected} polling stations of {of.name} are counted"
        return f"{of.per_cent} % of the polling stations of {of.name} are counted"

    @staticmethod
    def counted(of: Milestone) -> str:
        return f"{of.approved} of {of.expected} polling stations are counted."


_Words = type[_Indonesian] | type[_English]


def _of_correction(contest: Contest, one: Correction, words: _Words) -> Entry:
    station = one["station"]
    place = ", ".join([station["name"], *(crumb["name"] for crumb in reversed(station["path"]))])
    to = one["to"] or {}
    changes = [
        _change(option.name, _votes(one["from"], option.id), _votes(to, option.id)) for option in contest.options
    ]
    changes += [
        _change(label, one["from"][name], to.get(name))
        for name, label in (("valid", words.VALID), ("invalid", words.INVALID), ("voters", words.VOTERS))
    ]
    lines = [f"{words.REASON}: {one['reason'] or '-'}", *(change for change in changes if change)]
    title = f"{words.KINDS[one['kind']]}: {place}"
    return Entry(one["approved_at"], f"corrections/{one['sealed']}", title, "\n".join(lines), station["link"])


def _of_milestone(contest: ContestKey, root: str, one: Milestone, words: _Words) -> Entry:
    about = f"milestones/{root}/{one.region}/{one.kind}" + (f"/{one.per_cent}" if one.per_cent else "")
    return Entry(one.at, about, words.milestone(one), words.counted(one), milestones_path(region_path(contest, root)))


def _votes(version: Mapping[str, Any], option: str) -> int | None:
    votes = version.get("votes")
    return None if votes is None else votes[option]


def _change(name: str, was: int | None, now: int | None) -> str | None:
    return None if was == now else f"{name}: {'-' if was is None else was} → {'-' if now is None else now}"


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text))
