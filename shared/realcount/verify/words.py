"""What a proof shows, in plain words, in English and Indonesian. Only what was checked is said, and what was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from realcount.verify.proof import Shown

LANGUAGES = ("en", "id")


class _Words(NamedTuple):
    form: str
    withdrawal: str
    votes: str
    kinds: Mapping[str, str]
    signed: str
    inside: str
    way: str
    step: str
    total: str
    not_shown: str
    unreached: str
    scan: str
    not_proven: str
    no_proof: str


_EN = _Words(
    form="The {kind} of polling station {station} (contest {contest}, version {version}) is entry {index} of the public log.",
    withdrawal="It says that the station has no valid form; its votes count for nobody.",
    votes="It gives: {votes}; valid {valid}, invalid {invalid}.",
    kinds={"form": "form", "correction": "corrected form", "withdrawal": "withdrawal"},
    signed="{submitter} submitted it and {approver}, another person, approved it. Both signatures hold, by keys that the log had registered before.",
    inside="The log of {size} entries that it stands in is signed by {log}.",
    way="Its votes are in every total above the station, up to the one that was signed at {at}:",
    step="{unit}: {stations} stations, {votes}",
    total="Nobody on the way added or left out anything: each total is the sum of exactly what it lists.",
    not_shown=(
        "This cannot show whether the form says what the paper says: compare the scan. Nor whether a key had been revoked, "
        "or what came after entry {last}: the whole log shows that."
    ),
    unreached="It does not show that {keys} may sign for this station: see the whole log.",
    scan="{file} is a scan that both of them signed for: compare what it says with these numbers.",
    not_proven="THIS PROOF DOES NOT HOLD. Do not rely on it; show it to others.",
    no_proof="No proof could be made from this log.",
)
_ID = _Words(
    form="{kind} dari TPS {station} (pemilihan {contest}, versi {version}) adalah entri ke-{index} dalam log publik.",
    withdrawal="Isinya: TPS ini tidak mempunyai formulir yang sah; suaranya tidak dihitung untuk siapa pun.",
    votes="Isinya: {votes}; suara sah {valid}, tidak sah {invalid}.",
    kinds={"form": "Formulir", "correction": "Formulir perbaikan", "withdrawal": "Penarikan formulir"},
    signed="{submitter} mengirimkannya dan {approver}, orang lain, menyetujuinya. Kedua tanda tangan benar, dengan kunci yang sudah terdaftar dalam log.",
    inside="Log berisi {size} entri yang memuatnya ditandatangani oleh {log}.",
    way="Suaranya termasuk dalam setiap jumlah di atas TPS ini, sampai jumlah yang ditandatangani pada {at}:",
    step="{unit}: {stations} TPS, {votes}",
    total="Tidak ada yang ditambah atau dihilangkan di jalan: setiap jumlah adalah jumlah tepat dari yang tercantum.",
    not_shown=(
        "Ini tidak membuktikan bahwa formulir sama dengan kertasnya: bandingkan pindaiannya. Juga tidak apakah suatu kunci "
        "sudah dicabut, atau apa yang terjadi setelah entri {last}: itu terlihat dari seluruh log."
    ),
    unreached="Ini tidak membuktikan bahwa {keys} berwenang untuk TPS ini: lihat seluruh log.",
    scan="{file} adalah pindaian yang ditandatangani oleh keduanya: bandingkan isinya dengan angka ini.",
    not_proven="BUKTI INI TIDAK BENAR. Jangan mengandalkannya; tunjukkan kepada orang lain.",
    no_proof="Bukti tidak dapat dibuat dari log ini.",
)
_WORDS: Mapping[str, _Words] = {"en": _EN, "id": _ID}


def in_words(shown: Shown, language: str) -> list[str]:
    """Lines that say what was shown. `language` is one of `LANGUAGES`."""
    words = _WORDS[language]
    form, review, sums = shown.form.form, shown.form.review, shown.sums
    lines = [
        words.form.format(
            kind=words.kinds[form.kind],
            station=form.station,
            contest=form.contest,
            version=form.version,
            index=shown.index,
        )
    ]
    if form.kind == "withdrawal":
        lines.append(words.withdrawal)
    else:
        given = _votes(shown, sums.votes, language)
        lines.append(words.votes.format(votes=given, valid=sums.valid, invalid=sums.invalid))
    lines.append(words.signed.format(submitter=form.key, approver=review.key))
    checkpoint = shown.word.checkpoint
    lines.append(words.inside.format(size=_number(checkpoint.size, language), log=checkpoint.origin))
    lines.append(words.way.format(at=shown.snapshot.at))
    for unit, total in shown.way:
        votes = _votes(shown, total.votes, language)
        lines.append("  " + words.step.format(unit=unit, stations=_number(total.stations, language), votes=votes))
    lines.append(words.total)
    lines.append(words.not_shown.format(last=_number(checkpoint.size - 1, language)))
    if shown.unreached:
        lines.append(words.unreached.format(keys=", ".join(shown.unreached)))
    return lines


def scan_in_words(file: str, language: str) -> str:
    return _WORDS[language].scan.format(file=file)


def not_proven(language: str) -> str:
    return _WORDS[language].not_proven


def no_proof(language: str) -> str:
    return _WORDS[language].no_proof


def _votes(shown: Shown, votes: tuple[int, ...], language: str) -> str:
    return ", ".join(f"{option} {_number(count, language)}" for option, count in zip(shown.options, votes, strict=True))


def _number(value: int, language: str) -> str:
    return f"{value:,}" if language == "en" else f"{value:,}".replace(",", ".")
