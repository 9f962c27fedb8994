"""The parts of paths that are not fixed, and the headers of requests and answers."""

from __future__ import annotations

from collections.abc import Mapping

from realcount.cli.openapi.values import ID

_ID = {"type": "string", "pattern": ID}

PATH_PARAMETERS: Mapping[str, tuple[str, Mapping[str, object], str]] = {
    "election": ("Id of an election.", _ID, "demo-2029"),
    "contest": ("Id of a contest of the election.", _ID, "ppwp"),
    "region": ("Id of a region.", _ID, "V1"),
    "station": ("Id of a polling station.", _ID, "S1"),
    "date": ("A date on which an election was held.", {"type": "string", "format": "date"}, "2029-04-17"),
    "edition": ("Number of an edition.", {"type": "integer", "minimum": 0}, "3"),
    "chunk": ("Number of a full chunk, from 1: the oldest.", {"type": "integer", "minimum": 1}, "1"),
    "part": ("Number of a part of a list; the first part has no number.", {"type": "integer", "minimum": 2}, "2"),
    "prefix": (
        "Up to eight letters and digits, spelled as in the links that `more` has; then, from part 2 on, `.` and the number of the part.",
        {"type": "string", "pattern": r"^([a-z0-9]|_[0-9a-f]{2,5}_){1,8}(\.[0-9]+)?$"},
        "upper",
    ),
    "document": ("Name of a document.", _ID, "ppwp.json"),
    "id": ("Name of a document: an id and `.json`.", _ID, "0.json"),
    "upload": (
        "Id of an upload, as its grant has it.",
        {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        "q6pc7m2x",
    ),
}
"""Name to description, schema and an example."""

_BOOLEAN = {"enum": ["true", "false"]}
QUERIES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "level": ("Units below the root, too.", {"enum": ["state", "ru", "district", "fipscode"]}),
    "officeID": ("Ids of contests, with commas between them.", {"type": "string"}),
    "raceID": ("Ids of races, with commas between them.", {"type": "string"}),
    "statePostal": ("`US` is all there is.", {"type": "string"}),
    "national": ("Races of the topmost level alone, or all others.", _BOOLEAN),
    "test": ("Races of invented elections alone.", _BOOLEAN),
    "setzerocounts": ("Votes and precincts are zeros.", _BOOLEAN),
    "omitResults": ("Candidates without units.", _BOOLEAN),
    "minDateTime": ("Only races with changes after it.", {"type": "string"}),
    "format": ("There is no XML.", {"enum": ["json"]}),
}
"""Parameters that the answers in AP's shape go by: name to description and schema."""

IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "ETags of what you hold (RFC 9110); 304 if it is still so. Anything that is no tag is ignored.",
    "schema": {"type": "string"},
}
ACCEPT_ENCODING = {
    "name": "Accept-Encoding",
    "in": "header",
    "required": False,
    "description": "Codings that you take, with weights: `br`, `gzip`, `identity`.",
    "schema": {"type": "string"},
}


def _header(description: str, schema: Mapping[str, object] | None = None, *, always: bool = True) -> dict[str, object]:
    return {"description": description, "required": always, "schema": dict(schema or {"type": "string"})}


HEADERS: Mapping[str, Mapping[str, object]] = {
    "ETag": _header("Strong; one for each coding.", {"type": "string", "pattern": '^(W/)?"[^"]+"$'}),
    "Cache-Control": _header("How long it may be kept."),
    "Vary": _header("`Accept-Encoding`."),
    "Content-Encoding": _header("The coding of the body.", {"enum": ["br", "gzip"]}, always=False),
    "Last-Modified": _header("When the latest event on it happened; absent while nothing has.", always=False),
    "Link": _header("The document that this one goes on in, or what describes it (RFC 8288).", always=False),
    "Location": _header("Where to ask what became of it.", always=False),
    "Allow": _header("What may be asked instead."),
    "Retry-After": _header("Seconds.", {"type": "string", "pattern": "^[0-9]+$"}, always=False),
    "Access-Control-Allow-Origin": _header(
        "`*`, to whoever names an `Origin`; through the edge always.", {"const": "*"}, always=False
    ),
}
