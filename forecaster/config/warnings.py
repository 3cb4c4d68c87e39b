"""Warnings about settings that are valid but probably not intended."""

from __future__ import annotations

from typing import Any

from forecaster.config.positions import KeyPath, Positions, dotted
from forecaster.config.spec import ExperimentSpec
from forecaster.errors import Diagnostic
from forecaster.model.cells import RecurrentSpec
from forecaster.training.spec import CosineSchedule, PlateauSchedule

# (path, summary, hint)
Odd = tuple[KeyPath, str, str]


def warnings_of(experiment: ExperimentSpec, values: Any, positions: Positions) -> list[Diagnostic]:
    """Return one warning per setting that is probably not intended.

    Args:
        experiment: The validated file.
        values: The values of the file, with search nodes replaced by their defaults.
        positions: The line and column of every value.
    """
    given, freq = values["data"]["freq"], experiment.data.freq
    found: list[Odd] = []
    # QS, QE and YE stand for the one of several that begins with January or ends with December.
    if given != freq and str(freq).partition("-")[0] != given:
        found.append((("data", "freq"), f"{given!r} is an old name and is read as {freq!r}", f"write {freq}"))
    if "backend" in (values.get("runtime") or {}):
        found.append(
            (("runtime", "backend"), "is no key any more: forecaster runs on TensorFlow", "remove it")
        )
    found += [*_off_the_fused_kernel(experiment), *_unseen(experiment), *_never(experiment)]
    return [
        Diagnostic(summary, hint, positions.of_value(path), dotted(path), "warning")
        for path, summary, hint in found
    ]


def _off_the_fused_kernel(experiment: ExperimentSpec) -> list[Odd]:
    found: list[Odd] = []
    layers = [(i, x) for i, x in enumerate(experiment.model.layers) if isinstance(x, RecurrentSpec)]
    slower = "rules out the fused GPU kernel, which"
    for i, layer in layers:
        for key, (reason, quick) in layer.off_fused_kernel().items():
            hint = (
                "leave it out on a GPU, where the layer runs several times slower; on a processor it costs nothing"
                if quick
                else "leave it out where speed counts: without the kernel a layer runs several times slower on a GPU, "
                "and this one slower on a processor too"
            )
            found.append((("model", "layers", i, key), f"{slower} {reason}", hint))
    return found


def _unseen(experiment: ExperimentSpec) -> list[Odd]:
    normalization = experiment.model.normalization
    if experiment.window.lookback > 1 or normalization == "none":
        return []
    left = "its sign" if normalization == "mean" else "nothing"
    summary = f"{normalization} leaves {left} of the targets in a window of one step"
    return [(("model", "normalization"), summary, "set it to none, so that the network sees the value")]


def _never(experiment: ExperimentSpec) -> list[Odd]:
    training = experiment.training
    stopping, epochs, schedule = training.early_stopping, training.epochs, training.schedule
    found: list[Odd] = []
    asked = "early_stopping" in training.model_fields_set
    if asked and stopping is not None and stopping.patience >= epochs:
        summary = f"is {stopping.patience} and training.epochs is {epochs}, so training never stops early"
        found.append((("training", "early_stopping", "patience"), summary, "lower it"))
    if isinstance(schedule, CosineSchedule) and schedule.warmup >= epochs:
        summary = f"is {schedule.warmup} and training.epochs is {epochs}, so the full rate is never reached"
        found.append((("training", "schedule", "warmup"), summary, "lower it"))
    if (
        isinstance(schedule, PlateauSchedule)
        and stopping is not None
        and stopping.patience <= schedule.patience
    ):
        summary = (
            f"is {schedule.patience} and training.early_stopping.patience is {stopping.patience}, so training "
            "stops before a lower rate is tried"
        )
        found.append((("training", "schedule", "patience"), summary, "lower it, or wait longer to stop"))
    return found
