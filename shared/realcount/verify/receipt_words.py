"""What a receipt shows, in plain words, in English and Indonesian: what it proves, and what neither it nor a log can."""

from __future__ import annotations

from collections.abc import Mapping

from realcount.domain.log.receipts import Receipt
from realcount.verify.receipt import ABSENT, CONTRADICTED, ENTRY, OVERDUE, RECALLED, SUPERSEDED, Standing

_HELD: Mapping[str, str] = {
    "en": "{name} signed that it received version {version} of the form of polling station {station} (contest {contest}), "
    "submitted with the key {key}, at {at}. Its SHA-256 is {form}.",
    "id": "{name} menandatangani bahwa versi {version} formulir TPS {station} (pemilihan {contest}), yang dikirim dengan kunci "
    "{key}, telah diterima pada {at}. SHA-256-nya {form}.",
}
_NOT_HELD: Mapping[str, str] = {
    "en": "THIS IS NO RECEIPT BY THAT KEY. Do not rely on it.",
    "id": "INI BUKAN TANDA TERIMA DARI KUNCI TERSEBUT. Jangan mengandalkannya.",
}
_UNREAD: Mapping[str, str] = {
    "en": "Whether the form is in the log was not found out.",
    "id": "Apakah formulir itu ada dalam log tidak dapat diketahui.",
}
_IN_LOG: Mapping[str, Mapping[str, str]] = {
    "en": {
        ENTRY: "It is entry {index} of the public log of {size} entries, and the newest of its station there.",
        SUPERSEDED: "It is entry {index} of the public log of {size} entries. Version {later} has come after it, and counts instead.",
        RECALLED: "It is entry {index} of the public log of {size} entries, and entry {later} recalls it: a key that signed it is not "
        "trusted. It does not count until another official has approved it.",
        ABSENT: "It is not in the public log of {size} entries yet. That is as it should be until a second official has approved it.",
        OVERDUE: "It is NOT in the public log of {size} entries, though it was received long ago. If a second official has approved it, that is a breach: show this receipt. If it was returned or waits, "
        "it is none; neither receipt nor log knows, the station's page says.",
        CONTRADICTED: "ANOTHER FORM stands in the public log as this version, at entry {index}. Whatever was approved, both cannot "
        "be true: show this receipt, and the log.",
    },
    "id": {
        ENTRY: "Formulir itu adalah entri ke-{index} dari {size} entri log publik, dan yang terbaru dari TPS-nya di sana.",
        SUPERSEDED: "Formulir itu adalah entri ke-{index} dari {size} entri log publik. Sesudahnya ada versi {later}, yang dihitung.",
        RECALLED: "Formulir itu adalah entri ke-{index} dari {size} entri log publik, dan entri ke-{later} menarik persetujuannya: kunci "
        "yang menandatanganinya tidak lagi dipercaya. Formulir itu tidak dihitung sampai petugas lain menyetujuinya.",
        ABSENT: "Formulir itu belum ada dalam log publik ({size} entri). Itu wajar sampai petugas kedua menyetujuinya.",
        OVERDUE: "Formulir itu TIDAK ada dalam log publik ({size} entri), padahal sudah lama diterima. Jika petugas kedua sudah menyetujuinya, itu pelanggaran: tunjukkan tanda terima ini. Jika "
        "dikembalikan atau masih menunggu, bukan; tanda terima dan log tidak mengetahuinya, halaman TPS menyebutkannya.",
        CONTRADICTED: "FORMULIR LAIN tercatat dalam log publik sebagai versi ini, pada entri ke-{index}. Keduanya tidak mungkin "
        "benar: tunjukkan tanda terima ini, dan log itu.",
    },
}


def receipt_in_words(receipt: Receipt | None, standing: Standing | None, asked: bool, language: str) -> list[str]:
    """`asked`: whether a log was to be looked at."""
    if receipt is None:
        return [_NOT_HELD[language]]
    held = _HELD[language].format(
        name=receipt.name, version=receipt.version, station=receipt.station, contest=receipt.contest,
        key=receipt.key, at=receipt.received_at, form=receipt.form,
    )  # fmt: skip
    if not asked:
        return [held]
    if standing is None:
        return [held, _UNREAD[language]]
    said = _IN_LOG[language][standing.state]
    return [held, said.format(index=standing.index, size=standing.size, later=standing.later)]
