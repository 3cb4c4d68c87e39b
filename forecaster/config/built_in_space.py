"""The search space of a file without search nodes: values around those of the file, each valid with all others."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from forecaster.config.dimensions import KINDS, Dimension, Scalar
from forecaster.config.experiment import NO_FILE, Experiment, validate
from forecaster.config.plain import merged
from forecaster.config.positions import KeyPath, Positions, dotted
from forecaster.config.searchable import HYPERBAND, faults_of
from forecaster.config.spec import ExperimentSpec
from forecaster.data.time_axis.axis import default_seasonality
from forecaster.model.cells import DropoutSpec, RecurrentSpec

# How long a search of a built-in space takes, unless the file or the command line limit it.
TIME_BUDGET = "15m"
# The learning rate is searched from one such part of the file's to so many times it.
RATE_FACTOR = 3.0
# The dropout that is always within the range.
USUAL_DROPOUT = 0.4
CELLS: tuple[Scalar, ...] = ("gru", "lstm")
NORMALIZATIONS: tuple[Scalar, ...] = ("last", "mean", "revin", "season", "none")
LOSSES: tuple[Scalar, ...] = ("mae", "mse", "huber", "mase", "smape", "owa")
# A search node as plain values.
SearchNode = dict[str, dict[str, Any]]


def lookbacks(spec: ExperimentSpec) -> list[int]:
    """Return the lookbacks beside that of the file: half and double, in whole seasons and patches, in steps.

    Args:
        spec: The settings of the file.
    """
    own = spec.window.lookback
    patch = spec.model.patch or 1
    season = spec.model.season or spec.evaluation.seasonality or default_seasonality(spec.data.freq)
    whole = math.lcm(season, patch)
    # A window of less than one season cannot have a whole number of them.
    unit = whole if whole <= own else patch
    found = {round(own * share / unit) * unit for share in (0.5, 2)}
    # Of a window of one step most normalisations leave nothing.
    return sorted(n for n in found - {own} if 1 < n <= 2 * own)


def with_built_in_space(
    experiment: Experiment, *, lookbacks: Sequence[int], logs: bool, time_budget: str | None = None
) -> Experiment:
    """Return the experiment with search nodes in place of the values that are worth a search.

    Every value of a node is valid with every value of the others, and the default of each is that of the file.

    Args:
        experiment: An experiment without search nodes.
        lookbacks: The lookbacks beside that of the file that the table has room for, in steps.
        logs: Whether logarithms of the targets exist and make a difference.
        time_budget: The time after which the search ends; None is `tune.time_budget`, or the default of a built-in
            space where the file limits neither time nor trials.
    """
    values = _with_shared_cell(experiment)
    grid = experiment.spec.tune.algorithm == "grid"
    nodes = {**_ranges(experiment.spec, values, grid=grid), **_choices(experiment, values, lookbacks, logs)}
    # A file whose layers have no other cell keeps their types where they were.
    tree = values if ("model", "cell") in nodes else experiment.given
    settings = {f"tune.{key}": value for key, value in _tune_settings(experiment.spec, time_budget).items()}
    searched = merged(tree, settings | {dotted(path): node for path, node in nodes.items()}, NO_FILE)
    found = experiment.with_values(searched)
    return replace(found, text=experiment.text, warnings=experiment.warnings, positions=experiment.positions)


def _tune_settings(spec: ExperimentSpec, time_budget: str | None) -> dict[str, Any]:
    """Return the settings of the search that the file leaves open."""
    tune, given = spec.tune, spec.tune.model_fields_set
    found: dict[str, Any] = {}
    if not given.intersection(("algorithm", *HYPERBAND)):
        # Hyperband would give the trials other epochs than the file, and shows little before its end.
        found["algorithm"] = "random"
    elif tune.algorithm == "hyperband" and "max_epochs" not in given:
        found["max_epochs"] = max(spec.training.epochs, tune.factor)
    if "ensemble" not in given and spec.training.ensemble > 1:
        found["ensemble"] = 1
    counted = "max_trials" in given and tune.max_trials is not None
    budget = time_budget or tune.time_budget or (None if counted else TIME_BUDGET)
    if budget is not None:
        found["time_budget"] = budget
    if not counted and found.get("algorithm", tune.algorithm) != "hyperband":
        # The usual number of trials could end the search long before its time.
        found["max_trials"] = None
    return found


def _with_shared_cell(experiment: Experiment) -> dict[str, Any]:
    """Return the values of the file with the type of the recurrent layers in model.cell, if all have the same."""
    values = copy.deepcopy(experiment.given)
    model, layers = values["model"], experiment.spec.model.layers
    recurrent = [i for i, layer in enumerate(layers) if isinstance(layer, RecurrentSpec)]
    types = {layers[i].type for i in recurrent}
    if len(types) > 1:
        return values
    for i in recurrent:
        model["layers"][i].pop("type", None)
    before = {key: model[key] for key in itertools.takewhile(lambda key: key != "layers", model)}
    values["model"] = {**before, "cell": types.pop(), **{k: v for k, v in model.items() if k != "cell"}}
    return values


def _ranges(spec: ExperimentSpec, values: Mapping[str, Any], *, grid: bool) -> dict[KeyPath, SearchNode]:
    """Return the nodes of numbers: learning rate, units and dropout."""
    rate = spec.training.optimizer.learning_rate
    low, high = (float(f"{rate * factor:.2g}") for factor in (1 / RATE_FACTOR, RATE_FACTOR))
    path: KeyPath = ("training", "optimizer", "learning_rate")
    found = {path: {"float": {"min": low, "max": high, "sampling": "log", "default": rate}}}
    for i, layer in enumerate(spec.model.layers):
        here: KeyPath = ("model", "layers", i)
        if isinstance(layer, RecurrentSpec):
            found[(*here, "units")] = _units(layer.units, getattr(layer, "blocks", 1))
            if layer.dropout:
                found[(*here, "dropout")] = _dropout(layer.dropout)
        elif isinstance(layer, DropoutSpec):
            found[(*here, "rate")] = _dropout(layer.rate)
    found = {path: _within(node, path, values) for path, node in found.items()}
    return {path: _listed(node) for path, node in found.items()} if grid else found


def _units(units: int, block: int) -> SearchNode:
    """Return the node of so many units: half to double, in steps of half, each a multiple of `block`."""
    n = units // block
    step = max(1, n // 2)
    found = {"min": n - n // 2, "max": n + n // step * step, "step": step, "default": n}
    return {"int": {key: value * block for key, value in found.items()}}


def _dropout(rate: float) -> SearchNode:
    """Return the node of a dropout: from 0 to the usual one, or to that of the file."""
    return {"float": {"min": 0.0, "max": max(rate, USUAL_DROPOUT), "default": rate}}


def _within(node: SearchNode, path: KeyPath, values: Mapping[str, Any]) -> SearchNode:
    """Return a range with the default in place of an end that is not valid."""
    ((kind, given),) = node.items()
    ends = {
        end: given[end] if _valid(values, {path: given[end]}) else given["default"] for end in ("min", "max")
    }
    return {kind: {**given, **ends}}


def _listed(node: SearchNode) -> SearchNode:
    """Return a range of numbers without steps as a choice of its ends and its default, for a grid."""
    ((kind, given),) = node.items()
    if kind != "float":
        return node
    listed = sorted({given["min"], given["default"], given["max"]})
    return {"choice": {"values": listed, "default": given["default"]}}


def _choices(
    experiment: Experiment, values: Mapping[str, Any], lookbacks: Sequence[int], logs: bool
) -> dict[KeyPath, SearchNode]:
    """Return the nodes of words and of whole numbers that are not a range, each with two values at least."""
    spec = experiment.spec
    wished: dict[KeyPath, tuple[Scalar, Sequence[Scalar]]] = {
        ("window", "lookback"): (spec.window.lookback, lookbacks),
        ("scaling", "method"): (
            spec.scaling.method,
            ("standard", "robust", *(["log"] if logs else [])),
        ),
        ("model", "normalization"): (spec.model.normalization, NORMALIZATIONS),
        ("training", "loss"): (spec.training.loss, LOSSES),
    }
    if "cell" in values["model"]:
        wished["model", "cell"] = values["model"]["cell"], CELLS
    if spec.model.anchor is not None:
        wished["model", "anchor", "mode"] = spec.model.anchor.mode, ("correct", "average")
    accepted: dict[KeyPath, list[Scalar]] = {}
    for path, (own, others) in wished.items():
        kept: list[Scalar] = [own]
        for value in others:
            if value != own and _valid_with_all(values, path, value, accepted):
                kept.append(value)
        node = {"values": sorted(kept, key=_order), "default": own}
        dimension = Dimension(dotted(path), path, KINDS["choice"].model_validate(node))
        if len(kept) > 1 and not faults_of(dimension, experiment):
            accepted[path] = [own, *(v for v in kept if v != own)]
    return {
        path: {"choice": {"values": sorted(kept, key=_order), "default": kept[0]}}
        for path, kept in accepted.items()
    }


def _order(value: Scalar) -> tuple[float, str]:
    """Return the sort key that puts numbers in their order, and leaves words in theirs."""
    return (float(value), "") if isinstance(value, int) else (0.0, "")


def _valid_with_all(
    values: Mapping[str, Any], path: KeyPath, value: Scalar, accepted: Mapping[KeyPath, Sequence[Scalar]]
) -> bool:
    """Return whether a value is valid with the file, and with every value of the dimensions that are accepted."""
    others = [{other: tried} for other, kept in accepted.items() for tried in kept]
    return all(_valid(values, {path: value, **other}) for other in ({}, *others))


def _valid(values: Mapping[str, Any], at: Mapping[KeyPath, Any]) -> bool:
    """Return whether the file is valid with other values at some paths."""
    tree = merged(values, {dotted(path): value for path, value in at.items()}, NO_FILE)
    return not validate(tree, Positions(NO_FILE))[1]
