"""Limits of a search: values that may not vary, spaces that an algorithm cannot search, and likely mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forecaster.config.dimensions import Dimension
from forecaster.config.dump import dump
from forecaster.config.experiment import Experiment, validate
from forecaster.config.positions import KeyPath
from forecaster.config.space import substitute
from forecaster.config.validation_errors import in_file_order
from forecaster.errors import Diagnostic, Location

# Each path or section with the reason why a search may not vary it.
FIXED: dict[KeyPath, str] = {
    ("version",): "belongs to the file, not to a trial",
    ("name",): "belongs to the file, not to a trial",
    ("output",): "belongs to the file, not to a trial",
    ("tracking",): "belongs to the file, not to a trial",
    ("tune",): "says how to search, and cannot be searched itself",
    ("runtime", "threads"): "is the same for every trial",
    ("split",): "decides which targets are scored, which must be the same for every trial",
    ("window", "horizon"): "decides which targets are scored, which must be the same for every trial",
    ("evaluation",): "decides how trials are scored, which must be the same for every trial",
    **{
        ("data", key): "decides which rows there are, which must be the same for every trial"
        for key in (
            *(
                "path",
                "time",
                "time_parts",
                "freq",
                "id",
                "targets",
                "timezone",
                "clock_changes",
                "csv",
                "start",
                "end",
            ),
            "duplicates",
        )
    },
    ("data", "missing"): "decides which values are scored, which must be the same for every trial",
    ("model", "stateful"): "decides which targets are scored, which must be the same for every trial",
}
# Each of these changes the unit or the meaning of the loss.
OF_THE_LOSS: tuple[KeyPath, ...] = (("training", "loss"), ("scaling",), ("model", "output"))
# The most values of one dimension: KerasTuner lists them all in memory.
MOST_OF_A_GRID = 10_000
# The keys that limit each algorithm; the other algorithms ignore them.
HYPERBAND, OTHERS = ("max_epochs", "factor", "hyperband_iterations"), ("max_trials",)


def search_faults(experiment: Experiment) -> list[Diagnostic]:
    """Return the reasons why the experiment cannot be searched; empty if it can."""
    faults = [fault for d in experiment.dimensions for fault in faults_of(d, experiment)]
    if experiment.spec.split.val == 0:
        place = experiment.positions.of_value(("split", "val"))
        hint = "give validation a share"
        faults.append(Diagnostic("is 0, and a search scores validation windows", hint, place, "split.val"))
    tune = experiment.spec.tune
    if tune.algorithm == "hyperband" and tune.max_epochs < tune.factor:
        place = experiment.positions.of_value(("tune", "max_epochs"))
        summary = f"is {tune.max_epochs}, below tune.factor, {tune.factor}: hyperband would continue no trial"
        hint = "raise it, or use algorithm random"
        faults.append(Diagnostic(summary, hint, place, "tune.max_epochs"))
    return in_file_order(faults)


def search_warnings(experiment: Experiment) -> list[Diagnostic]:
    """Return warnings about settings of a search that are valid but probably not intended."""
    tune, positions = experiment.spec.tune, experiment.positions
    found = []
    if tune.objective.direction == "max":
        path = ("tune", "objective", "direction")
        summary = f"max looks for the largest {tune.objective.metric}, and the smallest error is the best"
        hint = "set it to min"
        found.append(Diagnostic(summary, hint, positions.of_value(path), ".".join(path), "warning"))
    own, others = (HYPERBAND, OTHERS) if tune.algorithm == "hyperband" else (OTHERS, HYPERBAND)
    given = tune.model_fields_set
    # A file with both kinds of keys is meant for several algorithms.
    for key in (k for k in others if k in given and not given.intersection(own)):
        summary = f"has no effect on {tune.algorithm}, which uses {', '.join(own)}"
        hint = f"give {own[0]}, or another algorithm"
        found.append(Diagnostic(summary, hint, positions.of_key(("tune", key)), f"tune.{key}", "warning"))
    return in_file_order(found)


def faults_of(d: Dimension, experiment: Experiment) -> list[Diagnostic]:
    """Return the reasons why one dimension cannot be searched; empty if it can.

    Args:
        d: The dimension.
        experiment: The experiment.
    """
    spec, tune = experiment.spec, experiment.spec.tune
    here = experiment.positions.of_key(d.path)
    for fixed, why in FIXED.items():
        if d.path[: len(fixed)] == fixed:
            return [Diagnostic(f"cannot be searched: it {why}", "give one value", here, d.name)]
    faults = []
    if tune.algorithm == "grid":
        inside, n_values = experiment.positions.of_key((*d.path, d.kind)), d.range.n_values
        if n_values is None:
            hint = "add a step, list the values in a choice, or use another algorithm"
            faults.append(Diagnostic("algorithm grid needs a step here", hint, inside, d.name))
        elif n_values > MOST_OF_A_GRID:
            summary = f"has {n_values:,} values, and algorithm grid tries at most {MOST_OF_A_GRID:,}"
            hint = "raise the step, list the values in a choice, or use another algorithm"
            faults.append(Diagnostic(summary, hint, inside, d.name))
    if tune.ensemble is not None and d.path == ("training", "ensemble"):
        summary = "cannot be searched with tune.ensemble, which sets it for every trial"
        faults.append(Diagnostic(summary, "give one value, or remove tune.ensemble", here, d.name))
    if tune.algorithm == "hyperband" and d.path == ("training", "epochs"):
        hint = "give tune.max_epochs instead"
        faults.append(Diagnostic("cannot be searched: hyperband decides the epochs", hint, here, d.name))
    of_the_loss = any(d.path[: len(part)] == part for part in OF_THE_LOSS)
    if tune.objective.metric == "val_loss" and of_the_loss:
        summary = "cannot be searched by val_loss: losses of different kinds or units cannot be compared"
        hint = "set tune.objective.metric to val_mae, or give one value"
        faults.append(Diagnostic(summary, hint, here, d.name))
    if spec.model.stateful and d.path in (("window", "lookback"), ("window", "stride")):
        summary = "cannot be searched with model.stateful, whose windows are a lookback apart"
        faults.append(Diagnostic(summary, "give one value", here, d.name))
    return faults


def ends_of(experiment: Experiment) -> Iterator[tuple[Dimension, Any, Location]]:
    """Yield both ends of every range and every choice, with the dimension and the location in the file."""
    for dimension in experiment.dimensions:
        for inside, value in dimension.range.ends().items():
            yield dimension, value, experiment.positions.of_value((*dimension.path, dimension.kind, *inside))


def with_tried(value: Any, summary: str) -> str:
    """Return the summary of a fault that one value of a search space has."""
    return f"with {_yaml(value)}, which the search may try: {summary}"


def check_ends(experiment: Experiment) -> list[Diagnostic]:
    """Validate the experiment with both ends of every range and every choice, one at a time."""
    faults = []
    for dimension, value, where in ends_of(experiment):
        tree = substitute(experiment.values, {dimension.path: value})
        for wrong in validate(tree, experiment.positions)[1]:
            at = "" if wrong.path == dimension.name else f"{wrong.path}: "
            summary = with_tried(value, f"{at}{wrong.summary}")
            faults.append(Diagnostic(summary, wrong.hint, where, dimension.name))
    return in_file_order(faults)


def _yaml(value: Any) -> str:
    return dump({"v": value})[3:].strip()
