"""The Atom feeds of a contest, made anew whenever a list of corrections or of milestones grew.

Nothing is remembered: the newest corrections and the milestones of the contest's roots are read where they are published.
A feed's edition is how many there are of both. If we die before, between or after the writes, the next run sees that a
feed is behind and makes it again.
"""

from __future__ import annotations

from realcount.domain.election import Contest, Election
from realcount.ports import PageCopies, PageStore
from realcount.rendering.corrections import read_corrections
from realcount.rendering.feed import feed_page
from realcount.rendering.milestones import read_milestones
from realcount.rendering.paths import FEEDS, corrections_path, feed_path, milestones_path, region_path


def write_feeds(
    election: Election, contest: Contest, *, copies: PageCopies, pages: PageStore, public_url: str, origin: str
) -> int:
    """How many feeds were written. `public_url` and `origin` as `feed_page` takes them. Raises `Unavailable`."""
    roots = {root: region_path(contest.key, root) for root in contest.roots}
    paths = [path(root) for root in roots.values() for path in (corrections_path, milestones_path)]
    feeds = {feed: feed_path(contest.key, feed) for feed in FEEDS}
    found = pages.find_all([*paths, *feeds.values()])
    lists = {root: read_corrections(found.get(corrections_path(path))) for root, path in roots.items()}
    milestones = {root: read_milestones(found.get(milestones_path(path))) for root, path in roots.items()}
    # A station can lie below several roots; its correction is one entry of the log, and one of the feed.
    corrections = {one["sealed"]: one for of in lists.values() for one in of.newest}
    edition = sum(of.count for of in lists.values()) + sum(map(len, milestones.values()))
    written = 0
    for feed, path in feeds.items():
        stored = found.get(path)
        if stored is not None and stored.edition >= edition:
            continue
        page = feed_page(
            election, contest, feed, corrections.values(), milestones,
            edition=edition, public_url=public_url, origin=origin,
        )  # fmt: skip
        copies.keep(page)
        pages.put(page)
        written += 1
    return written
