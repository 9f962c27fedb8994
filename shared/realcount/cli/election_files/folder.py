"""The three files of an election as text, plain or gzipped, and the digest that names exactly their content."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from realcount.cli.election_files.finding import FileFinding

FRAME = "election.json"
REGIONS = "regions.csv"
STATIONS = "stations.csv"
FILES = (FRAME, REGIONS, STATIONS)

_FOREIGN_MARKS = ((codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"))


@dataclass(frozen=True, slots=True)
class Folder:
    """What was read. `texts` maps each of `FILES` to (name found, content); files that could not be read are left out."""

    path: Path
    digest: str
    texts: dict[str, tuple[str, str]]


def read_folder(path: Path, findings: list[FileFinding]) -> Folder:
    """Read the files; what keeps one from being read, and every line that is not UTF-8, goes to `findings`.

    The digest covers the decompressed bytes, so compressing a file does not make it another election.
    """
    digest = hashlib.sha256()
    texts: dict[str, tuple[str, str]] = {}
    for name in FILES:
        found = _content(path, name, findings)
        if found is None:
            continue
        file, content = found
        digest.update(b"%s %d\n" % (name.encode(), len(content)))
        digest.update(content)
        text = _text(file, content, findings)
        if text is not None:
            texts[name] = (file, text)
    return Folder(path, digest.hexdigest(), texts)


def _content(path: Path, name: str, findings: list[FileFinding]) -> tuple[str, bytes] | None:
    present = [file for file in (name, name + ".gz") if (path / file).is_file()]
    if not present:
        findings.append(FileFinding(name, 1, "", f"is missing: there is neither {name} nor {name}.gz"))
        return None
    if len(present) == 2:
        findings.append(FileFinding(name, 1, "", f"is there twice, as {name} and {name}.gz: remove one"))
    file = present[0]
    try:
        content = (path / file).read_bytes()
        return file, gzip.decompress(content) if file.endswith(".gz") else content
    except (OSError, EOFError, zlib.error) as error:
        findings.append(FileFinding(file, 1, "", f"cannot be read: {error}"))
        return None


def _text(file: str, content: bytes, findings: list[FileFinding]) -> str | None:
    for mark, encoding in _FOREIGN_MARKS:
        if content.startswith(mark):
            findings.append(FileFinding(file, 1, "", f"is {encoding}: save it as UTF-8"))
            return None
    if content.startswith(codecs.BOM_UTF8):
        findings.append(FileFinding(file, 1, "", "begins with a byte order mark: save it as UTF-8 without one"))
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # The rest of the file is still worth checking, so unreadable bytes are replaced once they are reported.
        for number, line in enumerate(content.split(b"\n"), start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                findings.append(
                    FileFinding(
                        file, number, "", f"is not UTF-8: byte 0x{line[error.start]:02x} at column {error.start + 1}"
                    )
                )
        return content.decode("utf-8", "replace")
