"""A form that waits as a second official sees it: numbers, findings in words, and where its scans are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from realcount.cli.officials_options import Voice
from realcount.officials.finding_words import all_in_words, field_in_words, in_words, number
from realcount.officials.waiting import Waiting, scans_in
from realcount.officials.words import age_in_words, say


def show_waiting(one: Waiting, now: str, options: Mapping[str, str], scans: Path | None, voice: Voice) -> None:
    """A few lines: which it is, for how long, what is odd, and the scans."""
    language, findings = voice.language, one.findings()
    flags = say("flags", language, count=len(findings)) if findings else ""
    age = age_in_words(one.age(now), language)
    voice.say("waiting", station=one.station, version=one.version["version"], where=one.where, age=age, flags=flags)
    for said_of_it in all_in_words(findings, language, options):
        voice.say("finding", said=said_of_it)
    _show_scans(one, scans, voice)


def show_missing_scans(found: Sequence[Waiting], scans: Path | None, voice: Voice) -> None:
    """Once, where some were not found: the API publishes their hashes alone."""
    if any(len(_files(one, scans)) < len(one.version["scans"]) for one in found):
        voice.say("scan-nowhere")


def show_version(one: Waiting, now: str, options: Mapping[str, str], scans: Path | None, voice: Voice) -> None:
    """All of it."""
    version, language = one.version, voice.language
    show_waiting(one, now, options, scans, voice)
    if version["kind"] != "form":
        what = "corrects" if version["kind"] == "correction" else "withdraws"
        voice.say(what, version=version["version"] - 1, reason=version["reason"])
    numbers = {f"votes.{option}": count for option, count in version["votes"].items()} | version["figures"]
    for name, count in numbers.items():
        value = "–" if count is None else number(count, language)
        voice.say("figure", name=field_in_words(name, language, options), value=value)
    show_missing_scans([one], scans, voice)
    voice.say("form-hash", hash=version["hash"], by=version["submitted_by"])


def waiting_document(
    one: Waiting, now: str, options: Mapping[str, str], scans: Path | None, language: str
) -> dict[str, object]:
    files = _files(one, scans)
    return {
        "station": one.station,
        "where": one.where,
        "age_seconds": one.age(now),
        **{
            name: one.version[name] for name in ("version", "kind", "hash", "reason", "received_at", "votes", "figures")
        },
        "submitted_by": one.version["submitted_by"],
        "findings": [{"code": f.code, "words": in_words(f, language, options)} for f in one.findings()],
        "scans": [{**scan, "file": files.get(scan["sha256"])} for scan in one.version["scans"]],
    }


def _files(one: Waiting, scans: Path | None) -> dict[str, str]:
    wanted = {str(scan["sha256"]) for scan in one.version["scans"]}
    return {} if scans is None else {digest: str(file) for digest, file in scans_in(scans, wanted).items()}


def _show_scans(one: Waiting, scans: Path | None, voice: Voice) -> None:
    """The API publishes hashes of scans, and no scans: who has the file is told whether it is the one that was signed for."""
    files = _files(one, scans)
    for scan in one.version["scans"]:
        page = say("page-of", voice.language, page=scan["page"]) if scan["page"] else ""
        voice.say("scan", sha256=scan["sha256"], bytes=scan["bytes"], page=page)
        if scan["sha256"] in files:
            voice.say("scan-at", file=files[scan["sha256"]])
