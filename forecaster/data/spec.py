"""The data, split, window and scaling sections of the YAML file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from forecaster.data.encodings import encoding_fault
from forecaster.data.time_axis.clocks import zone_fault
from forecaster.data.time_axis.time_formats import OF_YEAR, format_fault
from forecaster.remote.address import ENV_NAME, STDIO, secret_in
from forecaster.spec import MOST_COUNT, MOST_DISTANCE, Count, Fault, FaultsError, OneOf, Spec, raise_faults
from forecaster.text import joined


def _without_nulls(values: Any) -> Any:
    return [v for v in values if v is not None] if isinstance(values, list) else values


Name = Annotated[str, Field(min_length=1)]
Character = Annotated[str, Field(min_length=1, max_length=1)]
CalendarFeature = Annotated[
    str,
    Field(
        pattern=r"^(hour|dayofweek|day|month|weekofyear|holiday:[A-Z]{2}(-[A-Z0-9]{1,3})?)$",
        json_schema_extra={
            "patternErrorMessage": "one of hour, dayofweek, day, month, weekofyear or a country's holidays, "
            "such as holiday:US"
        },
    ),
]


class CsvSpec(Spec):
    """How to read a CSV file. Lines to leave out are those of an Excel sheet too, and the format of times is that of
    any table."""

    separator: Character = Field(",", examples=[";"])
    """The character between two fields. Write a tab as "\\t", in double quotes."""
    decimal: Character = Field(".", examples=[","])
    """The decimal mark of numbers: a comma in many European files."""
    thousands: Character | None = Field(None, examples=[","])
    """The mark between groups of three digits, as in 1,234.5; where it is the separator too, such numbers are in
    quotes. null: numbers contain no such mark, and a number with one is an error."""
    encoding: str = Field("utf-8", examples=["cp1252"])
    """The text encoding of the file, as a Python codec name: `cp1252` or `latin-1` for many older files."""
    skip_rows: Annotated[int, Field(ge=0)] | list[Annotated[int, Field(ge=1)]] = Field(0, examples=[3, [2]])
    """Lines of a CSV file, or rows of an Excel sheet, to leave out: how many at the beginning, above the header, or a
    list of their numbers, counted from 1. `[2]` leaves out a row of units below the header."""
    comment: Annotated[str, Field(min_length=1, max_length=8)] | None = Field(None, examples=["#", "//"])
    """What stands at the beginning of lines or rows to leave out. null: none is a comment."""
    skip_footer: int = Field(0, ge=0, examples=[2])
    """How many lines or rows to leave out at the end, such as totals or notes. Blank ones do not count."""
    time_format: str | None = Field(None, examples=["%d.%m.%Y %H:%M", "quarter", "epoch-s"])
    """The format of the time column, also in tables that are not CSV: strftime codes, or a name. `quarter` reads
    2024Q1, Q1 2024, 1Q24, 20241 and 2024-1, `half-year` reads 2024H1, H1 2024, 1H24 and 2024-1, `iso-week` reads
    2024-W05, W5 2024, "Week 5, 2024" and 202405 as Mondays, `epoch-s`, `epoch-ms`, `epoch-us` and `epoch-ns` read
    seconds to nanoseconds since 1970 in UTC, `decimal-year` reads 1959.25 as a month, and `excel` reads 45000.25 as
    Excel does, in days. null: only ISO 8601 is accepted, such as 2024-01-31T06:00."""

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        fault = encoding_fault(value)
        if fault is not None:
            raise FaultsError([Fault((), *fault)])
        return value

    @field_validator("time_format")
    @classmethod
    def _known_format(cls, value: str | None) -> str | None:
        fault = None if value is None else format_fault(value)
        if fault is not None:
            raise FaultsError([Fault((), *fault)])
        return value

    @model_validator(mode="after")
    def _distinct(self) -> CsvSpec:
        taken: dict[str, str] = {}
        for name in ("separator", "decimal", "thousands", "comment"):
            mark = getattr(self, name)
            if name == "thousands" and mark == self.separator:
                continue  # numbers in quotes, as in "1,234"
            if mark is not None and mark in taken:
                raise_faults(
                    [
                        Fault(
                            (name,),
                            f"is {mark!r}, the same as {taken[mark]}",
                            "give each a character of its own",
                        )
                    ]
                )
            taken[mark] = name
        return self


class TimePartsSpec(Spec):
    """The columns that complete the time of a row, besides the column of times."""

    quarter: Name | None = Field(None, examples=["quarter"])
    """The column of quarters, 1 to 4 or Q1 to Q4, beside a column of years."""
    month: Name | None = Field(None, examples=["Month"])
    """The column of months, 1 to 12 or English names, beside a column of years."""
    week: Name | None = Field(None, examples=["week"])
    """The column of ISO weeks, 1 to 53, beside a column of years. A week is read as its Monday."""
    day: Name | None = Field(None, examples=["day"])
    """The column of days, 1 to 31, beside a month."""
    hour: Name | None = Field(None, examples=["hr"])
    """The column of hours, 0 to 23, beside a date; 24 is midnight, at the beginning of the next day."""
    minute: Name | None = Field(None, examples=["minute"])
    """The column of minutes, 0 to 59, beside an hour."""
    hour_ending: Name | None = Field(None, examples=["HE"])
    """The column of hours, 1 to 24, 01:00 to 24:00 or 0100 to 2400, beside a date. Hour 1 is read as 00:00, its
    beginning."""
    half_hour: Name | None = Field(None, examples=["settlement_period"])
    """The column of half hours, 1 to 48, beside a date. Half hour 1 is read as 00:00, its beginning."""
    quarter_hour: Name | None = Field(None, examples=["interval"])
    """The column of quarters of an hour, 1 to 96, beside a date. The first is read as 00:00, its beginning."""
    clock: Name | None = Field(None, examples=["Time"])
    """The column of times of the day, such as 17:24, 17:24:30 or 5:24 PM, beside a date."""

    @property
    def columns(self) -> dict[str, str]:
        """The columns that are named, by part."""
        return {part: name for part, name in self if name is not None}

    @model_validator(mode="after")
    def _one_of_year(self) -> TimePartsSpec:
        of_year = [part for part in OF_YEAR if part in self.columns]
        if len(of_year) > 1:
            summary = f"{joined(of_year, word='and')} each complete a year"
            raise_faults([Fault((), summary, "keep one of them")])
        return self


class ClockSpec(Spec):
    """What to do with local times that daylight saving time repeats or skips."""

    repeated: Annotated[
        Literal["error", "first", "second", "in_order"],
        OneOf(
            {
                "error": "Refuse the table and name the rows. The safest correction is to write times with an offset.",
                "first": "Take the earlier of the two hours. For a table that has one row for both.",
                "second": "Take the later of the two hours. For a table that has one row for both.",
                "in_order": "Within a series, the first row with the time is the earlier hour and the next row is "
                "the later one. For a table that has both, in the order of time.",
            }
        ),
    ] = Field("error", examples=["in_order"])
    """How to read a local time without an offset that occurs twice, when clocks go back."""
    skipped: Annotated[
        Literal["error", "forward", "drop"],
        OneOf(
            {
                "error": "Refuse the table and name the rows.",
                "forward": "Read the time as clocks show it after the change: 02:30 becomes 03:30.",
                "drop": "Leave the row out; a warning counts them.",
            }
        ),
    ] = Field("error", examples=["forward"])
    """How to read a local time that does not exist, when clocks go forward."""


class BoundsSpec(Spec):
    """The least and the largest value that a target can have."""

    min: float | None = Field(None, examples=[0])
    """The least value: 0 for counts, sales and prices. null: none."""
    max: float | None = Field(None, examples=[100])
    """The largest value: 100 for a share in percent, or a capacity. null: none."""

    @model_validator(mode="after")
    def _in_order(self) -> BoundsSpec:
        if self.min is not None and self.max is not None and self.min >= self.max:
            fault = Fault(("max",), f"{self.max:g} is not above min, {self.min:g}", "raise it")
            raise_faults([fault])
        return self


# Column names of every forecast table; an id or time column of the same name would be lost among them.
OUTPUT_NAMES = ("forecast", "cutoff", "target", "actual")


class DataSpec(Spec):
    """The table, and the role of each of its columns."""

    path: Name | None = Field(
        None, examples=["../data/nyc_departures.csv", "s3://sales/2026.parquet", "env:SALES_URL"]
    )
    """The table: a CSV, Parquet, Arrow, JSON or Excel file, a folder of files of one of these formats, or a pattern
    such as `sales/*.csv` that names several. A CSV or JSON file may be compressed (`.gz`, `.bz2`, `.xz`, `.zst`), a CSV
    file also in a `.zip` of its own. In a folder, folders named `shop=north` give their files a column `shop`. A
    relative path starts at the folder of the YAML file. An address begins with `https://`, `http://`, `s3://` or
    `gs://`; `env:NAME` stands for the address in that environment variable. null: the rows of `data.sql`."""
    sql: Name | None = Field(None, examples=["SELECT day, shop, sold FROM sales ORDER BY day"])
    """A query whose rows are the table, in place of `data.path`. It is sent to the database as it stands."""
    connection: str | None = Field(
        None, examples=["env:SALES_DB"], json_schema_extra={"pattern": f"^{ENV_NAME.pattern}$"}
    )
    """The database of `data.sql`: the environment variable that holds its address, such as
    `postgresql://user:password@host/name`, `sqlite:///sales.db` or `duckdb:///sales.duckdb`. The address itself stands
    in no file."""
    sheet: Name | None = Field(None, examples=["Sales"])
    """The sheet of an Excel workbook. null: the only one that is shown, or the only one of those with two rows of two
    values; where there are several, one must be named."""
    time: Name = Field(examples=["time_hour"])
    """The column of timestamps; with a whole number as `freq`, a column of whole numbers. A list such as
    `[date, hour]` names the columns of `time_parts` too, where their names say what they hold: year, quarter, month,
    week, day, hour, minute or time."""
    time_parts: TimePartsSpec = Field(TimePartsSpec(), examples=[{"hour": "hr"}, {"month": "Month"}])
    """The other columns of a time that is spread over several: the hour (0 to 24) or the clock (17:24) beside a
    column of dates, or the month, the quarter or the ISO week beside a column of years. Forecasts have the whole time
    in the column `time`."""
    freq: str | Annotated[int, Field(ge=1, le=MOST_DISTANCE)] = Field(examples=["h", "15min", "W-FRI", 1])
    """The time from one row of a series to the next. Text is a pandas offset alias: `h` (hourly), `D` (daily), `ME`
    (month end), `W-FRI`, `15min`, …. A whole number is the distance between two values of an integer time column."""
    id: Name | None = Field(None, examples=["origin"])
    """The column that names the series of each row, for a table with several series below one another. null: the
    whole table is one series."""
    targets: list[Name] = Field(min_length=1, examples=[["departures"]])
    """The numeric columns to forecast."""
    past_covariates: Annotated[list[Name], BeforeValidator(_without_nulls)] = Field(
        [], examples=[["temp", "wind_speed"]]
    )
    """Columns that help to forecast and are known only up to the forecast origin, such as observed weather. An entry
    of null is ignored, so that a search can turn a column on and off:
    `{choice: {values: [temp, null], default: temp}}`."""
    future_covariates: Annotated[list[Name], BeforeValidator(_without_nulls)] = Field(
        [], examples=[["scheduled"]]
    )
    """Columns that are also known over the horizon, such as a timetable or planned prices. `predict` needs their
    values for every step it forecasts. An entry of null is ignored, as in `past_covariates`."""
    static_covariates: list[Name] = Field([], examples=[["runways"]])
    """Columns with one value per series, such as the size of a shop. They need `data.id`."""
    calendar: Annotated[list[CalendarFeature], BeforeValidator(_without_nulls)] = Field(
        [], examples=[["hour", "dayofweek", "holiday:US"]]
    )
    """Features computed from the time column, and so known for every future step. `hour`, `dayofweek`, `day`, `month`
    and `weekofyear` are the place in the day, the week, the month and the year, each as a sine and a cosine.
    `holiday:CC` is 1 on the public holidays of a country or of one of its regions, such as `holiday:US` and
    `holiday:DE-BY`; it needs the extra `holidays`. An entry of null is ignored, as in `past_covariates`."""
    categorical: dict[
        Name,
        Annotated[
            Literal["one_hot", "embedding"],
            OneOf(
                {
                    "one_hot": "One input channel per category, which is 1 where the category is present. For up to "
                    "a few dozen categories.",
                    "embedding": "A few learned numbers per category. For many categories.",
                }
            ),
        ],
    ] = Field({}, examples=[{"carrier": "embedding"}])
    """The covariate columns that hold categories instead of numbers, and how each enters the network. A category
    that no training row contains counts as the average of the known ones."""
    timezone: str | None = Field(None, examples=["Europe/Paris", "+02:00"])
    """The time zone of the timestamps, by its IANA name or as an offset from UTC in quotes: that of days, seasons and
    forecasts, and of timestamps that are written without an offset. null: timestamps without an offset are used as
    they are, as if clocks never changed; those with one offset are read and answered in it, and those with several
    in UTC."""
    clock_changes: ClockSpec = Field(ClockSpec(), examples=[{"repeated": "in_order", "skipped": "forward"}])
    """What to do with local times that the clocks of `data.timezone` repeat or skip."""
    bounds: BoundsSpec = Field(BoundsSpec(), examples=[{"min": 0}])
    """The values that the targets can have. Forecasts and intervals end there. The table is not changed: a value of it
    beyond the bounds is a warning."""
    missing: Annotated[
        Literal["error", "ffill", "interpolate", "zero", "mask"],
        OneOf(
            {
                "error": "Refuse the table and name the gaps.",
                "ffill": "Repeat the last earlier value; at the beginning of a series, the mean of its training rows.",
                "interpolate": "Draw a straight line across gaps inside the training rows; elsewhere as `ffill`, so "
                "that no later value is used.",
                "zero": "Write 0. For counts and sales, where no row means that nothing happened.",
                "mask": "Fill inputs as `ffill`, and leave the missing targets out of the loss and of all scores.",
            }
        ),
    ] = Field("error", examples=["interpolate"])
    """What to do with absent rows and empty values. No filling looks into a later split. A gap in a categorical
    column repeats the last category, or counts as an unknown one."""
    duplicates: Annotated[
        Literal["error", "mean", "last"],
        OneOf(
            {
                "error": "Refuse the table and name the rows.",
                "mean": "Average the values of such rows; of categories the last one counts.",
                "last": "Keep the last row in the order of the file.",
            }
        ),
    ] = Field("error", examples=["last"])
    """What to do with several rows of the same series and time."""
    missing_values: list[str | int | float] = Field([], examples=[["?", "-", -9999]])
    """Texts and numbers that stand for no value in the columns of targets and covariates, besides an empty cell and
    NA, N/A, NaN, null and None. A number stands for itself however it is written: -9999 also for -9999.0. Ids and times
    are not looked at."""
    csv: CsvSpec = Field(CsvSpec(), examples=[{"separator": ";", "decimal": ","}])
    """How to read a CSV file."""
    start: str | int | None = Field(None, examples=["2013-01-01"])
    """The first row to use, inclusive: a date or time, or a whole number where `freq` is one. null: from the
    first row of the table."""
    end: str | int | None = Field(None, examples=["2013-11-30"])
    """The last row to use, inclusive: a date or time, or a whole number where `freq` is one. null: to the last
    row of the table."""

    @model_validator(mode="before")
    @classmethod
    def _parts_of_a_list(cls, given: Any) -> Any:
        """Read `time: [date, hr]` as the column `date` with the part that the name `hr` says."""
        names = given.get("time") if isinstance(given, dict) else None
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            return given
        parts = _parts_of(names[1:])
        if len(parts) < len(names) - 1 or (parts and given.get("time_parts")):
            raise FaultsError([Fault(("time",), *_several_times(names))])
        return {**given, "time": names[0], **({"time_parts": parts} if parts else {})}

    @field_validator("path", mode="before")
    @classmethod
    def _one_path(cls, value: Any) -> Any:
        if isinstance(value, list):
            hint = "give their folder, or a pattern such as sales/*.csv"
            raise FaultsError([Fault((), "is a list of files", hint)])
        return value

    @field_validator("path")
    @classmethod
    def _no_secret(cls, value: str | None) -> str | None:
        if value == STDIO:
            hint = "train from a file; predict takes --data -"
            raise FaultsError([Fault((), "is stdin, which cannot be read again", hint)])
        found = None if value is None else secret_in(value)
        if found is not None:
            hint = "put the address into an environment variable, and write env: and its name"
            raise FaultsError([Fault((), f"holds {found}, and this file is copied into every run", hint)])
        return value

    @field_validator("connection")
    @classmethod
    def _a_variable(cls, value: str | None) -> str | None:
        if value is not None and ENV_NAME.fullmatch(value) is None:
            # The value may be an address with a password.
            hint = (
                "put the address of the database into one, and write env: and its name, such as env:SALES_DB"
            )
            raise FaultsError([Fault((), "names no environment variable", hint)])
        return value

    @model_validator(mode="after")
    def _one_table(self) -> DataSpec:
        if self.path is not None and (self.sql is not None or self.connection is not None):
            named = "sql" if self.sql is not None else "connection"
            raise_faults([Fault((named,), "stands beside path", "keep one of them")])
        if self.path is None and self.sql is None and self.connection is None:
            raise_faults(
                [Fault(("path",), "is missing", "name the table, or set data.sql and data.connection")]
            )
        if self.path is None and self.sql is None:
            raise_faults([Fault(("sql",), "is missing", "give the query whose rows are the table")])
        if self.path is None and self.connection is None:
            hint = "name the environment variable with the address of the database, as env:NAME"
            raise_faults([Fault(("connection",), "is missing", hint)])
        return self

    @property
    def place(self) -> str:
        """The table as a run records it: its path or address, or the connection of its query."""
        return self.path or self.connection or ""

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by which the rows of a query are sorted."""
        return (*([self.id] if self.id is not None else []), self.time)

    @field_validator("missing_values")
    @classmethod
    def _no_nan(cls, value: list[str | int | float]) -> list[str | int | float]:
        return [v for v in value if v == v]

    @field_validator("freq")
    @classmethod
    def _known_freq(cls, value: str | int) -> str | int:
        from forecaster.data.time_axis.axis import canonical_freq

        return canonical_freq(value)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        fault = None if value is None else zone_fault(value)
        if fault is not None:
            raise FaultsError([Fault((), *fault)])
        return value

    @model_validator(mode="after")
    def _one_role_per_column(self) -> DataSpec:
        roles: dict[str, str] = {self.time: "time"}
        faults = []
        if self.id is not None:
            if self.id == self.time:
                faults.append(
                    Fault(("id",), f"column {self.id!r} is already the time", "name another column")
                )
            roles[self.id] = "id"
        for part, name in self.time_parts.columns.items():
            if name in roles:
                summary = f"column {name!r} is already the {roles[name]}"
                faults.append(Fault(("time_parts", part), summary, "name another column"))
            roles.setdefault(name, "time_parts")
        for role in ("targets", "past_covariates", "future_covariates", "static_covariates"):
            for i, name in enumerate(getattr(self, role)):
                if name in roles:
                    summary = f"column {name!r} is already listed under {roles[name]}"
                    faults.append(Fault((role, i), summary, "keep it in one place"))
                roles.setdefault(name, role)
        for name in self.categorical:
            if not roles.get(name, "").endswith("_covariates"):
                listed = roles.get(name)
                what = (
                    "is not a covariate"
                    if listed is None
                    else f"is listed under {listed}, which holds no categories"
                )
                hint = "list it under past_covariates, future_covariates or static_covariates"
                faults.append(Fault(("categorical", name), what, hint))
        for role, taken in (("time", self.time), ("id", self.id)):
            if taken in OUTPUT_NAMES or (taken or "").startswith(("forecast-lo-", "forecast-hi-")):
                summary = f"column {taken!r} has a name that forecast tables use"
                faults.append(Fault((role,), summary, "rename it in the table"))
        raise_faults(faults)
        return self

    @model_validator(mode="after")
    def _fits_freq(self) -> DataSpec:
        faults = []
        if self.static_covariates and self.id is None:
            faults.append(Fault(("static_covariates",), "needs an id column", "add data.id"))
        if isinstance(self.freq, int):
            if self.calendar:
                faults.append(
                    Fault(("calendar",), "needs timestamps, but freq is a whole number", "remove it")
                )
            if self.time_parts.columns:
                faults.append(
                    Fault(("time_parts",), "needs timestamps, but freq is a whole number", "remove it")
                )
            if self.timezone:
                faults.append(
                    Fault(("timezone",), "needs timestamps, but freq is a whole number", "remove it")
                )
        for name in ("start", "end"):
            value = getattr(self, name)
            if isinstance(value, str) and isinstance(self.freq, int):
                faults.append(Fault((name,), "is text, but freq is a whole number", "give a whole number"))
            if isinstance(value, int) and isinstance(self.freq, str):
                hint = f'put it in quotes: "{value}"'
                faults.append(Fault((name,), f"is {value}, needs a date or time as text", hint))
        raise_faults(faults)
        return self


def _several_times(names: list[str]) -> tuple[str, str]:
    """Return the fault of a list of columns under data.time, and how to write the same with data.time_parts."""
    found = _parts_of(names[1:])
    if len(found) < len(names) - 1:
        found = {"hour": names[1]} if len(names) == 2 else {"month": names[1], "day": names[2]}
    parts = ", ".join(f"{part}: {name}" for part, name in found.items())
    return (
        "is a list of columns",
        f"name the first, time: {names[0]}, and the others by their part, such as time_parts: {{{parts}}}",
    )


def _parts_of(names: list[str]) -> dict[str, str]:
    """Return the parts of times that columns hold by their names, as in data.time_parts."""
    return {part: name for name in names for part, known in _PART_NAMES.items() if name.lower() in known}


# Names that columns of parts of times often have.
_PART_NAMES = {
    "quarter": ("quarter", "qtr", "q"),
    "month": ("month", "mo", "mnth"),
    "week": ("week", "wk", "isoweek", "iso_week"),
    "day": ("day", "dom"),
    "hour": ("hour", "hr", "h"),
    "minute": ("minute", "min"),
    "hour_ending": ("he", "hour_ending", "hour ending"),
    "clock": ("clock", "time", "time_of_day"),
}


def with_plain_times(spec: DataSpec) -> DataSpec:
    """Return the spec for a table that forecaster wrote: with plain CSV, and each time in one column."""
    return spec.model_copy(update={"csv": CsvSpec(), "time_parts": TimePartsSpec()})


SplitSize = (
    Annotated[float, Field(ge=0, lt=1)]
    | Annotated[int, Field(ge=0, le=MOST_COUNT)]
    | Annotated[str, Field(min_length=1)]
)


class SplitSpec(Spec):
    """How each series is divided in time: training rows first, then validation, then test."""

    val: SplitSize = Field(0.1, examples=[0.1, 720, "2013-10-01"])
    """The validation range, which decides when training stops, which settings a search prefers and how wide the
    intervals are. A number below 1 is a share of each series, a whole number is a number of steps, text is the first
    date or time of the range. Shares and steps are counted back from where the test range begins. 0: no validation."""
    test: SplitSize = Field(0.2, examples=[0.2, 1440, "2013-11-01"])
    """The test range, which only the final scores look at. Written like `val`; shares and steps are counted back from
    the end of each series. 0: no test."""

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> SplitSpec:
        if isinstance(self.val, float) and isinstance(self.test, float) and self.val + self.test >= 1:
            total = f"val and test together are {self.val + self.test:g} of each series"
            raise_faults([Fault((), total, "leave a share for training")])
        return self


class WindowSpec(Spec):
    """The stretch of time that one forecast sees, and the stretch that it forecasts."""

    lookback: Count = Field(examples=[168])
    """How many past steps the network sees. Gradients reach back through as many."""
    horizon: Count = Field(examples=[24])
    """How many steps it forecasts."""
    stride: Count = Field(1, examples=[24])
    """Steps from the beginning of one window to the beginning of the next. 1 uses every window; a larger stride
    trains and scores faster, on fewer windows."""
    short: Annotated[
        Literal["skip", "pad", "error"],
        OneOf(
            {
                "skip": "Leave these series out and name them in a note.",
                "pad": "Let their windows begin before the first row; the network ignores the steps that are absent. "
                "On a GPU this rules out the fused kernels, for all layers.",
                "error": "Refuse the table and name the series.",
            }
        ),
    ] = Field("skip", examples=["pad"])
    """What to do with series whose training rows do not fill one window of `lookback` + `horizon` steps."""
