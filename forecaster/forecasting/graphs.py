"""The ONNX files of a run: written beside the weights, and read again without the package `onnx`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecaster.errors import FORMAT_VERSION
from forecaster.model.cost import most_weights
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.runs import schemas
from forecaster.runs.arrays import Arrays
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_json, write_whole
from forecaster.runs.reading import MIB, MOST_BYTES, damaged
from forecaster.version import __version__

MODEL, SCORED_MODEL = "model", "model/scored"
NETWORK_FILE = "network.json"
WEIGHTS = "model/weights.safetensors"
# What a graph holds besides its weights: nodes, and steps that are written out.
_MOST_NODES = 256 * MIB


@dataclass(frozen=True)
class StoredGraphs:
    """The ONNX files of the networks of a run.

    Attributes:
        run: The run directory.
        folder: The folder in it.
        names: The file of each graph by its role, for each member.
        shape: The shape that they are written for.
        most: The largest size of a file in bytes.
    """

    run: RunDir
    folder: str
    names: Sequence[Mapping[str, str]]
    shape: Shape
    most: int

    def content(self, member: int, role: str) -> bytes:
        """Return a graph, compared with the manifest. Raises DataError when it is missing or was changed."""
        if role not in self.names[member]:
            raise damaged(self.run.file(f"{self.folder}/{NETWORK_FILE}"), f"names no graph {role}")
        return self.run.read(f"{self.folder}/{self.names[member][role]}", most=self.most)

    def path(self, member: int) -> Path:
        """Return the path of the graph of a member, for messages."""
        return self.run.file(f"{self.folder}/{self.names[member].get('network', NETWORK_FILE)}")


def graph_content(spec: ModelSpec, shape: Shape, weights: Arrays, role: str) -> bytes:
    """Write one graph of a network.

    Args:
        spec: The network.
        shape: Sizes of the windows.
        weights: The weights by path.
        role: Which graph; see `model.graph.export.roles`.

    Raises:
        DataError: When the weights are not those of the network.
    """
    from forecaster.model.graph.export import graph_of

    try:
        return graph_of(role, spec, shape, weights).content(__version__)
    except KeyError as error:
        raise damaged(
            Path(WEIGHTS), f"has other weights than model/spec.json describes: {error.args[0]}"
        ) from error


def network_json(
    spec: ModelSpec, shape: Shape, members: Sequence[Arrays], description: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the content of network.json: the graphs of each member, and what `description` says of them."""
    from forecaster.model.graph.builder import OPSET
    from forecaster.model.graph.export import refusal

    why = refusal(spec, shape)
    names = [] if why else _names(spec, len(members))
    head = {"format_version": FORMAT_VERSION, "opset": OPSET, "refused": why, "members": names}
    return {**head, **description}


def write_graphs(folder: Path, spec: ModelSpec, shape: Shape, members: Sequence[Arrays]) -> None:
    """Write the ONNX files of an ensemble that `export.refusal` has nothing against.

    Args:
        folder: Where to.
        spec: The network.
        shape: Sizes of the windows.
        members: The weights of each member.

    Raises:
        EnvironmentError_: When they cannot be written.
    """
    for weights, files in zip(members, _names(spec, len(members)), strict=True):
        for role, name in files.items():
            write_whole(folder / name, graph_content(spec, shape, weights, role))


def save_graphs(
    run: RunDir,
    spec: ModelSpec,
    shape: Shape,
    members: Sequence[Arrays],
    description: Mapping[str, Any],
    *,
    scored: bool = False,
) -> None:
    """Write the ONNX files of an ensemble in a run directory, if it has any, and network.json beside them.

    Args:
        run: The run directory.
        spec: The network.
        shape: Sizes of the windows.
        members: The weights of each member.
        description: What else network.json holds.
        scored: Whether it is the ensemble that was scored, beside the one of `predict`.

    Raises:
        EnvironmentError_: When they cannot be written.
    """
    folder = run.file(SCORED_MODEL if scored else MODEL)
    content = network_json(spec, shape, members, description)
    if content["refused"] is None:
        write_graphs(folder, spec, shape, members)
    write_json(folder / NETWORK_FILE, content)


def _names(spec: ModelSpec, n_members: int) -> list[dict[str, str]]:
    from forecaster.model.graph.export import roles

    return [{role: f"{role}-{member}.onnx" for role in roles(spec)} for member in range(n_members)]


def graph_files(names: Iterable[str], folder: str) -> list[str]:
    """Return those of the files of a run that save_graphs wrote to a folder."""
    return [
        name
        for name in names
        if name.rpartition("/")[0] == folder and name.endswith((".onnx", f"/{NETWORK_FILE}"))
    ]


def stored_graphs(
    run: RunDir, spec: ModelSpec, shape: Shape, *, n_members: int, scored: bool = False
) -> StoredGraphs | None:
    """Return the ONNX files of a complete run; None where it has none, as one of an earlier version.

    Args:
        run: The run directory.
        spec: The network.
        shape: Sizes of the windows.
        n_members: Networks of the ensemble.
        scored: Whether to look for the ensemble that was scored, beside the one of `predict`.

    Raises:
        DataError: When network.json was changed or does not fit.
    """
    name = f"{SCORED_MODEL if scored else MODEL}/{NETWORK_FILE}"
    if name not in run.manifest()["files"]:
        return None
    held: Any = run.json(name, schemas.NETWORK)
    if held["refused"] is not None:
        return None
    if len(held["members"]) != n_members:
        raise damaged(run.file(name), "does not fit the other files of the model")
    most = min(MOST_BYTES, 8 * most_weights(spec, shape) + _MOST_NODES)
    return StoredGraphs(run, name.rpartition("/")[0], held["members"], shape, most)
