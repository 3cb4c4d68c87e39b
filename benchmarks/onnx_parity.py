"""Networks as ONNX against the same networks in Keras: the largest difference between their outputs.

python benchmarks/onnx_parity.py

Builds every cell with every head, output and normalisation that go together, and further options of the layers and of
the windows one by one, with random weights and windows that drift. Prints the tables of docs/benchmarks.md. Differences
are shares of the largest output of the batch, or of 1 where that is less.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from forecaster.model.cells import CELLS, GatedSpec
from forecaster.model.graph.export import FORECAST, NETWORK, graph_of
from forecaster.model.graph.session import GraphSession
from forecaster.model.shape import Category, Shape
from forecaster.model.spec import HEADS, ModelSpec

BATCH = 7
OUTPUTS: dict[str, dict[str, Any]] = {
    "point": {"type": "point"},
    "quantiles": {"type": "quantiles"},
    "normal": {"type": "distribution", "family": "normal"},
    "student_t": {"type": "distribution", "family": "student_t"},
    "negative_binomial": {"type": "distribution", "family": "negative_binomial"},
}
NORMALIZATIONS = ("last", "mean", "revin", "season", "none")
CATEGORIES = {
    "past_categories": (Category("embedding", 3),),
    "future_categories": (Category("one_hot", 2), Category("embedding", 4)),
    "static_categories": (Category("embedding", 3), Category("one_hot", 2)),
}
PLAIN = Shape(lookback=8, horizon=5, n_targets=2)
RICH = replace(PLAIN, n_past=2, n_future=1, n_static=1, **CATEGORIES)  # type: ignore[arg-type]
PADDED = replace(RICH, padded=True)
# Further options, one by one; each with every head that takes it.
OPTIONS: dict[str, dict[str, Any]] = {
    "bidirectional": {"layer": {"bidirectional": True}},
    "residual, layer_norm": {"layer": {"residual": True, "layer_norm": True}},
    "three layers": {"layer": {"repeat": 3}},
    "activation relu": {"layer": {"activation": "relu"}},
    "activation gelu, written out": {"layer": {"activation": "gelu"}},
    "activation selu, written out": {"layer": {"activation": "selu"}},
    "anchor, correct": {"anchor": {"type": "ridge"}},
    "anchor, average": {"anchor": {"type": "ridge", "mode": "average"}},
    "differences": {"differences": [1, 3]},
    "past_lookback": {"past_lookback": 3},
    "patch": {"patch": 2},
    "channels independent": {"channels": "independent"},
    "over columns": {"channels": "independent", "columns": {}},
    "over columns, both ways, residual": {
        "channels": "independent",
        "columns": {"bidirectional": True, "residual": True},
    },
    "over columns, layer_norm": {"channels": "independent", "columns": {"layer_norm": True}},
    "reset_after false": {"only": "gru", "layer": {"reset_after": False}},
    "blocks": {"only": "slstm", "layer": {"blocks": 2}},
    "forget_gate exponential": {"only": "slstm", "layer": {"forget_gate": "exponential"}},
    "recurrent_activation hard_sigmoid": {"only": "gated", "layer": {"recurrent_activation": "hard_sigmoid"}},
    "recurrent_activation softsign": {"only": "gated", "layer": {"recurrent_activation": "softsign"}},
}


@dataclass(frozen=True)
class Case:
    """A network, and the windows that it is built for."""

    cell: str
    head: str
    output: str
    normalization: str
    spec: ModelSpec
    shape: Shape


def case(cell: str, head: str, output: str, normalization: str, shape: Shape, **options: Any) -> Case | None:
    """A network with what its head needs, or None where the parts do not go together."""
    layer = {"type": cell, "units": 4, **options.pop("layer", {})}
    columns = options.pop("columns", None)
    last = 3 if layer.get("blocks", 1) == 1 else layer["units"]
    needed = {"patch": 2} if head == "segments" else {}
    try:
        spec = ModelSpec.model_validate(
            {
                "layers": [
                    layer,
                    {"type": "dense", "units": 5, "activation": "silu"},
                    {**layer, "units": last},
                    *([] if columns is None else [{**layer, **columns, "over": "columns"}]),
                ],
                "head": {"type": head},
                "output": OUTPUTS[output],
                "normalization": normalization,
                "season": 3,
                **needed,
                **options,
            }
        )
    except ValidationError:
        return None
    if head == "recursive":
        # It would need its past covariates ahead.
        shape = replace(shape, n_past=shape.n_future, past_categories=())
    return Case(cell, head, output, normalization, spec, shape)


def all_cases() -> Iterator[Case]:
    """Every cell, head, output and normalisation that go together; the windows change from one to the next."""
    shapes = (PLAIN, RICH, PADDED)
    n = 0
    for cell in CELLS:
        for head in HEADS:
            for output in OUTPUTS:
                for normalization in NORMALIZATIONS:
                    found = case(cell, head, output, normalization, shapes[n % 3])
                    if found is not None:
                        n += 1
                        yield found


def cases_of(option: str) -> Iterator[Case]:
    """Every cell and head that take an option, with all kinds of columns, padded and not."""
    values = dict(OPTIONS[option])
    only = values.pop("only", None)
    for cell in CELLS:
        if (only == "gated" and not issubclass(CELLS[cell], GatedSpec)) or only not in (None, "gated", cell):
            continue
        for head in HEADS:
            for shape in (RICH, PADDED):
                for normalization in ("mean", "none"):
                    found = case(cell, head, "point", normalization, shape, **values)
                    if found is not None:
                        yield found
                        break


def inputs(shape: Shape, *, seed: int = 0, batch: int = BATCH) -> dict[str, npt.NDArray[Any]]:
    """Random windows of all parts that a shape has."""
    rng = np.random.default_rng(seed)
    found: dict[str, npt.NDArray[Any]] = {
        "past": rng.normal(size=(batch, shape.lookback, shape.n_targets + shape.n_past)).cumsum(axis=1)
    }
    if shape.n_future:
        found["future"] = rng.normal(size=(batch, shape.horizon, shape.n_future))
    if shape.n_static:
        found["static"] = rng.normal(size=(batch, shape.n_static))
    if shape.padded:
        absent = rng.integers(0, shape.lookback, size=batch)
        found["mask"] = np.arange(shape.lookback) >= absent[:, None]
    found = {name: part.astype(np.float32) for name, part in found.items()}

    def codes(categories: tuple[Category, ...], *sizes: int) -> npt.NDArray[np.int32]:
        parts = [rng.integers(0, c.size + 1, size=sizes) for c in categories]
        return np.stack(parts, axis=-1).astype(np.int32)

    both = (*shape.past_categories, *shape.future_categories)
    if both:
        found["past_codes"] = codes(both, batch, shape.lookback)
    if shape.future_categories:
        found["future_codes"] = codes(shape.future_categories, batch, shape.horizon)
    if shape.static_categories:
        found["static_codes"] = codes(shape.static_categories, batch)
    return found


def built(one: Case, *, seed: int = 1) -> Any:
    """The Keras network with random weights, none of them at its first value."""
    from forecaster.model.build import build

    network = build(one.spec, one.shape)
    rng = np.random.default_rng(seed)
    for weight in network.kept_weights():
        weight.assign(np.asarray(weight) + rng.normal(size=weight.shape).astype(np.float32) * 0.3)
    return network


def weights_of(network: Any) -> dict[str, npt.NDArray[np.float32]]:
    """Its weights by path."""
    return {w.path: np.asarray(w) for w in network.kept_weights()}


def difference(one: Case) -> tuple[float, set[str]]:
    """The largest difference between the two, and the operators of the graph."""
    network, windows = built(one), inputs(one.shape)
    expected = np.asarray(network(windows, training=False))
    graph = graph_of(NETWORK, one.spec, one.shape, weights_of(network))
    found = GraphSession(graph.content("0")).run(windows)[FORECAST]
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max())), graph.operators


def _table(rows: dict[str, dict[str, float]], columns: tuple[str, ...]) -> None:
    print(f"\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for name, row in rows.items():
        cells = [f"{row[c]:.0e}" if c in row else "–" for c in columns]
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    by_output: dict[str, dict[str, float]] = {}
    by_normalization: dict[str, dict[str, float]] = {}
    n = 0
    for one in all_cases():
        n += 1
        found, operators = difference(one)
        assert "Loop" not in operators
        name = f"{one.cell}, {one.head}"
        for table, column in ((by_output, one.output), (by_normalization, one.normalization)):
            row = table.setdefault(name, {})
            row[column] = max(found, row.get(column, 0.0))
    print(f"{n} networks")
    _table(by_output, tuple(OUTPUTS))
    _table(by_normalization, NORMALIZATIONS)
    options = {name: {"largest": max(difference(c)[0] for c in cases_of(name))} for name in OPTIONS}
    _table(options, ("largest",))


if __name__ == "__main__":
    main()
