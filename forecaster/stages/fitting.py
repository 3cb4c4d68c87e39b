"""From windows to a fitted forecaster and its scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forecaster.config.load import Loaded
from forecaster.data.transforms.split import SplitName
from forecaster.errors import DataError
from forecaster.evaluation.intervals import probabilities
from forecaster.evaluation.metrics import METRICS, Scored
from forecaster.evaluation.scores import Forecasts
from forecaster.forecasting.fitted import Fitted, TrainingScales
from forecaster.runs.directory import CHECKPOINTS, FileCheckpoints, RunDir
from forecaster.stages.prepared import Prepared
from forecaster.stages.scoring import Scores, score
from forecaster.training.progress import EpochRow, Listener, Silent

if TYPE_CHECKING:
    from forecaster.training.batches import BatchExtras
    from forecaster.training.fit import Score

SCORED: tuple[SplitName, ...] = ("val", "test")


@dataclass(frozen=True)
class Trained:
    """What training leaves behind, and how good it is."""

    fitted: Fitted
    history: list[EpochRow]
    scores: Scores


def train(
    loaded: Loaded, prepared: Prepared, run: RunDir, *, listener: Listener | None = None, smoke: bool = False
) -> Trained:
    """Fit every member, forecast validation and test, score both beside the baselines.

    Checkpoints in the run directory are taken up where they are. Raises TrainingError
    when the loss becomes NaN.
    """
    fitted, history = fit_members(prepared, run, listener=listener, smoke=smoke)
    windows = prepared.windows
    known = probabilities(prepared.experiment.evaluation.levels)
    found = {
        name: Forecasts(*fitted.outlook(windows[name], windows[name].series.astype(np.int64), known))
        for name in SCORED
        if len(windows[name])
    }
    scores = score(prepared, found)
    scales = TrainingScales(prepared.panel.ids, *prepared.scales)
    return Trained(replace(fitted, training=scales, calibration=scores.calibration), history, scores)


def fit_members(
    prepared: Prepared,
    run: RunDir,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
    until: int | None = None,
) -> tuple[Fitted, list[EpochRow]]:
    """Fit every member, from its checkpoint where there is one.

    until: the epoch to pause after; None trains to the end.
    """
    from forecaster.training.backend import has_gpu, start_backend

    experiment = prepared.experiment
    start_backend(experiment.runtime)
    from forecaster.model.anchor import choose_blend_weight, fit_anchor
    from forecaster.model.build import build
    from forecaster.model.execution import PREDICT_BATCH, choose_execution
    from forecaster.training.fit import MemberTask, fit
    from forecaster.training.state import weights_of

    spec, shape, windows = experiment.training, prepared.shape, prepared.windows
    if smoke:
        spec = spec.model_copy(
            update={"epochs": 1, "ensemble": min(spec.ensemble, 2), "steps_per_epoch": None}
        )
    side_by_side = (
        min(spec.batch_size, len(prepared.panel.ids)) if experiment.model.stateful else spec.batch_size
    )
    n_batches = spec.steps_per_epoch or -(-len(windows["train"]) // side_by_side)
    execution = choose_execution(
        experiment.model,
        shape,
        batch_size=side_by_side,
        n_batches=n_batches,
        n_epochs=min(spec.epochs, until or spec.epochs),
        threads=experiment.runtime.threads,
        gpu=has_gpu(),
    )
    history, members, extras = [], [], batch_extras(prepared)
    val = windows["val"] if len(windows["val"]) else None
    val_score = val_score_of(prepared, extras) if val else None
    anchor, anchor_spec = None, experiment.model.anchor
    for member in range(spec.ensemble):
        seed = experiment.seed + member
        network = build(
            experiment.model, shape, seed=seed, unroll=execution.unroll, streams=extras.streams or 1
        )
        network.run_as(execution, min(spec.batch_size, len(windows["train"])))
        if anchor_spec is not None:
            if anchor is None:
                anchor = fit_anchor(
                    anchor_spec, network.normalization, shape, train=windows["train"], val=val
                )
            network.set_anchor(anchor)
        task = MemberTask(windows["train"], val, val_score, seed, member, extras)
        store = FileCheckpoints(run.file(f"{CHECKPOINTS}/member-{member}.safetensors"))
        history += fit(
            network,
            task,
            spec,
            execution=execution,
            listener=listener or Silent(),
            checkpoints=store,
            until=until,
        )
        blend_weight = None
        if val is not None and anchor_spec is not None and anchor_spec.mode == "average":
            blend_weight = choose_blend_weight(network, val, PREDICT_BATCH)
        members.append(weights_of(network))
        run.event("member_done", member=member, epochs=history[-1].epoch, network_share=blend_weight)
    fitted = Fitted(
        experiment.model, shape, prepared.scaler, members, prepared.panel.time_axis, prepared.encoders
    )
    return fitted, history


def batch_extras(prepared: Prepared) -> BatchExtras:
    """What the head and the loss want beside a window's inputs and targets."""
    from forecaster.training.batches import BatchExtras

    model, loss = prepared.experiment.model, prepared.experiment.training.loss
    groups, n = prepared.scaler.rows_for(prepared.panel.ids), prepared.source.n_targets
    scale, loc = prepared.scaler.scale[groups, :n], prepared.scaler.loc[groups, :n]
    constant = None
    if loss == "mase":
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = scale / prepared.scales.naive_error
        constant = np.where(np.isfinite(weight), weight, 0.0).astype(np.float32)
    elif loss == "smape":
        constant = (loc / scale).astype(np.float32)
    elif loss == "owa":
        constant = _owa_weight(prepared).astype(np.float32)
    if constant is not None and loss in ("mase", "owa") and not constant.any():
        raise DataError(
            f"no series has an in-sample seasonal-naive error to divide by, which loss {loss} needs",
            hint="lower evaluation.seasonality, or use mae",
            path="training.loss",
        )
    return BatchExtras(
        teacher=model.head.feeds_back,
        every_step=(model.patch or 1) if model.head.forecasts_every_step else None,
        series_constant=constant,
        streams=min(prepared.experiment.training.batch_size, len(prepared.panel.ids))
        if model.stateful
        else None,
    )


def _owa_weight(prepared: Prepared) -> npt.NDArray[np.float64]:
    """(series, targets): what a unit of MASE is worth in sMAPE, over the in-sample error q.

    The overall weighted average of M4 (Makridakis et al., 2020) divides sMAPE and MASE by
    those of a simple method; here that is the seasonal naive on training rows, whose MASE is 1.
    """
    panel, n, season = prepared.panel, prepared.source.n_targets, prepared.season
    rows = np.arange(season, len(panel.values))
    series = panel.series_of_rows(rows)
    place = rows - panel.offsets[series]
    pairs = rows[(place >= season) & (place < prepared.split_bounds.train_end[series])]
    now, before = panel.values[pairs, :n], panel.values[pairs - season, :n]
    size = np.abs(now) + np.abs(before)
    smape = np.divide(2 * np.abs(now - before), size, out=np.zeros_like(size), where=size > 0).mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = smape / prepared.scales.naive_error
    return np.where(np.isfinite(weight), weight, 0.0)


def val_score_of(prepared: Prepared, extras: BatchExtras) -> Score:
    """Scores of validation forecasts: the loss in scaled units, the metrics in original ones."""
    from forecaster.model.outputs import point
    from forecaster.training.batches import loss_targets
    from forecaster.training.losses import make_loss

    experiment, windows = prepared.experiment, prepared.windows["val"]
    stopping = experiment.training.early_stopping
    names = {"mae", experiment.tune.objective.metric.removeprefix("val_")}
    if stopping is not None:
        names.add(stopping.monitor.removeprefix("val_"))
    metrics = sorted(name for name in names if name in METRICS)
    output = experiment.model.output
    loss = make_loss(experiment.training.loss, output)
    scaled = loss_targets(windows, np.arange(len(windows)), replace(extras, every_step=None))
    actual, groups = prepared.actual(windows), windows.series.astype(np.int64)

    def score(forecast: npt.NDArray[np.float32]) -> dict[str, float]:
        original = prepared.scaler.invert(point(output, forecast), groups)
        scored = Scored(actual, original, windows.series, *prepared.scales)
        return {"loss": float(loss(scaled, forecast)), **{m: METRICS[m](scored) for m in metrics}}

    return score
