"""Which environment variables a function needs, by the ports it stands on.

Pure: the environment is handed in by `wiring`. A function gets the variables of its own ports and no others, so its
line below is also what its role must allow (the template's test holds the two together).
"""

from __future__ import annotations

from collections.abc import Mapping

VARIABLES: Mapping[str, str] = {
    "TABLE_ELECTIONS": "table of elections, contests and units",
    "TABLE_KEYS": "table of officials' keys",
    "TABLE_UPLOADS": "table of granted uploads",
    "TABLE_FORMS": "table of forms, reviews and heads: the ledger",
    "TABLE_TALLY": "table of rows, one for each child of each region",
    "TABLE_PAGES": "table of rendered pages",
    "BUCKET_UPLOADS": "bucket that officials' files land in",
    "BUCKET_EVIDENCE": "bucket of the scans of accepted forms",
    "BUCKET_PUBLISHED": "bucket of the public log, and of the last good copies of pages for the edge to fall back on",
    "LOG_KEY": "KMS key that signs the public log",
    "RECEIPT_KEY": "KMS key that signs receipts for officials",
    "LOG_ORIGIN": "what the names of the logs of all elections begin with",
    "PARAMETER_WITNESSES": "SSM parameter that names the log's witnesses and how many are a quorum",
    "PARAMETER_INTAKE": "SSM parameter that opens and closes intake",
    "PUBLIC_URL": "the address that readers know us by",
}

VARIABLES_OF: Mapping[str, tuple[str, ...]] = {
    "elections": ("TABLE_ELECTIONS",),
    "keys": ("TABLE_KEYS",),
    "verifier": (),
    "uploads": ("TABLE_UPLOADS",),
    "bucket": ("BUCKET_UPLOADS",),
    "inspector": (),
    "evidence": ("BUCKET_EVIDENCE",),
    "forms": ("TABLE_FORMS", "TABLE_KEYS"),
    "tallies": ("TABLE_TALLY",),
    "pages": ("TABLE_PAGES",),
    "page_reader": ("TABLE_PAGES",),
    "copies": ("BUCKET_PUBLISHED",),
    "editions": ("BUCKET_PUBLISHED",),
    "logs": ("TABLE_FORMS", "BUCKET_PUBLISHED"),
    "signers": ("LOG_KEY", "LOG_ORIGIN"),
    "log_keys": ("LOG_KEY", "LOG_ORIGIN"),
    "receipts": ("RECEIPT_KEY", "LOG_ORIGIN"),
    "receipt_keys": ("RECEIPT_KEY", "LOG_ORIGIN"),
    "witnessed_logs": ("BUCKET_PUBLISHED",),
    "published_logs": ("BUCKET_PUBLISHED",),
    "bulk": ("BUCKET_PUBLISHED",),
    "witness_roll": ("PARAMETER_WITNESSES",),
    "witness": (),
    "intake": ("PARAMETER_INTAKE",),
    "public_url": ("PUBLIC_URL",),
    "log_origin": ("LOG_ORIGIN",),
}
"""What the adapter of each port has to be told."""

PORTS_OF: Mapping[str, tuple[str, ...]] = {
    "grant_upload": ("elections", "keys", "verifier", "uploads", "bucket", "intake"),
    "track_upload": ("uploads",),
    "receive_form": (
        *("elections", "keys", "verifier", "uploads", "bucket"),
        *("inspector", "evidence", "forms", "receipts"),
    ),
    "review_form": ("elections", "keys", "verifier", "forms"),
    "seal_forms": ("elections", "keys", "forms", "logs", "signers"),
    "seal_totals": ("elections", "logs", "signers"),
    "ask_witnesses": (
        *("elections", "witnessed_logs", "log_keys", "receipt_keys", "witness_roll", "witness"),
        *("copies", "pages"),
    ),
    "count_form": ("elections", "forms", "tallies"),
    "roll_up": ("elections", "tallies"),
    "publish_results": ("elections", "forms", "tallies", "editions", "copies", "pages"),
    "record_history": ("elections", "copies", "pages"),
    "list_corrections": ("elections", "forms", "logs", "copies", "pages", "public_url", "log_origin"),
    "list_flagged": ("elections", "tallies", "copies", "pages"),
    "read_results": ("page_reader",),
    "read_proof": ("elections", "forms", "logs"),
    "read_races": ("page_reader", "public_url"),
    "translate_results": ("page_reader", "public_url"),
    "sweep_tally": ("elections", "forms", "tallies", "editions", "copies", "pages"),
    "export_bulk": ("elections", "published_logs", "log_keys", "bulk", "copies", "pages"),
    "export_nist": ("elections", "published_logs", "log_keys", "bulk", "copies", "pages"),
    "recount": ("elections", "uploads", "forms", "tallies", "pages", "logs", "signers"),
}
"""The functions in the order a form travels them, and the ports each stands on."""


class SettingsMissing(LookupError):
    """The set-up of a function is incomplete. Names every missing variable, what it is for, and the function."""


def variables_of(function: str) -> tuple[str, ...]:
    """The variables a function needs, each once, in the order of `VARIABLES`. Raises `KeyError` for no function of ours."""
    needed = {name for port in PORTS_OF[function] for name in VARIABLES_OF[port]}
    return tuple(name for name in VARIABLES if name in needed)


def settings_of(function: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The function's settings out of the environment. An empty value is a missing one. Raises `SettingsMissing`."""
    needed = variables_of(function)
    missing = [name for name in needed if not environ.get(name)]
    if missing:
        named = ", ".join(f"{name} ({VARIABLES[name]})" for name in missing)
        raise SettingsMissing(f"{function} cannot start: set the environment variables {named}")
    return {name: environ[name] for name in needed}
