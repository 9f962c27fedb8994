"""Kinds of places that every reader of election results knows: what an election's own levels may be translated to.

The list is `ReportingUnitType` of NIST SP 1500-100 version 2, so that an election can be exported without our knowing what
a province is. A level that is none of these, or is not translated, is `other` there, and keeps its own word beside it.
"""

from __future__ import annotations

OTHER = "other"

UNIT_KINDS = (
    *("ballot-batch", "ballot-style-area", "borough", "city", "city-council", "combined-precinct"),
    *("congressional", "country", "county", "county-council", "drop-box", "judicial", "municipality"),
    *("polling-place", "precinct", "school", "special", "split-precinct", "state", "state-house"),
    *("state-senate", "town", "township", "utility", "village", "vote-center", "ward", "water", OTHER),
)
