"""Tables as programs export them: how they are written for tests, and what init and training make of them, in lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.table import read_table
from forecaster.errors import ForecasterError
from forecaster.pipeline.inspect import inspect

N = 60
DAYS = [date(2020, 1, 1) + timedelta(days=i) for i in range(N)]
HOURS = [datetime(2024, 3, 1) + timedelta(hours=i) for i in range(N)]
MONTHS = [date(2015 + i // 12, 1 + i % 12, 1) for i in range(N)]
WEEKS = [date(2019, 12, 30) + timedelta(weeks=i) for i in range(N)]
WORKDAYS = [d for i in range(84) if (d := date(2020, 1, 1) + timedelta(days=i)).weekday() < 5]

# The text of a table, or the columns of a Parquet file.
Content = str | bytes | dict[str, Any]
# A table, and what is said of it: a line of facts and the notes of init, or one line of an error.
Case = tuple[Content, list[str]]


def v(i: int) -> float:
    """A value with one decimal that changes from row to row."""
    return 100.5 + i * 37 % 101


def de(number: float, form: str = ".1f") -> str:
    """A number with a decimal comma."""
    return f"{number:{form}}".replace(".", ",")


def rows(header: str, lines: Iterable[str], *, above: str = "", below: str = "") -> str:
    """The text of a table."""
    return "".join([above, header and header + "\n", *(line + "\n" for line in lines), below])


def plain(times: Sequence[object], *, separator: str = ",", header: str = "t,y") -> str:
    """A table of times and values."""
    return rows(header.replace(",", separator), (f"{t}{separator}{v(i)}" for i, t in enumerate(times)))


def written(content: Content, folder: Path) -> Path:
    """Write a table."""
    if isinstance(content, dict):
        pq.write_table(pa.table(content), folder / "t.parquet")
        return folder / "t.parquet"
    (folder / "t.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "t.csv"


def said_of(content: Content, folder: Path, wishes: Wishes | None = None) -> list[str]:
    """What init says of a table and training reads by its draft: facts and notes, or one error with its hint."""
    path = written(content, folder)
    try:
        draft = inspect(path, folder=folder, wishes=wishes or Wishes())
        data = draft.experiment.spec.data
        panel, _ = read_table(data, path)
    except ForecasterError as error:
        return ["! " + str(error).replace(str(path), "T")]
    guess = draft.guess
    first, last = panel.first[0], panel.first[0] + panel.lengths[0] - 1
    times = panel.time_axis.text(np.array([first, last]))
    y = panel.values[: panel.lengths[0], 0]
    known = y[~np.isnan(y)]
    time = "+".join([guess.time.name, *guess.time.parts.values()])
    form = guess.time.format or "ISO"
    roles = f"{time} ({form}), {', '.join(guess.targets)}" + (f" of {guess.id}" if guess.id else "")
    series = f"{guess.n_series} x " if guess.n_series > 1 else ""
    gaps = f", {guess.gaps} absent" if guess.gaps else ""
    empty = f", {guess.empty} empty" if guess.empty else ""
    zone = f" {guess.zone}" if guess.zone else ""
    facts = (
        f"{roles}: {series}{len(y)} of {guess.freq}{zone} from {times[0]} to {times[-1]}, {known[0]:.10g} to "
        f"{known[-1]:.10g}{gaps}{empty}"
    )
    return [facts, *(choice.sentence for choice in guess.choices if not choice.said)]


def tests_of(tables: dict[str, Content], said: dict[str, list[str]]) -> Callable[[str, Path], None]:
    """The test of a file: what is made of each of its tables.

    Args:
        tables: The tables, by the name of the case.
        said: What is said of each; see `said_of`.
    """

    @pytest.mark.parametrize("case", tables)
    def test_what_is_made_of_it(case: str, tmp_path: Path) -> None:
        assert said_of(tables[case], tmp_path) == said[case]

    return test_what_is_made_of_it


# No test of its own, whatever its name.
tests_of.__test__ = False  # type: ignore[attr-defined]
