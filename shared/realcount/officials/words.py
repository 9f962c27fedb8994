"""What officials are told, Indonesian and English."""

from __future__ import annotations

from collections.abc import Mapping

from realcount.officials.finding_words import EN, ID, number

_WORDS: Mapping[str, tuple[str, str]] = {
    "practice": ("*** LATIHAN: {label}. Angka ini tidak dihitung. ***", "*** PRACTICE: {label}. These numbers do not count. ***"),
    "not-practice": (
        "{election} bukan latihan: labelnya {label!r}. Tidak ada yang ditandatangani",
        "{election} is no practice: its label is {label!r}. Nothing was signed",
    ),
    "no-frame": (
        "pilihan dan isian pemilihan ini belum tersimpan di sini dan tidak ada sambungan. Jalankan `realcount outbox prepare` selagi ada sambungan",
        "options and figures of the contest are not kept here, and there is no line. Run `realcount outbox prepare` while there is one",
    ),
    "form": ("TPS {station}, {name} ({where}), {contest}", "station {station}, {name} ({where}), {contest}"),
    "numbers": ("  suara: {votes}; sah {valid}, tidak sah {invalid}", "  votes: {votes}; valid {valid}, invalid {invalid}"),
    "scans": ("  pindaian: {count}", "  scans: {count}"),
    "finding": ("  ! {said}", "  ! {said}"),
    "unknown": (
        "  ! TPS ini belum pernah terlihat di sini: daftar pemilihnya tidak dapat diperiksa",
        "  ! this station was never seen here: its register cannot be checked",
    ),
    "outside": (
        "  ! kunci Anda tampaknya tidak berlaku untuk TPS ini",
        "  ! your key does not seem to speak for this station",
    ),
    "ask": (
        "Formulir bertanda ! akan tampil sebagai janggal. Sudah sama dengan kertasnya? Tanda tangani dan kirim?",
        "Forms with ! will be shown as flagged. Are they as the paper says? Sign and send?",
    ),
    "not-asked": (
        "ada formulir yang akan tampil sebagai janggal; periksa, lalu ulangi dengan --yes. Tidak ada yang ditandatangani",
        "some forms would be flagged: check them, and repeat with --yes. Nothing was signed",
    ),
    "refused": (
        "yang harus diperbaiki dahulu: {count}. Tidak ada yang ditandatangani",
        "to be corrected first: {count}. Nothing was signed",
    ),
    "kept": (
        "TPS {station} versi {version}: ditandatangani dan tersimpan. Catat di kertas Anda: {hash}",
        "station {station} version {version}: signed and kept. Write on your paper: {hash}",
    ),
    "all-there": (
        "{count} formulir sudah ditandatangani sebelumnya: tidak ditandatangani lagi",
        "{count} forms were signed before, and are not signed again",
    ),
    "no-line": (
        "Tidak ada sambungan ke {base} ({said}). Semua tersimpan dengan aman di {outbox}. Nanti: realcount outbox send",
        "There is no line to {base} ({said}). All is kept safely in {outbox}. Later: realcount outbox send",
    ),
    "closed": (
        "{base} sedang tidak menerima formulir: {said}. Semua tersimpan di {outbox}",
        "{base} takes no forms at present: {said}. All is kept in {outbox}",
    ),
    "all-done": (
        "Tanda terima: {total} dari {total}, di {outbox}",
        "Receipts: {total} of {total}, in {outbox}",
    ),
    "not-done": (
        "Tanda terima: {done} dari {total}; {waiting} belum terkirim (nanti: realcount outbox send), {trouble} bermasalah",
        "Receipts: {done} of {total}; {waiting} are not sent yet (later: realcount outbox send), {trouble} are in trouble",
    ),
    "empty": ("Kotak keluar {outbox} kosong", "The outbox {outbox} is empty"),
    "prepared": (
        "{contest}: {options} pilihan, {stations} TPS tersimpan untuk bekerja tanpa sambungan",
        "{contest}: {options} options, {stations} stations kept for work without a line",
    ),
    # States of what lies in the outbox.
    "ready": ("siap dikirim", "ready to be sent"),
    "sending": ("sedang dikirim: {posted} dari {files} berkas", "being sent: {posted} of {files} files"),
    "awaiting": ("terkirim, menunggu jawaban", "sent, no answer yet"),
    "held": ("TERTAHAN: {why}", "HELD: {why}"),
    "accepted": ("diterima {at}, tanda terima tersimpan", "accepted at {at}, receipt kept"),
    "rejected": ("DITOLAK: {why}", "REJECTED: {why}"),
    # What the public says of a form with a receipt.
    "sealed": (
        "disetujui; entri ke-{entry} dari {size} dalam log publik",
        "approved; entry {entry} of {size} in the public log",
    ),
    "superseded": (
        "entri ke-{entry} dalam log publik; versi {later} sesudahnya yang dihitung",
        "entry {entry} in the public log; version {later} has come after it and counts instead",
    ),
    "approved": ("disetujui {age} lalu, segera masuk log publik", "approved {age} ago, soon in the public log"),
    "waits": ("diterima {age} lalu, menunggu petugas kedua", "received {age} ago, waits for a second official"),
    "returned": (
        "DIKEMBALIKAN oleh petugas kedua: {reason}. Kirim perbaikan",
        "RETURNED by the second official: {reason}. Send a correction",
    ),
    "unread": ("tanda terima sah; halaman dan log tidak dapat dibaca", "the receipt holds; page and log could not be read"),
    "log-unread": ("Log publik tidak dapat dibaca: {why}", "The public log could not be read: {why}"),
    "unpinned": (
        "kunci tanda terima belum diketahui; jalankan lagi bila ada sambungan",
        "the key of receipts is not known yet; run this again when there is a line",
    ),
    "bad-receipt": (
        "TANDA TERIMA TIDAK DITANDATANGANI DENGAN KUNCI YANG DIUMUMKAN",
        "THE RECEIPT IS NOT SIGNED BY THE PUBLISHED KEY",
    ),
    "contradicted": (
        "FORMULIR LAIN ADA DALAM LOG PUBLIK sebagai versi ini, entri ke-{entry}: tunjukkan tanda terima Anda",
        "ANOTHER FORM IS IN THE PUBLIC LOG as this version, entry {entry}: show your receipt",
    ),
    "not-in-log": (
        "TIDAK ADA DALAM LOG PUBLIK, padahal disetujui {age} lalu dan yang dijanjikan 2 menit: tunjukkan tanda terima Anda",
        "NOT IN THE PUBLIC LOG, though approved {age} ago and promised within 2 minutes: show your receipt",
    ),
    "not-on-page": (
        "HALAMAN TPS TIDAK MENGENALNYA, padahal diterima {age} lalu: tunjukkan tanda terima Anda",
        "THE STATION'S PAGE DOES NOT KNOW IT, though received {age} ago: show your receipt",
    ),
    "other-on-page": (
        "HALAMAN TPS MENAMPILKAN FORMULIR LAIN sebagai versi ini ({hash}): tunjukkan tanda terima Anda",
        "THE STATION'S PAGE SHOWS ANOTHER FORM as this version ({hash}): show your receipt",
    ),
    # Reviews.
    "nothing-waits": ("Tidak ada yang menunggu di {place}", "Nothing waits in {place}"),
    "waiting": (
        "TPS {station} versi {version} ({where}): menunggu {age}{flags}",
        "station {station} version {version} ({where}): waits for {age}{flags}",
    ),
    "flags": (", {count} kejanggalan", ", {count} findings"),
    "corrects": ("  memperbaiki versi {version}: {reason}", "  corrects version {version}: {reason}"),
    "withdraws": ("  menarik versi {version}: {reason}", "  withdraws version {version}: {reason}"),
    "figure": ("  {name}: {value}", "  {name}: {value}"),
    "scan": ("  pindaian SHA-256 {sha256}, {bytes} byte{page}", "  scan SHA-256 {sha256}, {bytes} bytes{page}"),
    "page-of": (", halaman {page}", ", page {page}"),
    "scan-at": ("    di {file}: byte demi byte sama", "    at {file}: the same, byte for byte"),
    "scan-nowhere": (
        "  Pindaian tidak diterbitkan: mintalah berkasnya, lalu beri foldernya dengan --scans",
        "  Scans are not published: get the files, then name their folder with --scans",
    ),
    "form-hash": ("  formulir SHA-256 {hash}, dikirim dengan kunci {by}", "  form SHA-256 {hash}, submitted with the key {by}"),
    "ask-approve": ("Semua angka sama dengan kertasnya. Setujui?", "Every number is as the paper says. Approve?"),
    "ask-return": ("Kembalikan dengan alasan ini?", "Return it for this reason?"),
    "approve": ("TPS {station} versi {version}: disetujui {at}", "station {station} version {version}: approved at {at}"),
    "return": ("TPS {station} versi {version}: dikembalikan {at}", "station {station} version {version}: returned at {at}"),
    "not-waiting": ("TPS {station} tidak mempunyai formulir yang menunggu", "station {station} has no form that waits"),
    "changed": (
        "yang menunggu di TPS {station} adalah {hash}: bukan yang Anda sebut. Lihat lagi",
        "what waits at station {station} is {hash}, not what you named. Look again",
    ),
    "yes-needs-form": (
        "--yes hanya bersama --form: sebutkan formulir yang sudah Anda lihat",
        "--yes goes with --form: name the form that you have looked at",
    ),
    "own": ("formulir ini dikirim dengan kunci Anda sendiri", "this form was submitted with your own key"),
}  # fmt: skip


def say(key: str, language: str, **values: object) -> str:
    """A sentence. Whole numbers among the values are written as the language does."""
    indonesian, english = _WORDS[key]
    shown = {name: number(value, language) if type(value) is int else value for name, value in values.items()}
    return {ID: indonesian, EN: english}[language].format(**shown)


def age_in_words(seconds: int, language: str) -> str:
    """Roughly: 40 s, 12 min, 3 h, 2 days."""
    units = ((86_400, {ID: "hari", EN: "days"}), (3_600, {ID: "jam", EN: "h"}), (60, {ID: "menit", EN: "min"}))
    for size, names in units:
        if seconds >= 2 * size or (size == 60 and seconds >= 60):
            return f"{seconds // size} {names[language]}"
    return f"{seconds} {({ID: 'detik', EN: 's'})[language]}"
