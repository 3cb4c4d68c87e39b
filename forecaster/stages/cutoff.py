"""The rows that a forecast starts from: read, cut at its origin, and made whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forecaster.config.experiment import Experiment
from forecaster.config.load import Loaded, load_experiment
from forecaster.data.panel import Panel
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.table import fingerprint
from forecaster.data.spec import CsvSpec, WindowSpec
from forecaster.data.time_axis.axis import TimeAxis, parse_stamp
from forecaster.data.transforms.fill import fill, refusal
from forecaster.data.transforms.scalers import Scaler
from forecaster.errors import DataError, Diagnostic, UsageError
from forecaster.forecasting.fitted import CONTEXT
from forecaster.runs.directory import RunDir

Ints = npt.NDArray[np.int64]
NAMED = 5


@dataclass(frozen=True)
class ForecastStart:
    """The series to forecast. known: (series,), how many of the rows of each lie at or before the
    origin; those behind it are there for what is known ahead."""

    panel: Panel
    known: Ints
    notes: list[str]
    warnings: tuple[Diagnostic, ...]


def load_run(run: RunDir) -> Loaded:
    """The experiment of a complete run, checked against its manifest.

    Raises UsageError for a backtest: it has no network to go on with.
    """
    run.check("resolved.yaml")
    if (run.started() or {}).get("command") == "backtest":
        raise UsageError(
            f"{run.path}: is a backtest, and keeps no network",
            hint=f"see its scores with: forecaster show {run.path}; or name a run of forecaster train",
        )
    return load_experiment(run.file("resolved.yaml"))


def reaching(loaded: Loaded, steps: int | None) -> tuple[Loaded, int]:
    """The experiment with a horizon that holds so many steps, and how many are asked for.

    A recursive network is built again for as many steps as asked; others put out what they learned.
    Raises UsageError where that is too few.
    """
    experiment = loaded.experiment
    steps = _steps(experiment, steps)
    window = experiment.window.model_copy(update={"horizon": max(steps, experiment.window.horizon)})
    return replace(loaded, experiment=experiment.model_copy(update={"window": window})), steps


def _steps(experiment: Experiment, asked: int | None) -> int:
    trained = experiment.window.horizon
    if asked is None or asked <= trained or experiment.model.head.type == "recursive":
        return asked or trained
    raise UsageError(
        f"--horizon {asked}: this network was trained for {trained} steps and puts out no more",
        hint="train with a longer window.horizon, or with model.head.type: recursive",
    )


def find_forecast_start(
    run: RunDir, loaded: Loaded, time_axis: TimeAxis, *, data: Path | None, cutoff: str | None
) -> ForecastStart:
    """Read the rows a forecast starts from; see `predict` for data and origin.

    time_axis: the time axis of the training rows. Raises DataError and UsageError.
    """
    experiment = loaded.experiment
    notes: list[str] = []
    if data is None and cutoff is None:
        run.check(CONTEXT)
        panel, known, warnings = _read_rows(experiment, run.file(CONTEXT), time_axis, csv=CsvSpec())
    elif data is None:
        if not loaded.data_path.exists():
            raise DataError(
                f"{loaded.data_path}: the data of this run is not there", hint="name a table with --data"
            )
        panel, known, warnings = _read_rows(experiment, loaded.data_path, time_axis)
    else:
        panel, known, warnings = _read_rows(experiment, data, time_axis)
    if cutoff is not None:
        panel, known, notes = _up_to(panel, known, cutoff)
    panel, known, short = _long_enough(panel, known, experiment.window)
    notes = notes + short
    if (
        data is None
        and cutoff is not None
        and fingerprint(loaded.data_path) != run.manifest()["data"]["sha256"]
    ):
        notes.append(f"{loaded.data_path} was changed since the run was trained on it")
    return ForecastStart(panel, known, notes, warnings)


def without_gaps(
    panel: Panel, known: Ints, experiment: Experiment, scaler: Scaler
) -> tuple[Panel, npt.NDArray[np.bool_], list[str]]:
    """The panel with missing values filled by data.missing, which target cells count, and notes.

    Under "error" a gap is refused where the network would see it: in the last lookback of
    each series, or anywhere where the state is carried from the first row on. Older rows
    only tell the scale of a series that training never saw, and are filled forward.
    An empty static covariate is taken for the mean over the training series.
    """
    panel, notes = _with_statics(panel, scaler)
    policy = experiment.data.missing
    if policy == "error":
        lookback = experiment.window.lookback
        low = np.zeros_like(known) if experiment.model.stateful else np.maximum(known - lookback, 0)
        seen = panel.between(low, panel.lengths)
        if np.isnan(seen.values).any():
            rows = "every row" if experiment.model.stateful else f"the last {lookback:,} rows"
            raise refusal(
                seen,
                f"a forecast needs {rows} before its origin whole: fill them in, or give --from an earlier time",
            )
        policy = "ffill"
    panel, observed = fill(panel, policy, barriers=known[:, None])
    return panel, observed, notes


def _with_statics(panel: Panel, scaler: Scaler) -> tuple[Panel, list[str]]:
    numeric = [k for k, name in enumerate(panel.statics) if name not in panel.categories]
    loc = np.full(len(panel.statics), np.nan)
    loc[numeric] = scaler.static_loc
    missing = np.isnan(panel.static) & ~np.isnan(loc)
    notes = []
    for k in np.flatnonzero(missing.any(axis=0)).tolist():
        who = [repr(panel.ids[s]) for s in np.flatnonzero(missing[:, k])]
        named = ", ".join(who[:NAMED]) + (", …" if len(who) > NAMED else "")
        notes.append(
            f"{len(who):,} series without a value of {panel.statics[k]!r}: {named}; taken for the mean of the "
            f"training series, {loc[k]:g}"
        )
    for k in (k for k in range(len(panel.statics)) if k not in numeric):
        n = int(np.isnan(panel.static[:, k]).sum())
        if n:
            notes.append(f"{n:,} series without a value of {panel.statics[k]!r}; counted as an average one")
    static = np.where(missing, loc, panel.static)
    return replace(panel, static=static), notes


def _read_rows(
    experiment: Experiment, path: Path, time_axis: TimeAxis, *, csv: CsvSpec | None = None
) -> tuple[Panel, Ints, tuple[Diagnostic, ...]]:
    """The table, how many rows of each series are known, not only looked ahead to, and warnings.

    Raises DataError also where most rows would have to be invented: a table of another frequency.
    """
    update: dict[str, object] = {"start": None, "end": None}
    if csv is not None:
        update["csv"] = csv
    spec = experiment.data.model_copy(update=update)
    panel, findings = load_table(spec, path, keep_future=True, time_axis=time_axis)
    known = panel.lengths - findings.future_rows
    invented = int(findings.gap_length.sum())
    if experiment.data.missing != "zero" and invented * 2 > int(panel.lengths.sum()):
        usual = int(np.median(findings.gap_length)) + 1
        raise DataError(
            f"{path}: this network was trained on data.freq {experiment.data.freq}, and most rows of this table are "
            f"{usual:,} such steps from the next",
            hint="bring a table of the same frequency",
        )
    return panel, known, findings.warnings


def _up_to(panel: Panel, known: Ints, cutoff: str) -> tuple[Panel, Ints, list[str]]:
    """The rows known at an origin, of the series that reach it; the others are named."""
    time_axis = panel.time_axis
    try:
        stamp = parse_stamp(cutoff, time_axis.timezone, integer=time_axis.is_integer)
        position = time_axis.at_or_after(stamp)
    except ValueError as error:
        raise UsageError(f"--from: {error}") from None
    if int(time_axis.stamps(np.array([position]))[0]) > stamp:
        position -= 1
    last = int((panel.first + known).max()) - 1
    if position < panel.first.min() or position > last:
        words = time_axis.text(np.array([panel.first.min(), last]))
        raise UsageError(
            f"--from: {cutoff} is outside {panel.source}, which goes from {words[0]} to {words[1]}",
            hint="name a time in between, or bring other rows with --data",
        )
    rows = np.maximum(position - panel.first + 1, 0)
    short = np.flatnonzero(rows > known)
    if not len(short):
        return panel, rows, []
    named = ", ".join(repr(panel.ids[s]) for s in short[:NAMED]) + (", …" if len(short) > NAMED else "")
    keep = np.flatnonzero(rows <= known)
    note = f"{len(short):,} series that end before {cutoff}: {named}; not forecast"
    return panel.pick(keep), rows[keep], [note]


def _long_enough(panel: Panel, known: Ints, window: WindowSpec) -> tuple[Panel, Ints, list[str]]:
    """Only the series with a whole lookback before their origin (with padding, any row); the
    others are named."""
    lookback = 1 if window.short == "pad" else window.lookback
    short = np.flatnonzero(known < lookback)
    if not len(short):
        return panel, known, []
    named = ", ".join(
        f"{panel.ids[s]!r} has {known[s]:,}" if panel.ids[s] else f"the table has {known[s]:,}"
        for s in short[:NAMED]
    )
    more = f" and {len(short) - NAMED:,} more" if len(short) > NAMED else ""
    text = f"{panel.source}: a forecast needs {lookback:,} rows before its origin, and {named}{more}"
    if len(short) == len(known):
        raise DataError(text, hint="bring more rows with --data, or a later --from")
    keep = np.flatnonzero(known >= lookback)
    return panel.pick(keep), known[keep], [f"{text}; not forecast"]
