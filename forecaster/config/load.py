"""Loading a YAML file: a validated experiment, or every problem of the file at once."""

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
    """An experiment and the file that it came from.

    Attributes:
        path: The YAML file.
        experiment: The validated file, in which every search node is replaced by its default.
        dimensions: The search nodes, in the order of the file.
        text: The file as it was given.
        values: The values that the file and --set give, with the search nodes' defaults and no other default.
        base: The folder that data.path and output.dir are relative to.
        warnings: Settings that are valid and probably unintended.
        positions: The line and column of every key and value.
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
        """The table."""
        return self.base / self.experiment.data.path

    @property
    def output_dir(self) -> Path:
        """The folder in which run directories are created."""
        return self.base / self.experiment.output.dir

    def resolved_yaml(self, *, relative_to: Path) -> str:
        """Return the whole experiment as YAML, with every default, for a file in the folder `relative_to`."""
        values = self.experiment.model_dump()
        values["data"]["path"] = moved(values["data"]["path"], self.base, relative_to)
        values["output"]["dir"] = moved(values["output"]["dir"], self.base, relative_to)
        return dump(values)

    @property
    def search_space(self) -> list[Dimension]:
        """The dimensions of the file, and those of every further copy of a repeated layer."""
        return search_space(self.dimensions, self.values)

    def filled(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the file with other values for some dimensions of the search space, by name."""
        tree: dict[str, Any] = fill(self.values, self.search_space, chosen)
        return tree

    def trial(self, chosen: Mapping[str, Any]) -> Experiment:
        """Return the experiment with other values for some dimensions of the search space, by name.

        Raises:
            ConfigError: The values do not fit together.
        """
        tree = self.filled(chosen)
        # Where copies of a layer are written out, the indices of layers no longer match the file.
        spread = len(tree["model"]["layers"]) != len(self.values["model"]["layers"])
        positions = Positions(self.positions.file) if spread else self.positions
        experiment, faults = validate(tree, positions)
        if experiment is None:
            raise ConfigError.of(faults)
        return experiment

    def yaml_of(self, values: dict[str, Any], *, relative_to: Path) -> str:
        """Return values of this file as YAML for a file in the folder `relative_to`."""
        out = copy.deepcopy(values)
        out["data"]["path"] = moved(out["data"]["path"], self.base, relative_to)
        out["output"] = {**(out.get("output") or {})}
        out["output"]["dir"] = moved(out["output"].get("dir", "runs"), self.base, relative_to)
        return dump(out)


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> Loaded:
    """Read a YAML file, apply --set, replace search nodes by their defaults, and validate.

    Args:
        path: The YAML file.
        overrides: The values of --set, such as "training.epochs=20", applied in order.

    Raises:
        ConfigError: Something is wrong; it carries every problem of the file and of --set.
        EnvironmentError_: The file cannot be read for a reason outside it.
    """
    tree = read_yaml(path)
    faults = [*tree.problems, *apply_overrides(tree, list(overrides))]
    lifted = lift(tree.values, tree.positions)
    holes = tree.holes | lifted.holes
    experiment, wrong = validate(lifted.values, tree.positions, holes=holes)
    # A value that could not be read already has its message.
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
    """Validate values without search nodes.

    Args:
        values: The values of the file.
        positions: The line and column of every key and value.
        holes: Paths that already have a message, so that nothing more is said about them.

    Returns:
        The experiment, or None, and the problems.
    """
    refused = not_yet(values, positions)
    try:
        experiment = Experiment.model_validate(values)
    except ValidationError as e:
        return None, in_file_order([*refused, *diagnostics_of(e, positions, holes=holes or ())])
    return (None if refused else experiment), refused


def ends_of(loaded: Loaded) -> Iterator[tuple[Dimension, Any, Location]]:
    """Yield both ends of every range and every choice, with the dimension and the location in the file."""
    for dimension in loaded.dimensions:
        for inside, value in dimension.range.ends().items():
            yield dimension, value, loaded.positions.of_value((*dimension.path, dimension.kind, *inside))


def with_tried(value: Any, summary: str) -> str:
    """Word a fault that only one value of a search space has."""
    return f"with {_yaml(value)}, which the search may try: {summary}"


def check_ends(loaded: Loaded) -> list[Diagnostic]:
    """Validate the experiment with both ends of every range and every choice, one at a time."""
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
    """Return a path relative to `base` as one relative to `to`; an absolute path stays as it is."""
    if Path(path).is_absolute():
        return path
    target = base.resolve() / path
    try:
        return Path(os.path.relpath(target, to.resolve())).as_posix()
    except ValueError:  # Windows has no relative path from one drive to another.
        return target.as_posix()
