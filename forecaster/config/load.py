"""From a YAML file to a validated experiment, or to every problem of the file at once."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forecaster.config.dimensions import Dimension
from forecaster.config.dump import dump
from forecaster.config.experiment import Experiment
from forecaster.config.not_yet import not_yet
from forecaster.config.overrides import apply_overrides
from forecaster.config.parsed_yaml import read_yaml
from forecaster.config.positions import KeyPath, Positions, dotted
from forecaster.config.repeated_layers import fill, search_space
from forecaster.config.space import lift, substitute
from forecaster.config.validation_errors import diagnostics_of, in_file_order
from forecaster.config.warnings import warnings_of
from forecaster.errors import ConfigError, Diagnostic, Location


@dataclass(frozen=True)
class Loaded:
    """An experiment and where it came from.

    dimensions: the search nodes, in the order of the file; the experiment holds their defaults.
    text: the file as it was given. values: its tree with --set and the nodes' defaults, no other default.
    base: the folder that data.path and output.dir are relative to.
    """

    path: Path
    experiment: Experiment
    dimensions: list[Dimension]
    text: str
    values: dict[str, Any]
    base: Path
    warnings: list[Diagnostic]
    positions: Positions

    @property
    def data_path(self) -> Path:
        return self.base / self.experiment.data.path

    @property
    def output_dir(self) -> Path:
        return self.base / self.experiment.output.dir

    def resolved_yaml(self, *, relative_to: Path) -> str:
        """The whole experiment, every default written out, as a file to be saved in that folder."""
        values = self.experiment.model_dump()
        values["data"]["path"] = moved(values["data"]["path"], self.base, relative_to)
        values["output"]["dir"] = moved(values["output"]["dir"], self.base, relative_to)
        return dump(values)

    @property
    def search_space(self) -> list[Dimension]:
        """The dimensions, with those of every copy of a repeated layer."""
        return search_space(self.dimensions, self.values)

    def filled(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """The tree with other values for some dimensions of the search space, by name."""
        tree: dict[str, Any] = fill(self.values, self.search_space, chosen)
        return tree

    def trial(self, chosen: Mapping[str, Any]) -> Experiment:
        """The experiment with other values for some dimensions, by name.

        Raises ConfigError when the values do not fit together.
        """
        tree = self.filled(chosen)
        # Where copies of a layer are written out, the places in the file are no longer those of the tree.
        spread = len(tree["model"]["layers"]) != len(self.values["model"]["layers"])
        positions = Positions(self.positions.file) if spread else self.positions
        experiment, faults = validate(tree, positions)
        if experiment is None:
            raise ConfigError.of(faults)
        return experiment

    def yaml_of(self, values: dict[str, Any], *, relative_to: Path) -> str:
        """A tree of this file as a file to be saved in that folder."""
        out = copy.deepcopy(values)
        out["data"]["path"] = moved(out["data"]["path"], self.base, relative_to)
        out["output"] = {**(out.get("output") or {})}
        out["output"]["dir"] = moved(out["output"].get("dir", "runs"), self.base, relative_to)
        return dump(out)


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> Loaded:
    """Read, override, fill in and validate. Raises ConfigError with every problem found."""
    tree = read_yaml(path)
    faults = [*tree.problems, *apply_overrides(tree, list(overrides))]
    lifted = lift(tree.values, tree.positions)
    holes = tree.holes | lifted.holes
    experiment, wrong = validate(lifted.values, tree.positions, holes=holes)
    # About a value that could not be read enough was said.
    faults += [f for f in lifted.faults if f.path not in {dotted(hole) for hole in tree.holes}]
    faults += wrong
    if faults or experiment is None:
        raise ConfigError.of(in_file_order(faults))
    return Loaded(
        path=path,
        experiment=experiment,
        dimensions=lifted.dimensions,
        text=tree.text,
        values=lifted.values,
        base=path.parent,
        warnings=warnings_of(experiment, lifted.values, tree.positions),
        positions=tree.positions,
    )


def validate(
    values: Any, positions: Positions, *, holes: set[KeyPath] | None = None
) -> tuple[Experiment | None, list[Diagnostic]]:
    """The experiment of a tree without search nodes, or None and what is wrong."""
    refused = not_yet(values, positions)
    try:
        experiment = Experiment.model_validate(values)
    except ValidationError as e:
        return None, in_file_order([*refused, *diagnostics_of(e, positions, holes=holes or ())])
    return (None if refused else experiment), refused


def ends_of(loaded: Loaded) -> Iterator[tuple[Dimension, Any, Location]]:
    """Every end of every range and every choice, and where it stands."""
    for dimension in loaded.dimensions:
        for inside, value in dimension.range.ends().items():
            yield dimension, value, loaded.positions.of_value((*dimension.path, dimension.kind, *inside))


def with_tried(value: Any, summary: str) -> str:
    """A fault that only this value of a search has."""
    return f"with {_yaml(value)}, which the search may try: {summary}"


def check_ends(loaded: Loaded) -> list[Diagnostic]:
    """Every end of every range and every choice, put in one at a time and validated as an experiment."""
    faults = []
    for dimension, value, where in ends_of(loaded):
        tree = substitute(loaded.values, {dimension.path: value})
        for wrong in validate(tree, loaded.positions)[1]:
            at = "" if wrong.path == dimension.name else f"{wrong.path}: "
            summary = with_tried(value, f"{at}{wrong.summary}")
            faults.append(Diagnostic(summary, wrong.hint, where, dimension.name))
    return in_file_order(faults)


def _yaml(value: Any) -> str:
    return dump({"v": value})[3:].strip()


def moved(path: str, base: Path, to: Path) -> str:
    """A relative path as seen from another folder; an absolute one as it is."""
    if Path(path).is_absolute():
        return path
    target = base.resolve() / path
    try:
        return Path(os.path.relpath(target, to.resolve())).as_posix()
    except ValueError:  # two drives of Windows have no relative path between them
        return target.as_posix()
