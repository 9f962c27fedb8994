"""What is odd about a form in plain words, Indonesian and English: a sentence for each code of `domain.findings`, and no rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from realcount.domain.findings import INCOMPLETE, Finding
from realcount.domain.form import FIGURES

ID, EN = "id", "en"
LANGUAGES = (ID, EN)

MOST_NAMED = 6
"""Missing figures that are named; of more it is said how many."""

_GROUPS: Mapping[str, Mapping[str, str]] = {
    ID: {
        "registered.dpt": "pemilih terdaftar dalam DPT",
        "registered.dptb": "pemilih terdaftar dalam DPTb",
        "registered.dpk": "pemilih terdaftar dalam DPK",
        "registered": "pemilih terdaftar",
        "voters.dpt": "pengguna hak pilih dari DPT",
        "voters.dptb": "pengguna hak pilih dari DPTb",
        "voters.dpk": "pengguna hak pilih dari DPK",
        "voters": "pengguna hak pilih",
        "disabled.registered": "pemilih disabilitas terdaftar",
        "disabled.voters": "pemilih disabilitas yang menggunakan hak pilih",
    },
    EN: {
        "registered.dpt": "registered voters of the DPT",
        "registered.dptb": "registered voters of the DPTb",
        "registered.dpk": "registered voters of the DPK",
        "registered": "registered voters",
        "voters.dpt": "voters from the DPT",
        "voters.dptb": "voters from the DPTb",
        "voters.dpk": "voters from the DPK",
        "voters": "voters",
        "disabled.registered": "registered disabled voters",
        "disabled.voters": "disabled voters who voted",
    },
}
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    ID: {"male": " laki-laki", "female": " perempuan", "total": ""},
    EN: {"male": ", men", "female": ", women", "total": ""},
}
_SINGLE: Mapping[str, Mapping[str, str]] = {
    ID: {
        "ballots.received": "surat suara yang diterima",
        "ballots.returned": "surat suara yang dikembalikan",
        "ballots.unused": "surat suara yang tidak digunakan",
        "ballots.used": "surat suara yang digunakan",
        "valid": "jumlah suara sah",
        "invalid": "jumlah suara tidak sah",
        "total": "jumlah suara sah dan tidak sah",
    },
    EN: {
        "ballots.received": "ballots received",
        "ballots.returned": "ballots returned",
        "ballots.unused": "ballots unused",
        "ballots.used": "ballots used",
        "valid": "valid votes",
        "invalid": "invalid votes",
        "total": "valid and invalid votes together",
    },
}
_ABOVE, _BELOW = {ID: "melebihi", EN: "exceed"}, {ID: "kurang dari", EN: "are fewer than"}

_SENTENCES: Mapping[str, Mapping[str, str]] = {
    ID: {
        "votes-sum": "jumlah suara sah {found} {compared} jumlah suara semua pilihan {expected}",
        "total-sum": "jumlah suara sah dan tidak sah {found} {compared} suara sah ditambah tidak sah {expected}",
        "total-voters": "{first} {found} {compared} pengguna hak pilih {expected}",
        "total-used": "{first} {found} {compared} surat suara yang digunakan {expected}",
        "group-sum": "{first} {found} {compared} jumlah bagian-bagiannya (DPT, DPTb, DPK) {expected}",
        "sex-sum": "{first} {found} {compared} laki-laki ditambah perempuan {expected}",
        "voters-registered": "{first} {found} melebihi {second} {expected}",
        "voters-received": "{first} {found} melebihi {second} {expected}",
        "ballots-sum": "{first} {found} {compared} yang digunakan, dikembalikan dan tidak digunakan bersama-sama {expected}",
        "votes-voters": "{first} {found} melebihi pengguna hak pilih {expected}",
        "missing": "{first} belum diisi",
        "turnout": "{first} {found} melebihi batas wajar {expected} menurut daftar pemilih TPS ini",
    },
    EN: {
        "votes-sum": "valid votes {found} {compared} the votes of all options together, {expected}",
        "total-sum": "{first} {found} {compared} the valid plus the invalid votes, {expected}",
        "total-voters": "{first} {found} {compared} the voters {expected}",
        "total-used": "{first} {found} {compared} the ballots used {expected}",
        "group-sum": "{first} {found} {compared} the sum of their parts (DPT, DPTb, DPK) {expected}",
        "sex-sum": "{first} {found} {compared} men and women together, {expected}",
        "voters-registered": "{first} {found} exceed the {second} {expected}",
        "voters-received": "{first} {found} exceed the {second} {expected}",
        "ballots-sum": "{first} {found} {compared} those used, returned and unused together, {expected}",
        "votes-voters": "{first} {found} exceed the voters {expected}",
        "missing": "{first}: not filled in",
        "turnout": "{first} {found} exceed what the register of this station makes plausible, {expected}",
    },
}
CODES = frozenset(_SENTENCES[ID])
"""Every code that has words."""


def in_words(finding: Finding, language: str, options: Mapping[str, str]) -> str:
    """One sentence. `options` are the names of what was voted for, by id."""
    found, expected = finding.found or 0, finding.expected or 0
    fields = [field_in_words(name, language, options) for name in finding.fields]
    return _SENTENCES[language][finding.code].format(
        first=fields[0],
        second=fields[1] if len(fields) > 1 else "",
        found=number(found, language),
        expected=number(expected, language),
        compared=(_ABOVE if found > expected else _BELOW)[language],
    )


def all_in_words(findings: Iterable[Finding], language: str, options: Mapping[str, str]) -> list[str]:
    """A sentence each; what is missing, in one: a paper half filled in would hide what contradicts itself."""
    found = list(findings)
    lines = [in_words(one, language, options) for one in found if one.kind != INCOMPLETE]
    missing = [
        field_in_words(name, language, options) for one in found if one.kind == INCOMPLETE for name in one.fields
    ]
    if missing:
        named, more = "; ".join(missing[:MOST_NAMED]), len(missing) - MOST_NAMED
        rest = f" (+{more})" if more > 0 else ""
        lines.append(f"{'belum diisi' if language == ID else 'not filled in'}: {named}{rest}")
    return lines


def field_in_words(name: str, language: str, options: Mapping[str, str]) -> str:
    """A figure of the form, or `votes.<option>`. What is neither is said as it is."""
    if name.startswith("votes."):
        option = name.removeprefix("votes.")
        named = f"{option} ({options[option]})" if options.get(option, option) != option else option
        return f"suara untuk {named}" if language == ID else f"votes for {named}"
    if name in _SINGLE[language]:
        return _SINGLE[language][name]
    group, _, column = name.rpartition(".")
    return _GROUPS[language][group] + _COLUMNS[language][column] if name in FIGURES else name


def number(value: int, language: str) -> str:
    """1.833 in Indonesian, 1,833 in English."""
    return f"{value:,}".replace(",", ".") if language == ID else f"{value:,}"
