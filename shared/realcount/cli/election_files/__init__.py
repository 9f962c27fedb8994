"""An election as a folder of files (docs/election-files.md): read whole, checked whole, and built, or refused whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from realcount.cli.election_files.builder import build_units
from realcount.cli.election_files.finding import FileFinding, FilesRefused
from realcount.cli.election_files.flows import FlowChecks, trace
from realcount.cli.election_files.folder import FRAME, REGIONS, STATIONS, read_folder
from realcount.cli.election_files.frame import read_frame
from realcount.cli.election_files.network import build_network
from realcount.cli.election_files.references import check_references, unique_regions, unique_stations
from realcount.cli.election_files.rows import read_regions, read_stations
from realcount.domain.election import Election, Region, Station

__all__ = ["ElectionFiles", "FileFinding", "FilesRefused", "read_election"]


@dataclass(frozen=True, slots=True)
class ElectionFiles:
    """An election that passed every check, and its units: regions first, from the top down, then stations."""

    election: Election
    units: list[Region | Station]


def read_election(path: Path) -> ElectionFiles:
    """Read the folder. Raises `FilesRefused` with every finding, by file and line, if there is a single one."""
    findings: list[FileFinding] = []
    folder = read_folder(path, findings)
    names = {name: folder.texts[name][0] if name in folder.texts else name for name in (FRAME, REGIONS, STATIONS)}
    texts = {name: text for name, (_, text) in folder.texts.items()}

    frame = read_frame(names[FRAME], texts[FRAME], folder.digest, findings) if FRAME in texts else None
    region_rows = read_regions(names[REGIONS], texts[REGIONS], findings) if REGIONS in texts else None
    station_rows = read_stations(names[STATIONS], texts[STATIONS], findings) if STATIONS in texts else None
    regions = unique_regions(names[REGIONS], region_rows or (), findings)
    stations = unique_stations(names[STATIONS], station_rows or (), regions, findings)
    if region_rows is not None:
        check_references(frame, names[REGIONS], regions, names[STATIONS], stations, findings)

    network = build_network(regions, stations)
    contests = frame.election.contests if frame else ()
    flows = [trace(contest, network) for contest in contests]
    checks = FlowChecks(frame, names[REGIONS], names[STATIONS], network, flows)
    findings.extend(checks.presence())
    if not findings:
        findings.extend(checks.absence())
    if findings or frame is None:
        raise FilesRefused(str(path), findings)
    return ElectionFiles(frame.election, build_units(frame.election, network, stations))
