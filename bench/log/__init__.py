"""The public log of a whole nation: every form of 2019 signed, sealed, summed, and read again from outside.

Signatures are real, and so is every step from the approved form to the published file; the ledger is thin, the log lies in
a folder. Then `realcount verify` reads it as anybody would, and makes and checks the proofs of stations.
"""

from __future__ import annotations

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.log.checking import Checked, check_log, check_proofs
from bench.log.sealing import Nation, Window
from bench.options import Options
from realcount.domain.errors import NotFound

NEEDS = "the files of 2019 (--data)"

SMALL, LARGE = 8_000, 800_000
"""Entries at which the cost of a form is compared."""

LEVEL = 1.2
"""The most that a form may cost in the large log by that in the small one."""

LARGEST_PROOF = 20_000
"""Bytes."""

STATIONS = 400


def run(options: Options) -> dict[str, object]:
    """Raises `SystemExit` if the files are absent, if a form cannot be sealed, or if the check finds anything."""
    limit = 16_000 if options.quick else None
    with TemporaryDirectory(prefix="realcount-log-") as folder:
        gc.disable()  # Millions of objects live until the end, and none of them is garbage in a circle.
        try:
            nation = Nation(options.data, Path(folder) / "log")
            nation.seal(limit)
            nation.sum_up()
        except NotFound as absent:
            raise SystemExit(f"{absent} (--data)") from None
        finally:
            gc.enable()
        key = nation.key.to_text()
        checked = check_log(nation.folder, key)
        proofs = check_proofs(key, nation.sample(20 if options.quick else STATIONS), nation.proof)
        return {
            "forms": nation.forms,
            "sealing": nation.sealing(_windows(nation.windows, options.quick)),
            "totals": nation.totals,
            "sizes": nation.sizes(),
            "check": checked.document(),
            "again": check_log(nation.folder, key, checked.state).document(),
            "proofs": proofs,
        }


def _windows(windows: list[Window], quick: bool) -> dict[str, list[Window]]:
    small, large = (4_000, 12_000) if quick else (SMALL, LARGE)
    return {"small": _around(windows, small), "large": _around(windows, large)}


def _around(windows: list[Window], size: int) -> list[Window]:
    """The nine windows nearest to a size of the log."""
    return sorted(windows, key=lambda window: abs(window.size - size))[:9]


def passed(result: dict[str, dict[str, float]]) -> bool:
    """Whether a form costs the same in a large log, and a station's proof is small."""
    return result["sealing"]["ratio"] <= LEVEL and result["proofs"]["largest"] <= LARGEST_PROOF


def table(result: dict[str, dict[str, float]]) -> str:
    sealing, totals, sizes, proofs = (result[part] for part in ("sealing", "totals", "sizes", "proofs"))
    rows = [
        ("forms sealed", f"{result['forms']:,}"),
        ("… a second, all that the sealer does itself", f"{sealing['forms_per_second']:,}"),
        (f"… processor µs a form at {sealing['small']:,} entries", f"{sealing['small_us']}"),
        (f"… processor µs a form at {sealing['large']:,} entries", f"{sealing['large_us']} (ratio **{sealing['ratio']}**)"),
        ("… peak MiB, ledger and election included", f"{sealing['peak_mib']:,}"),
        ("all sums sealed: zero tree first", f"{totals['zero_seconds']} s"),
        ("… every form at once", f"{totals['seconds']} s, {totals['files']:,} files"),
        ("on disk: entries, tiles, sums, units", ", ".join(f"{sizes[f'{kind}_mb']:,} MB" for kind in ("entries", "tiles", "sums", "units"))),
        ("files", f"{sizes['files']:,}"),
        *_checked("everything verified, for the first time", result["check"]),
        *_checked("… once more, with what was remembered", result["again"]),
        ("a station's proof: median, largest of " + f"{proofs['stations']:,}", f"{proofs['median']:,}, **{proofs['largest']:,}** bytes"),
        ("… made and checked: median, slowest", f"{proofs['median_ms']}, {proofs['slowest_ms']} ms"),
    ]  # fmt: skip
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _checked(name: str, checked: dict[str, float]) -> list[tuple[str, str]]:
    took = f"{checked['seconds']} s, {checked['cpu_seconds']} processor s, {checked['peak_mib']:,} MiB"
    return [(name, took)]


__all__ = ["Checked", "passed", "run", "table"]
