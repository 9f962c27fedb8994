"""What all peers have in common, in the standard library: from an item of the page table to status, headers and body.

Each answers as read_results does: the stored coding that suits, a strong ETag, 304, lifetimes, and a page held for a second.
"""

import time

HELD = {}
"""Path to (until when, etag, media, max_age, bodies)."""


def page(path, fetch):
    """The page at `path`, from memory or by `fetch(path)`, which gives the item as the low-level client does, or None."""
    held = HELD.get(path)
    now = time.monotonic()
    if held is None or held[0] <= now:
        item = fetch(path)
        if item is None:
            return None
        bodies = {coding: body["B"] for coding, body in item["bodies"]["M"].items()}
        held = (now + 1, item["etag"]["S"], item["media"]["S"], item["max_age"]["N"], bodies)
        HELD[path] = held
    return held


def answer(held, accept_encoding, if_none_match):
    """(status, headers, body) of a page that is there."""
    _, etag, media, max_age, bodies = held
    coding = "br" if "br" in (accept_encoding or "") else "gzip"
    headers = {
        "ETag": f'"{etag}-{coding}"',
        "Cache-Control": f"public, max-age={max_age}, s-maxage={max_age}, stale-while-revalidate=300, stale-if-error=86400",
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match == headers["ETag"]:
        return 304, headers, b""
    return 200, {**headers, "Content-Type": media, "Content-Encoding": coding}, bodies[coding]
