"""Why a form is not taken, in plain words, Indonesian and English: for each code of a refusal or problem of the API."""

from __future__ import annotations

from collections.abc import Mapping

from realcount.officials.finding_words import EN, ID

_WORDS: Mapping[str, tuple[str, str]] = {
    # What a statement is refused for.
    "too-large": ("terlalu besar", "is too large"),
    "not-signed": ("bukan dokumen bertanda tangan", "is no signed document"),
    "bad-signature": ("tanda tangannya tidak cocok", "the signature does not hold"),
    "not-canonical": ("tidak dalam bentuk baku", "is not in canonical form"),
    "bad-type": ("bukan jenis yang benar", "is not of the right kind"),
    "missing-field": ("tidak ada", "is missing"),
    "unknown-field": ("tidak dikenal", "is not known"),
    "bad-value": ("isinya tidak mungkin", "cannot be what it is"),
    "stale-request": ("permintaan sudah lewat sepuluh menit; periksa jam", "the request is ten minutes old; check the clock"),
    "not-as-granted": ("berbeda dari izin unggah", "differs from what was granted"),
    "wrong-bytes": ("berkas yang tiba bukan berkas yang ditandatangani", "the file that arrived is not the signed one"),
    "unknown-option": ("bukan pilihan dalam pemilihan ini", "is not an option of this contest"),
    "scan-missing": ("pindaian tidak terunggah", "the scan was not uploaded"),
    "scan-unnamed": ("pindaian tidak disebut dalam formulir", "the form does not name the scan"),
    "bad-image": ("bukan foto JPEG atau PNG yang dapat dibuka", "is no JPEG or PNG that can be opened"),
    "wrong-version": (
        "TPS ini sudah mempunyai formulir lain; lihat halamannya, lalu kirim perbaikan bila perlu",
        "the station has another form already; look at its page, then send a correction if one is needed",
    ),
    "not-found": ("tidak ada dalam pemilihan ini", "does not exist in this election"),
    # What a signer is refused for.
    "unknown-key": ("kunci ini belum terdaftar; hubungi panitera kunci", "this key is not registered: ask the registrar"),
    "not-yet-valid": ("masa berlaku kunci belum mulai", "the key's time has not begun"),
    "expired": ("masa berlaku kunci sudah habis", "the key has expired"),
    "revoked": ("kunci ini sudah dicabut", "the key has been revoked"),
    "wrong-role": ("kunci ini bukan untuk tugas ini", "this key has another role"),
    "out-of-scope": ("kunci ini tidak berlaku untuk TPS ini", "this key does not speak for this station"),
    "same-holder": ("pengirim tidak boleh menyetujui formulirnya sendiri", "nobody decides on a form of their own"),
    "intake-closed": ("formulir sedang tidak diterima", "no forms are taken at present"),
    "conflict": ("sudah diputuskan, atau sudah ada versi baru", "was decided already, or has a newer version"),
    # What this side finds by itself.
    "damaged": ("berkas di kotak keluar rusak", "the file in the outbox is damaged"),
    "bad-receipt": ("tanda terima tidak cocok dengan formulir", "the receipt does not fit the form"),
    "taken": (
        "kotak keluar sudah berisi formulir TPS ini dengan angka lain; jika salah, kirim perbaikan dengan alasan",
        "the outbox has a form of this station with other numbers; if that is wrong, send a correction with a reason",
    ),
    "nothing-to-correct": ("belum ada formulir yang dapat diperbaiki", "there is no form to correct"),
    "no-file": ("berkas tidak dapat dibaca", "the file cannot be read"),
    "twice": ("TPS ini tercantum dua kali", "the station is listed twice"),
}  # fmt: skip
CODES = frozenset(_WORDS)
"""Every code that has words."""


def refusal_in_words(code: str, field: str, detail: str, language: str) -> str:
    """One line: what it is about, why, and what exactly. `detail` is as it was written, which is in English."""
    indonesian, english = _WORDS.get(code, ("ditolak", "is refused"))
    said = {ID: indonesian, EN: english}[language]
    return f"{f'{field}: ' if field else ''}{said}{f' ({detail})' if detail else ''} [{code}]"
