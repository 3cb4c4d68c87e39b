"""An experiment: a validated config and its file, or an error with every problem of it."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forecaster.arguments import checked
from forecaster.config.dimensions import Dimension
from forecaster.config.dump import dump
from forecaster.config.overrides import apply_overrides
from forecaster.config.parsed_yaml import ParsedYaml, parse_file, parse_yaml, read_bytes
from forecaster.config.plain import merged, plain_values
from forecaster.config.positions import KeyPath, Positions, dotted
from forecaster.config.repeated_layers import fill, search_space
from forecaster.config.space import lift
from forecaster.config.spec import ExperimentSpec
from forecaster.config.validation_errors import diagnostics_of, in_file_order
from forecaster.config.warnings import warnings_of
from forecaster.data.reading.elsewhere import is_elsewhere
from forecaster.data.reading.sources import TableSource, source_name, source_of
from forecaster.errors import ConfigError, DataError, Diagnostic
from forecaster.remote.address import IN_MEMORY

# The name of the file in messages about an experiment without a file.
NO_FILE = "experiment"


@dataclass(frozen=True)
class Experiment:
    """A validated experiment. It is immutable; `with_` returns a changed copy.

    Attributes:
        spec: The settings with every default filled in. Each search node is replaced by its default.
        dimensions: The search nodes, in the order of the file.
        text: The file as it was given; for an experiment from a dictionary, its values as YAML.
        given: The values of the file after `--set` and `with_`, with the search nodes.
        values: The same values with each search node replaced by its default. No other default is filled in.
        base: The folder that data.path and output.dir are relative to.
        path: The file; None for an experiment that was not read from one.
        warnings: Warnings about settings that are valid but probably not intended.
        positions: The line and column of every key and value of the file.
    """

    spec: ExperimentSpec
    dimensions: list[Dimension]
    text: str
    given: dict[str, Any]
    values: dict[str, Any]
    base: Path
    path: Path | None
    warnings: list[Diagnostic]
    positions: Positions

    @classmethod
    @checked
    def from_yaml(cls, path: str | Path, overrides: Sequence[str] = ()) -> Experiment:
        """Read and validate a YAML file.

        Args:
            path: The file. data.path and output.dir are relative to its folder.
            overrides: Values that replace those of the file, each in the form "model.layers.0.units=64".

        Raises:
            ConfigError: When the file or an override is not valid; lists every problem with its line.
            EnvironmentError_: When the file cannot be opened.
        """
        path = Path(path)
        return cls.from_content(read_bytes(path), path, overrides)

    @classmethod
    def from_content(cls, content: bytes, path: Path, overrides: Sequence[str] = ()) -> Experiment:
        """Validate the content of a YAML file that is already read. See `from_yaml`."""
        tree = parse_file(content, path)
        faults = [*tree.problems, *apply_overrides(tree, list(overrides))]
        return _experiment(tree, faults, base=path.parent, path=path)

    @classmethod
    @checked
    def from_dict(cls, values: Mapping[str, Any], *, base: str | Path | None = None) -> Experiment:
        """Validate a dictionary with the keys of the YAML file.

        Args:
            values: The sections and keys of docs/config.md, also with search nodes. Without data.path, the table
                is passed to `train` and the other functions as `data`.
            base: The folder that relative paths are relative to; None is the working directory.

        Raises:
            ConfigError: When a value is not valid; lists every problem with its key.
        """
        tree = plain_values(values, NO_FILE)
        data = tree.get("data")
        if isinstance(data, dict) and not data.keys() & {"path", "sql", "connection"}:
            tree["data"] = {"path": IN_MEMORY, **data}
        folder = Path.cwd() if base is None else Path(base)
        return _experiment(ParsedYaml(tree, Positions(NO_FILE), dump(tree)), [], base=folder, path=None)

    @classmethod
    @checked
    def from_text(cls, text: str, *, base: str | Path | None = None) -> Experiment:
        """Validate the text of a YAML file that is not on disk.

        Args:
            text: The text.
            base: The folder that relative paths are relative to; None is the working directory.

        Raises:
            ConfigError: When the text is not valid; lists every problem with its line.
        """
        tree = parse_yaml(text, NO_FILE)
        if not isinstance(tree.values, dict):
            raise ConfigError.of(
                [*tree.problems, Diagnostic("the text holds no mapping", "write 'key: value' lines")]
            )
        folder = Path.cwd() if base is None else Path(base)
        return _experiment(tree, tree.problems, base=folder, path=None)

    @checked
    def with_(self, changes: Mapping[str, Any] | None = None, /, **sections: Any) -> Experiment:
        """Return a copy of the experiment with other values.

        Args:
            changes: New values by dotted key, such as `{"training.epochs": 5, "model.layers.0.units": 64}`.
            **sections: New values by top-level key, such as `seed=7` or `training={"epochs": 5}`. A mapping
                replaces only the keys that it has; a list replaces the whole list.

        Raises:
            ConfigError: When a key is unknown or the values do not fit together.
        """
        changed = plain_values({**sections, **(changes or {})}, NO_FILE)
        return self.with_values(merged(self.given, changed, NO_FILE))

    def with_values(self, values: dict[str, Any]) -> Experiment:
        """Return an experiment of the same file and folder with these values in place of all of its own.

        Args:
            values: The plain values of a whole file, also with search nodes.

        Raises:
            ConfigError: When the values do not fit together.
        """
        # The lines of the file do not apply to values that come from elsewhere.
        parsed = ParsedYaml(values, Positions(str(self.path or NO_FILE)), dump(values))
        return _experiment(parsed, [], base=self.base, path=self.path)

    @property
    def name(self) -> str:
        """The name of the experiment, with which the names of its run directories begin."""
        return self.spec.name

    @property
    def table(self) -> TableSource:
        """The table that data.path names, or the rows of data.sql. What lies elsewhere is fetched when it is read.

        Raises:
            DataError: When the experiment was made for a table in memory.
            UsageError: When the environment variable that data.path or data.connection names is not set.
        """
        if self.spec.data.path == IN_MEMORY:
            raise DataError(
                f"data.path is {IN_MEMORY}: the experiment was made for a table that is not in a file",
                hint="pass the table as data, or set data.path to a file",
                path="data.path",
            )
        return source_of(self.spec.data, self.base)

    @property
    def data_path(self) -> Path:
        """The file, the folder or the pattern that data.path names.

        Raises:
            DataError: When the experiment was made for a table in memory, or its table lies elsewhere.
        """
        source = self.table
        if isinstance(source, Path):
            return source
        raise DataError(
            f"{source_name(source)} is no file of this machine", hint="use Experiment.table", path="data.path"
        )

    @property
    def output_dir(self) -> Path:
        """The folder in which run directories are created."""
        return self.base / self.spec.output.dir

    @property
    def search_space(self) -> list[Dimension]:
        """The dimensions of the file, and those of the second and later copies of repeated layers."""
        return search_space(self.dimensions, self.values)

    def to_dict(self) -> dict[str, Any]:
        """Return the whole experiment as plain values, with every default."""
        return self.spec.model_dump()

    def to_yaml(self) -> str:
        """Return the experiment as it was given, comments included."""
        return self.text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Experiment {self.name!r}>"

    def resolved_yaml(self, *, relative_to: Path) -> str:
        """Return the whole experiment but `tracking` as YAML, with every default.

        Args:
            relative_to: The folder of the file; relative paths in the YAML text are relative to it.
        """
        # Where a run is tracked is no part of what it is: it may be resumed with another server, or none.
        values = self.spec.model_dump(exclude={"tracking"})
        if values["data"]["path"] is not None:
            values["data"]["path"] = moved(values["data"]["path"], self.base, relative_to)
        values["output"]["dir"] = moved(values["output"]["dir"], self.base, relative_to)
        return dump(values)

    def filled(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the file with other values for some dimensions of the search space.

        Args:
            chosen: The values by the name of the dimension, such as `{"model.layers.0.units": 64}`.
        """
        tree: dict[str, Any] = fill(self.values, self.search_space, chosen)
        return tree

    def trial(self, chosen: Mapping[str, Any]) -> ExperimentSpec:
        """Return the settings with other values for some dimensions of the search space.

        Args:
            chosen: The values by the name of the dimension, such as `{"model.layers.0.units": 64}`.

        Raises:
            ConfigError: When the values do not fit together.
        """
        tree = self.filled(chosen)
        # Where copies of a layer are written out, the indices of layers no longer match the file.
        spread = len(tree["model"]["layers"]) != len(self.values["model"]["layers"])
        positions = Positions(self.positions.file) if spread else self.positions
        spec, faults = validate(tree, positions)
        if spec is None:
            raise ConfigError.of(faults)
        return spec

    def yaml_of(self, values: dict[str, Any], *, relative_to: Path) -> str:
        """Return values of this experiment as YAML.

        Args:
            values: The values, as `filled` returns them.
            relative_to: The folder of the file; relative paths in the YAML text are relative to it.
        """
        out = copy.deepcopy(values)
        if out["data"].get("path") is not None:
            out["data"]["path"] = moved(out["data"]["path"], self.base, relative_to)
        out["output"] = {**(out.get("output") or {})}
        out["output"]["dir"] = moved(out["output"].get("dir", "runs"), self.base, relative_to)
        return dump(out)


def _experiment(tree: ParsedYaml, faults: list[Diagnostic], *, base: Path, path: Path | None) -> Experiment:
    """Replace search nodes by their defaults and validate. Raises ConfigError with the given and all other faults."""
    lifted = lift(tree.values, tree.positions)
    holes = tree.holes | lifted.holes
    spec, wrong = validate(lifted.values, tree.positions, holes=holes)
    # A value that could not be read already has its message.
    lost = {dotted(hole) for hole in tree.holes}
    faults = [*faults, *(f for f in lifted.faults if f.path not in lost), *wrong]
    if faults or spec is None:
        raise ConfigError.of(in_file_order(faults))
    return Experiment(
        spec=spec,
        dimensions=lifted.dimensions,
        text=tree.text,
        given=tree.values,
        values=lifted.values,
        base=base,
        path=path,
        warnings=warnings_of(spec, lifted.values, tree.positions),
        positions=tree.positions,
    )


def validate(
    values: Any, positions: Positions, *, holes: set[KeyPath] | None = None
) -> tuple[ExperimentSpec | None, list[Diagnostic]]:
    """Validate values without search nodes.

    Args:
        values: The values of the file.
        positions: The line and column of every key and value.
        holes: Paths that already have a message and get no further one.

    Returns:
        The settings and an empty list, or None and the problems.
    """
    try:
        return ExperimentSpec.model_validate(values), []
    except ValidationError as e:
        return None, diagnostics_of(e, positions, holes=holes or ())


def moved(path: str, base: Path, to: Path) -> str:
    """Return a path relative to `base` as one relative to `to`; an absolute path and an address stay as they are."""
    if path == IN_MEMORY or is_elsewhere(path) or Path(path).is_absolute():
        return path
    target = base.resolve() / path
    try:
        return Path(os.path.relpath(target, to.resolve())).as_posix()
    except ValueError:  # Windows has no relative path from one drive to another.
        return target.as_posix()
