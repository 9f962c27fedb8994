"""Which uploads an S3 event concerns. The event says no more than that: what lies there is looked at by the use case."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3Event

log = logging.getLogger(__name__)


def uploads_in(event: Mapping[str, Any], upload_of: Callable[[str], str]) -> tuple[str, ...]:
    """The distinct uploads whose objects an event names, in order.

    S3 writes keys form-encoded into its events (`+` for a space); they are decoded here. `upload_of` reads an upload's
    id out of a key and raises `ValueError` for an object that belongs to none: those are left alone.
    """
    uploads: dict[str, None] = {}
    for record in S3Event(dict(event)).records:
        key = unquote_plus(record.s3.get_object.key)
        try:
            uploads[upload_of(key)] = None
        except ValueError as error:
            log.warning("left alone: %s", error)
    return tuple(uploads)
