"""What a person says about a table: the roles that are not to be guessed, and what the forecast is for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from forecaster.data.draft.recipe import Preset
from forecaster.data.draft.sniff import Sample
from forecaster.data.reading.sources import source_name
from forecaster.data.time_axis.clocks import zone_fault
from forecaster.data.time_axis.frequency import canonical_freq
from forecaster.data.time_axis.time_formats import format_fault
from forecaster.errors import DataError, Location, UsageError
from forecaster.text import listed, quoted

PRESETS: tuple[Preset, ...] = ("fast", "good", "best")
_LISTED = 20


@dataclass(frozen=True)
class Wishes:
    """What is said about a table; the rest is guessed.

    Attributes:
        targets: The columns to forecast.
        time: The column of times.
        time_format: The format of the times; see `CsvSpec.time_format`.
        id: The column that names the series.
        no_id: Whether the whole table is one series.
        freq: The frequency.
        horizon: Steps to forecast.
        seasons: The seasons, each in steps.
        preset: How much time the training may take for a better forecast.
        decimal: The decimal mark of a CSV file, a point or a comma; the other one groups thousands.
        timezone: The time zone of the times.
        sheet: The sheet of an Excel workbook.

    Raises:
        UsageError: A value is none that there is, or two exclude each other.
    """

    targets: tuple[str, ...] = ()
    time: str | None = None
    time_format: str | None = None
    id: str | None = None
    no_id: bool = False
    freq: str | int | None = None
    horizon: int | None = None
    seasons: tuple[int, ...] = ()
    preset: Preset = "good"
    decimal: str | None = None
    timezone: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without the table."""
        if self.preset not in PRESETS:
            raise UsageError(f"no preset is called {self.preset!r}", hint=f"choose from {', '.join(PRESETS)}")
        if self.decimal not in (None, ".", ","):
            raise UsageError(f"--decimal {self.decimal!r} is no decimal mark", hint="use '.' or ','")
        if self.timezone is not None and (fault := zone_fault(self.timezone)) is not None:
            raise UsageError(f"--timezone: {fault[0]}", hint=fault[1])
        if self.id is not None and self.no_id:
            raise UsageError("--id and --no-id exclude each other", hint="use one of them")
        if self.horizon is not None and self.horizon < 1:
            raise UsageError(f"--horizon {self.horizon} is not a number of steps", hint="give 1 or more")
        for season in self.seasons:
            if season < 2:
                raise UsageError(f"--season {season} is not a season", hint="give 2 steps or more")
        repeated = [name for i, name in enumerate(self.targets) if name in self.targets[:i]]
        if repeated:
            raise UsageError(f"--target {repeated[0]!r} is given twice", hint="name each column once")
        _check_roles(self)
        if self.freq is not None:
            try:
                canonical_freq(self.freq)
            except ValueError as error:
                raise UsageError(f"--freq: {error}") from None
        fault = None if self.time_format is None else format_fault(self.time_format)
        if fault is not None:
            hint = fault[1].replace("data.csv.time_format: ", "--time-format ")
            raise UsageError(f"--time-format: {fault[0]}", hint=hint.replace("data.timezone", "--timezone"))

    @property
    def taken(self) -> set[str]:
        """The columns whose role is said."""
        return {name for name in (*self.targets, self.time, self.id) if name is not None}


def freq_of(text: str | None) -> str | int | None:
    """Return a frequency from the text of an option: whole numbers are steps of an integer time axis."""
    # No distance of a time axis has as many digits, and Python refuses to convert thousands of them.
    whole = text is not None and text.strip().isdecimal() and len(text) < 80
    return int(text) if text is not None and whole else text


def check_columns(wishes: Wishes, sample: Sample) -> None:
    """Check that the table has the columns that are named.

    Raises:
        DataError: A name is not that of a column; the message lists the columns.
    """
    for option, names in (("target", wishes.targets), ("time", [wishes.time]), ("id", [wishes.id])):
        for name in names:
            if name is not None and name not in sample.kinds:
                raise DataError(
                    f"no column is called {name!r}",
                    hint=_nearest(name, sample.kinds),
                    location=Location(source_name(sample.source)),
                    path=f"--{option}",
                )


def _check_roles(wishes: Wishes) -> None:
    roles: dict[str, str] = {}
    named = [("--time", wishes.time), ("--id", wishes.id), *(("--target", name) for name in wishes.targets)]
    for option, name in named:
        if name is not None and name in roles:
            raise UsageError(
                f"{option} and {roles[name]} name the same column, {name!r}",
                hint="give each a column of its own",
            )
        if name is not None:
            roles[name] = option


def _nearest(name: str, columns: Iterable[str]) -> str:
    by_lower = {column.lower(): column for column in columns}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    hint = f"did you mean {by_lower[near[0]]!r}? " if near else ""
    return f"{hint}the columns are {listed(quoted(columns), most=_LISTED)}"
