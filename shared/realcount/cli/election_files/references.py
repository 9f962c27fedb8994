"""Whether what one row names, another defines: levels, hierarchies, parents, roots; and whether an id is used once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from realcount.cli.election_files.finding import FileFinding
from realcount.cli.election_files.frame import Frame
from realcount.cli.election_files.rows import Parents, RegionRow, StationRow


def unique_regions(file: str, rows: Sequence[RegionRow], findings: list[FileFinding]) -> dict[str, RegionRow]:
    """Regions by id; the first of each id stands."""
    regions: dict[str, RegionRow] = {}
    for row in rows:
        first = regions.setdefault(row.id, row)
        if first is not row:
            findings.append(
                FileFinding(file, row.line, "id", f"{row.id!r} is taken by the region of line {first.line}")
            )
    return regions


def unique_stations(
    file: str, rows: Sequence[StationRow], regions: Mapping[str, RegionRow], findings: list[FileFinding]
) -> list[StationRow]:
    """Stations with ids of their own, in the file's order. Regions and stations share one space of ids."""
    lines: dict[str, int] = {}
    stations: list[StationRow] = []
    for row in rows:
        line = lines.setdefault(row.id, row.line)
        if line != row.line:
            findings.append(FileFinding(file, row.line, "id", f"{row.id!r} is taken by the station of line {line}"))
        elif row.id in regions:
            region = regions[row.id]
            findings.append(
                FileFinding(file, row.line, "id", f"{row.id!r} is taken by the region of line {region.line}")
            )
        else:
            stations.append(row)
    return stations


def check_references(
    frame: Frame | None,
    region_file: str,
    regions: Mapping[str, RegionRow],
    station_file: str,
    stations: Sequence[StationRow],
    findings: list[FileFinding],
) -> None:
    """Report every name that nothing defines. Without a frame, levels and hierarchies cannot be judged and are not."""
    station_ids = {station.id for station in stations}
    problems: dict[Parents, list[str]] = {}

    def of_parents(parents: Parents) -> list[str]:
        known = problems.get(parents)
        if known is None:
            known = problems[parents] = []
            for hierarchy, unit in parents:
                if frame is not None and hierarchy not in frame.election.hierarchies:
                    known.append(f"{hierarchy!r} is not one of the election's hierarchies")
                if unit not in regions:
                    what = (
                        "is a polling station, which has no units below it" if unit in station_ids else "is no region"
                    )
                    known.append(f"{unit!r} {what}")
        return known

    for row in regions.values():
        if frame is not None and row.level and row.level not in frame.election.levels:
            findings.append(
                FileFinding(region_file, row.line, "level", f"{row.level!r} is not one of the election's levels")
            )
        for problem in of_parents(row.parents):
            findings.append(FileFinding(region_file, row.line, "parents", problem))
    for station in stations:
        for problem in of_parents(station.parents):
            findings.append(FileFinding(station_file, station.line, "parents", problem))
    if frame is not None:
        for i, contest in enumerate(frame.election.contests):
            for j, root in enumerate(contest.roots):
                if root and root not in regions:
                    findings.append(frame.finding(f"contests[{i}].roots[{j}]", f"{root!r} is no region"))
