"""The data, split, window and scaling sections of the YAML file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from forecaster.spec import Fault, FaultsError, Spec, raise_faults


def _without_nulls(values: Any) -> Any:
    return [v for v in values if v is not None] if isinstance(values, list) else values


Name = Annotated[str, Field(min_length=1)]
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
    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """The character between fields."""
    decimal: Annotated[str, Field(min_length=1, max_length=1)] = "."
    """The decimal mark of numbers."""
    thousands: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """The mark between groups of digits; null = none allowed."""
    encoding: str = "utf-8"
    """A Python codec name."""
    time_format: str | None = None
    """strftime pattern of the time column; null = ISO 8601 only."""

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        import codecs

        try:
            codecs.lookup(value)
        except LookupError:
            fault = Fault((), f"no encoding is called {value!r}", "try utf-8, cp1252 or latin-1")
            raise FaultsError([fault]) from None
        return value

    @model_validator(mode="after")
    def _distinct(self) -> CsvSpec:
        taken: dict[str, str] = {}
        for name in ("separator", "decimal", "thousands"):
            mark = getattr(self, name)
            if mark is not None and mark in taken:
                raise_faults(
                    [Fault((name,), f"is {mark!r}, as {taken[mark]} is", "give each a character of its own")]
                )
            taken[mark] = name
        return self


class ClockSpec(Spec):
    repeated: Literal["error", "first", "second", "in_order"] = "error"
    """A local time without an offset that happens twice, as clocks go back. first, second: the one or the other;
    in_order: the first row of a series that has it is the first, the next one the second."""
    skipped: Literal["error", "forward", "drop"] = "error"
    """A local time that does not exist, as clocks go forward. forward: the time that clocks show instead, such as
    03:30 for 02:30; drop: the row is left out."""


# Columns that forecasts bring; an id or time of the same name would be lost among them.
OUTPUT_NAMES = ("forecast", "cutoff", "target", "actual")


class DataSpec(Spec):
    path: Name
    """CSV (also .gz) or Parquet, relative to this file."""
    time: Name
    """Column of timestamps, or of integers with freq: 1."""
    freq: str | Annotated[int, Field(ge=1)]
    """Step between rows: a pandas offset alias (h, D, W-FRI, ME, 15min, …) or an integer."""
    id: Name | None = None
    """Column naming the series of a long table; null = the table is one series per target."""
    targets: Annotated[list[Name], Field(min_length=1)]
    """Columns to forecast."""
    past_covariates: Annotated[list[Name], BeforeValidator(_without_nulls)] = []
    """Columns known up to the forecast origin. null is left out, so that a search can turn a column on and off."""
    future_covariates: Annotated[list[Name], BeforeValidator(_without_nulls)] = []
    """Columns known over the horizon too. null is left out, as above."""
    static_covariates: list[Name] = []
    """Columns with one value per series."""
    calendar: Annotated[list[CalendarFeature], BeforeValidator(_without_nulls)] = []
    """Features derived from time, known ahead: hour, dayofweek, day, month, weekofyear, holiday:CC.
    null is left out, so that a search can turn one on and off: {choice: {values: [hour, null], default: hour}}."""
    categorical: dict[Name, Literal["one_hot", "embedding"]] = {}
    """Covariate columns that hold categories, and how they enter the network: one_hot, a channel each; embedding,
    a few learned channels. A category that no training row holds counts as the average of those known."""
    timezone: str | None = None
    """IANA zone of timestamps without an offset; null = timestamps are used as they are."""
    clock_changes: ClockSpec = ClockSpec()
    """What to do with the hours that the clocks of data.timezone repeat and skip."""
    missing: Literal["error", "ffill", "interpolate", "zero", "mask"] = "error"
    """What to do with absent rows and empty values."""
    duplicates: Literal["error", "mean", "last"] = "error"
    """What to do with two rows of one series and time."""
    csv: CsvSpec = CsvSpec()
    """How a CSV file is written."""
    start: str | int | None = None
    """Use rows from here, inclusive."""
    end: str | int | None = None
    """Use rows up to here, inclusive."""

    @field_validator("freq")
    @classmethod
    def _known_freq(cls, value: str | int) -> str | int:
        from forecaster.data.time_axis.axis import canonical_freq

        return canonical_freq(value)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            import difflib
            from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError):
                near = difflib.get_close_matches(value, sorted(available_timezones()), n=1)
                hint = f"did you mean {near[0]}?" if near else "give an IANA name such as Europe/Paris"
                raise FaultsError([Fault((), f"no time zone is called {value!r}", hint)]) from None
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
                    "is no covariate"
                    if listed is None
                    else f"is listed under {listed}, which holds no categories"
                )
                hint = "list it under past_covariates, future_covariates or static_covariates"
                faults.append(Fault(("categorical", name), what, hint))
        for role, taken in (("time", self.time), ("id", self.id)):
            if taken in OUTPUT_NAMES or (taken or "").startswith(("forecast-lo-", "forecast-hi-")):
                summary = f"column {taken!r} has a name that the tables of forecasts use"
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


SplitSize = (
    Annotated[float, Field(ge=0, lt=1)] | Annotated[int, Field(ge=0)] | Annotated[str, Field(min_length=1)]
)


class SplitSpec(Spec):
    val: SplitSize = 0.1
    """Share of each series, number of steps, or first date of the validation range."""
    test: SplitSize = 0.2
    """Share of each series, number of steps, or first date of the test range."""

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> SplitSpec:
        if isinstance(self.val, float) and isinstance(self.test, float) and self.val + self.test >= 1:
            total = f"val and test together are {self.val + self.test:g} of each series"
            raise_faults([Fault((), total, "leave a share for training")])
        return self


class WindowSpec(Spec):
    lookback: Annotated[int, Field(ge=1)]
    """Steps the network sees, and through which gradients reach back."""
    horizon: Annotated[int, Field(ge=1)]
    """Steps it forecasts."""
    stride: Annotated[int, Field(ge=1)] = 1
    """Steps between the first steps of neighbouring windows."""
    short: Literal["skip", "pad", "error"] = "skip"
    """Series whose training rows hold no whole window. skip: they are left out, and named. error: they are
    refused. pad: their windows begin before the first row, and the network does not see the steps that are not
    there."""


class ScalingSpec(Spec):
    method: Literal["standard", "minmax", "robust", "log", "none"] = "standard"
    """Fitted on training rows only."""
    per_series: bool = True
    """One fit per series, or one for all."""
