"""Derive sunspots.csv from the monthly table inside the PyPI package statsmodels.

    python data/make_sunspots.py [OUTPUT]

Needs the extra `data`. statsmodels.datasets.sunspots loads the yearly means only; the monthly ones lie beside
them as src/sunspots_monthly.dat: a line per year, a column per month.
"""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path

YEAR_LINE = re.compile(r"^(\d{4})((?:\s+\d+\.\d){1,12})\s*$")


def source() -> Path:
    """The monthly table of the installed statsmodels, found without importing it."""
    spec = find_spec("statsmodels")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the package statsmodels is not installed; run: pip install statsmodels")
    return Path(spec.submodule_search_locations[0]) / "datasets/sunspots/src/sunspots_monthly.dat"


def derive() -> list[tuple[str, str]]:
    """(first day of the month, mean sunspot number as printed), from 1749-01, oldest first."""
    rows: list[tuple[str, str]] = []
    for line in source().read_text(encoding="ascii").splitlines():
        found = YEAR_LINE.match(line)
        if found is None:
            continue
        year, means = int(found[1]), found[2].split()
        if year != 1749 + len(rows) // 12 or len(rows) % 12:
            raise SystemExit(f"year {year} does not follow the line before it: this version differs")
        rows += [(f"{year}-{month:02d}-01", mean) for month, mean in enumerate(means, start=1)]
    return rows


def write(output: Path) -> None:
    lines = ["month,sunspots", *(f"{month},{mean}" for month, mean in derive())]
    output.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("sunspots.csv"))
