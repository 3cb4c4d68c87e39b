"""What a request asks for: its options, and the tables in a JSON body."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecaster.errors import Diagnostic
from forecaster.service.problems import RequestError
from forecaster.text import joined, listed, quoted, shortened

MOST_STEPS, MOST_NAMED = 1_000_000, 100_000
Percent = Annotated[float, Field(gt=0, lt=100)]
# The names under which MLflow takes a table; `instances` is KServe's too.
MLFLOW_TABLES = ("dataframe_split", "dataframe_records", "inputs", "instances")


class Options(BaseModel):
    """What a forecast is to be like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str | None = Field(
        None, max_length=100, description="The name of the run. The default is the first one."
    )
    horizon: int | None = Field(
        None, ge=1, le=MOST_STEPS, description="The number of steps. The default is the trained horizon."
    )
    cutoff: int | str | None = Field(
        None,
        description="The last time that the forecast takes as known. The default is the last row of each series.",
    )
    expect_until: int | str | None = Field(
        None,
        description="The time up to which every series is expected to have rows; others are named in a note.",
    )
    levels: tuple[Percent, ...] | None = Field(
        None, max_length=100, description="The levels of the intervals, in percent, among those of the run."
    )
    series: tuple[str, ...] = Field(
        (), max_length=MOST_NAMED, description="The ids to forecast. The default is all."
    )
    leave_out: tuple[str, ...] = Field(
        (),
        max_length=MOST_NAMED,
        description="The ids of series that are not forecast, such as ended ones, and not missed with strict.",
    )
    strict: bool = Field(
        False,
        description="Whether to refuse a table in which series end before others, are too short or are missing.",
    )

    @property
    def cutoff_text(self) -> str | None:
        """The cutoff as text."""
        return None if self.cutoff is None else str(self.cutoff)

    @property
    def expect_until_text(self) -> str | None:
        """The time up to which rows are expected, as text."""
        return None if self.expect_until is None else str(self.expect_until)


@dataclass(frozen=True)
class Asked:
    """A request with a JSON body.

    Attributes:
        options: What the forecast is to be like.
        data: The table as JSON values; None where there is none.
        future: The future covariates, likewise.
    """

    options: Options
    data: Any = None
    future: Any = None


def options_of(values: Mapping[str, Any]) -> Options:
    """Return checked options. Raises RequestError that names every option at fault."""
    try:
        return Options.model_validate(values)
    except ValidationError as error:
        raise RequestError(
            422, "options", "the options are not valid", [_fault(e) for e in error.errors()]
        ) from None


def _fault(error: Mapping[str, Any]) -> Diagnostic:
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return Diagnostic("there is no such option", hint=f"use {_known()}", path=path)
    return Diagnostic(error["msg"][:1].lower() + error["msg"][1:], path=path)


def _known() -> str:
    return joined(list(Options.model_fields), word="or")


def query_options(query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the options of an address: series and leave_out may be repeated, levels has commas.

    Raises:
        RequestError: When another option is given twice.
    """
    found: dict[str, Any] = {}
    for name, text in query:
        if name in ("series", "leave_out"):
            found.setdefault(name, []).append(text)
        elif name in found:
            _reject(f"{shortened(name, 40)} is given twice", path=name)
        elif name == "levels":
            found[name] = [part for part in text.split(",") if part.strip()]
        else:
            found[name] = text
    return found


def parse_json(body: bytes) -> dict[str, Any]:
    """Return a JSON object. Raises RequestError for anything else."""
    try:
        found = json.loads(body, parse_constant=_no_number)
    except RecursionError:
        raise RequestError(400, "json", "the body is nested too deeply") from None
    # UnicodeDecodeError is a ValueError too, and so is an integer of thousands of digits.
    except ValueError as error:
        raise RequestError(400, "json", f"the body is not JSON: {shortened(str(error), 200)}") from None
    if not isinstance(found, dict):
        raise RequestError(400, "json", "the body is not a JSON object")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number; write null for a missing value")


def asked_of(body: Mapping[str, Any], query: Mapping[str, Any]) -> Asked:
    """Return what a body of `/v1/forecast` asks for: options beside `data` and `future`.

    Args:
        body: The JSON object.
        query: The options of the address.
    """
    options = {key: value for key, value in body.items() if key not in ("data", "future")}
    return Asked(options_of(_both(options, query)), body.get("data"), body.get("future"))


def invocation_of(body: Mapping[str, Any], query: Mapping[str, Any]) -> Asked:
    """Return what a body of `/invocations` asks for: one table under a name of MLflow's, and `params`.

    Raises:
        RequestError: When there are several tables, a key is unknown, or params is no object of options.
    """
    given = [key for key in MLFLOW_TABLES if key in body]
    if len(given) > 1:
        _reject(f"the body holds {joined(given, word='and')}, and one table is forecast")
    unknown = sorted(set(body) - {*MLFLOW_TABLES, "params"})
    if unknown:
        _reject(
            f"the body holds {listed(quoted(shortened(name, 40) for name in unknown), most=5)}",
            hint=f"use {joined(MLFLOW_TABLES, word='or')}, and params",
        )
    params = body.get("params") or {}
    if not isinstance(params, dict):
        _reject("is not an object", path="params")
    options = {key: value for key, value in params.items() if key != "future"}
    return Asked(
        options_of(_both(options, query)), body.get(given[0]) if given else None, params.get("future")
    )


def _both(options: Mapping[str, Any], query: Mapping[str, Any]) -> dict[str, Any]:
    twice = sorted(set(options) & set(query))
    if twice:
        _reject(f"{joined(twice, word='and')}: given in the address and in the body", path=twice[0])
    return {**query, **options}


def _reject(text: str, *, hint: str | None = None, path: str = "") -> NoReturn:
    raise RequestError(422, "options", text, [Diagnostic(text, hint=hint, path=path)])
