"""From a run directory and a table to the next steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forecaster.artifacts.run_dir import RunDir
from forecaster.config.experiment import Experiment
from forecaster.config.load import Loaded, load_experiment
from forecaster.data.fill import fill
from forecaster.data.grid import parse_stamp
from forecaster.data.panel import Panel
from forecaster.data.read import fingerprint, read_table
from forecaster.data.scalers import Scaler, fit_scaler
from forecaster.data.spec import CsvSpec, WindowSpec
from forecaster.data.windows import Windows
from forecaster.errors import DataError, Diagnostic, UsageError
from forecaster.forecasting.fitted import CONTEXT, Fitted
from forecaster.forecasting.table import forecast_table
from forecaster.pipeline.prepare import make_source

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int64]
_NAMED = 5


@dataclass(frozen=True)
class Predicted:
    table: pa.Table
    n_series: int
    notes: list[str]
    warnings: tuple[Diagnostic, ...] = ()


def predict(
    run: RunDir, *, data: Path | None = None, origin: str | None = None, horizon: int | None = None
) -> Predicted:
    """Forecast one horizon for every series of a table, from its last row or from `origin`.

    data: None takes the rows that training ended with, or the training data itself when
    an origin is named. origin: the last timestamp taken as known; no target after it is
    looked at. horizon: steps; None takes the trained one, more is for head recursive alone.
    Series that training never saw are scaled by their own history.
    Raises DataError and UsageError; writes nothing.
    """
    loaded = load_run(run)
    fitted = Fitted.load(run)
    experiment, steps = loaded.experiment, _steps(loaded.experiment, horizon)
    # A recursive network is built again for as many steps as asked; others put out what they learned.
    reach = max(steps, experiment.window.horizon)
    window = experiment.window.model_copy(update={"horizon": reach})
    experiment = experiment.model_copy(update={"window": window})
    if data is None and origin is None:
        run.check(CONTEXT)
        panel, known, warnings = _read(experiment, run.file(CONTEXT), csv=CsvSpec())
    elif data is None:
        if not loaded.data_path.exists():
            raise DataError(
                f"{loaded.data_path}: the data of this run is not there", hint="name a table with --data"
            )
        panel, known, warnings = _read(experiment, loaded.data_path)
    else:
        panel, known, warnings = _read(experiment, data)
    if origin is not None:
        panel, known, late = _up_to(panel, known, origin)
    else:
        late = []
    panel, known, notes = _long_enough(panel, known, window)
    notes = late + notes
    if (
        data is None
        and origin is not None
        and fingerprint(loaded.data_path) != run.manifest()["data"]["sha256"]
    ):
        notes.append(f"{loaded.data_path} was changed since the run was trained on it")
    panel = _without_the_future(panel, known, experiment)
    panel, observed = fill(panel, experiment.data.missing, barriers=known[:, None])
    scaler, more = _scaler_for(fitted.scaler, experiment, panel, known)
    groups = scaler.rows_for(panel.ids)
    source = make_source(experiment, panel, scaler, groups=groups, observed=observed)
    start = panel.offsets[:-1] + known - window.lookback
    series = np.arange(len(panel.ids), dtype=np.int32)
    padded = window.short == "pad"
    windows = Windows(source, window.lookback, window.horizon, series, start, padded=padded)

    from forecaster.training.backend import start_backend

    start_backend(experiment.runtime)
    fitted = replace(fitted, scaler=scaler, shape=replace(fitted.shape, horizon=reach))
    forecast = fitted.forecast(windows, groups)[:, :steps]
    table = forecast_table(panel, experiment.data, forecast, series=series, target_row=windows.target_row)
    return Predicted(table, len(series), [*notes, *more], warnings)


def load_run(run: RunDir) -> Loaded:
    """The experiment of a complete run, checked against its manifest."""
    run.check("resolved.yaml")
    return load_experiment(run.file("resolved.yaml"))


def _read(
    experiment: Experiment, path: Path, *, csv: CsvSpec | None = None
) -> tuple[Panel, Ints, tuple[Diagnostic, ...]]:
    """The table, how many rows of each series are known, not only looked ahead to, and warnings.

    Raises DataError also where most rows would have to be invented: a table of another frequency.
    """
    update: dict[str, object] = {"start": None, "end": None}
    if csv is not None:
        update["csv"] = csv
    panel, findings = read_table(experiment.data.model_copy(update=update), path, keep_future=True)
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


def _up_to(panel: Panel, known: Ints, origin: str) -> tuple[Panel, Ints, list[str]]:
    """The rows known at an origin, of the series that reach it; the others are named."""
    grid = panel.grid
    try:
        stamp = parse_stamp(origin, grid.timezone, integer=grid.is_integer)
        position = grid.at_or_after(stamp)
    except ValueError as error:
        raise UsageError(f"--from: {error}") from None
    if int(grid.stamps(np.array([position]))[0]) > stamp:
        position -= 1
    last = int((panel.first + known).max()) - 1
    if position < panel.first.min() or position > last:
        words = grid.text(np.array([panel.first.min(), last]))
        raise UsageError(
            f"--from: {origin} is outside {panel.source}, which goes from {words[0]} to {words[1]}",
            hint="name a time in between, or bring other rows with --data",
        )
    rows = np.maximum(position - panel.first + 1, 0)
    short = np.flatnonzero(rows > known)
    if not len(short):
        return panel, rows, []
    named = ", ".join(repr(panel.ids[s]) for s in short[:_NAMED]) + (", …" if len(short) > _NAMED else "")
    keep = np.flatnonzero(rows <= known)
    note = f"{len(short):,} series that end before {origin}: {named}; not forecast"
    return pick_series(panel, keep), rows[keep], [note]


def _steps(experiment: Experiment, asked: int | None) -> int:
    trained = experiment.window.horizon
    if asked is None or asked <= trained or experiment.model.head.type == "recursive":
        return asked or trained
    raise UsageError(
        f"--horizon {asked}: this network was trained for {trained} steps and puts out no more",
        hint="train with a longer window.horizon, or with model.head.type: recursive",
    )


def _long_enough(panel: Panel, known: Ints, window: WindowSpec) -> tuple[Panel, Ints, list[str]]:
    """Only the series with a whole lookback before their origin (with padding, any row); the
    others are named."""
    lookback = 1 if window.short == "pad" else window.lookback
    short = np.flatnonzero(known < lookback)
    if not len(short):
        return panel, known, []
    named = ", ".join(
        f"{panel.ids[s]!r} has {known[s]:,}" if panel.ids[s] else f"the table has {known[s]:,}"
        for s in short[:_NAMED]
    )
    more = f" and {len(short) - _NAMED:,} more" if len(short) > _NAMED else ""
    text = f"{panel.source}: a forecast needs {lookback:,} rows before its origin, and {named}{more}"
    if len(short) == len(known):
        raise DataError(text, hint="bring more rows with --data, or a later --from")
    keep = np.flatnonzero(known >= lookback)
    return pick_series(panel, keep), known[keep], [f"{text}; not forecast"]


def pick_series(panel: Panel, keep: Ints) -> Panel:
    """The panel with only some of its series, in order."""
    rows = np.concatenate([np.arange(panel.offsets[s], panel.offsets[s + 1]) for s in keep])
    return replace(
        panel,
        ids=tuple(panel.ids[s] for s in keep),
        first=panel.first[keep],
        offsets=np.concatenate([[0], np.cumsum(panel.lengths[keep])]),
        values=panel.values[rows],
        static=panel.static[keep],
    )


def _without_the_future(panel: Panel, known: Ints, experiment: Experiment) -> Panel:
    """Rows after the origin keep what is known ahead and nothing else.

    Raises DataError where a covariate that is known ahead is absent over the horizon.
    """
    horizon, first_ahead = experiment.window.horizon, len(panel.targets) + len(panel.past)
    length = np.minimum(panel.lengths, known + horizon) if panel.future else known
    if panel.future and (length < known + horizon).any():
        lacking = np.flatnonzero(length < known + horizon)
        words = panel.grid.text(panel.first[lacking[:_NAMED]] + length[lacking[:_NAMED]])
        named = ", ".join(
            f"{panel.ids[s]!r} from {word}" if panel.ids[s] else f"from {word}"
            for s, word in zip(lacking[:_NAMED], words, strict=True)
        )
        raise DataError(
            f"{panel.source}: {', '.join(panel.future)} must be known for {horizon} steps ahead, and rows are "
            f"missing for {len(lacking):,} series: {named}",
            hint="add rows for the horizon to --data, with the targets left empty",
        )
    count = length
    _refuse_unknown_ahead(panel, known, length, first_ahead)
    series = np.repeat(np.arange(len(count)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    values = panel.values[panel.offsets[:-1][series] + nth]
    values[nth >= known[series], :first_ahead] = 0.0
    return replace(panel, offsets=np.concatenate([[0], np.cumsum(count)]), values=values)


def _refuse_unknown_ahead(panel: Panel, known: Ints, length: Ints, first_ahead: int) -> None:
    """Raises DataError where a covariate that is known ahead has no value over the horizon."""
    for c in range(first_ahead, panel.values.shape[1]):
        for s in np.flatnonzero(length > known):
            begin = panel.offsets[s] + known[s]
            holes = np.flatnonzero(np.isnan(panel.values[begin : panel.offsets[s] + length[s], c]))
            if len(holes):
                when = panel.grid.text(panel.first[s : s + 1] + known[s] + holes[:1])[0]
                who = f"series {panel.ids[s]!r}" if panel.ids[s] else "the table"
                raise DataError(
                    f"{panel.source}: {who} has no {panel.columns[c]} at {when}, which must be known ahead",
                    hint="fill it in for every step of the horizon",
                )


def _scaler_for(
    scaler: Scaler, experiment: Experiment, panel: Panel, known: Ints
) -> tuple[Scaler, list[str]]:
    """The trained scaler, and for series it never saw a fit of their own history."""
    new = np.flatnonzero(scaler.rows_for(panel.ids) < 0)
    if not len(new):
        return scaler, []
    fresh = pick_series(panel, new)
    own = fit_scaler(
        experiment.scaling,
        fresh.values,
        fresh.offsets,
        known[new],
        ids=fresh.ids,
        n_targets=len(panel.targets),
    )
    named = ", ".join(repr(name) for name in fresh.ids[:_NAMED]) + (", …" if len(new) > _NAMED else "")
    return scaler.with_new(own), [
        f"{len(new):,} series that training never saw: {named}; scaled by their own history"
    ]
