"""The pages for browsers, as they lie in the bucket of what is published: `check/`, on which anybody checks one station, and
`docs/`, the API to read."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECK = "check"
DOCS = "docs"
INDEX = "index.html"
KEYS = "keys.json"

LIFETIME = "public, max-age=60, s-maxage=60, stale-while-revalidate=600, stale-if-error=86400"
"""Short: a page and its scripts are replaced one after another, and must fit together again soon."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}


def web_files(folder: Path, keys: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
    """Name, content and media type of each file of the pages in `folder`. A page's index comes last: by then all it
    names is there. `keys` are the public keys of the logs that /check/ goes by, as `name+id+key`."""
    yield f"{CHECK}/{KEYS}", json.dumps({"keys": list(keys)}).encode(), "application/json"
    for page in (CHECK, DOCS):
        for file in sorted((folder / page).iterdir(), key=lambda file: (file.name == INDEX, file.name)):
            media = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            yield f"{page}/{file.name}", file.read_bytes(), media


def put_web_files(s3: S3Client, folder: Path, bucket: str, keys: Sequence[str]) -> list[str]:
    """Put them into the bucket, over whatever lies there; returns their names. May be repeated at any time."""
    names = []
    for name, content, media in web_files(folder, keys):
        s3.put_object(Bucket=bucket, Key=name, Body=content, ContentType=media, CacheControl=LIFETIME)
        names.append(name)
    return names
