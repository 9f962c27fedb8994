"""How long readers wait, by a small sample: enough to see a wrong order of magnitude, too small to judge a tail by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench.confirm.findings import SEEN, UNSEEN, Finding, check
from bench.confirm.polite import Guest, Spent
from bench.confirm.walk import Place


def sample(what: str, guest: Guest, places: list[Place], count: int) -> list[Finding]:
    """So many requests over the pages in turn: errors, what the cache did, median and 99th percentile."""
    seconds, statuses, caches = [], Counter[int](), Counter[str]()
    try:
        for number in range(count):
            found = guest.ask(places[number % len(places)].path, {"Accept-Encoding": "br"})
            statuses[found.status] += 1
            caches[found.cache or "no X-Cache"] += 1
            seconds.append(found.seconds)
    except Spent:
        pass
    if not seconds:
        return [Finding(f"{what}: how long it takes", UNSEEN, "all announced requests were made before")]
    failed = {status: number for status, number in statuses.items() if status != 200}
    told = f"p50 {quantile(seconds, 0.5):.0f} ms, p99 {quantile(seconds, 0.99):.0f} ms of {len(seconds)}"
    return [
        check(f"{what}: every answer is 200", not failed, failed or f"{len(seconds)} of {len(seconds)}", "all"),
        Finding(f"{what}: how long it takes", SEEN, told),
        Finding(
            f"{what}: what the cache did", SEEN, ", ".join(f"{name} {number}" for name, number in caches.most_common())
        ),
    ]


def quantile(seconds: Sequence[float], share: float) -> float:
    """In milliseconds: the smallest that at least this share of all does not exceed."""
    ordered = sorted(seconds)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] * 1000
