"""Half of the questions are about what there is in the small election: an id drawn from its pattern alone is never one."""

from __future__ import annotations

from zlib import crc32

import schemathesis

THERE = {
    "election": ("e19",),
    "contest": ("ppwp", "dpr"),
    "region": ("N", "P1", "V1", "D1"),
    "station": ("S1", "S2", "S6"),
    "date": ("2019-04-17",),
    "edition": (0, 3, 5),
    "chunk": (1,),
    "document": ("ppwp.json", "partai.json"),
}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if not isinstance(path_parameters, dict):
        return path_parameters
    drawn = crc32(repr(sorted(path_parameters.items(), key=str)).encode("utf-8", "replace"))
    if drawn % 2:
        return path_parameters
    return {
        name: THERE[name][drawn // 2 % len(THERE[name])] if name in THERE else value
        for name, value in path_parameters.items()
    }
