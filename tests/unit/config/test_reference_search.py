"""configs/search_stack.yaml is the search that it says it is, for every cell."""

from pathlib import Path

import pytest

from forecaster.config.experiment import Experiment
from forecaster.config.searchable import check_ends, search_faults, search_warnings

FILE = Path(__file__).parents[3] / "configs" / "search_stack.yaml"
DROPOUT = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


@pytest.mark.parametrize("cell", [None, "lstm", "gru"])
def test_one_word_makes_it_a_search_over_another_cell(cell: str | None) -> None:
    loaded = Experiment.from_yaml(FILE, [f"model.cell={cell}"] if cell else [])
    assert search_faults(loaded) == check_ends(loaded) == search_warnings(loaded) == []
    chosen = {"model.layers.0.units#3": 70, "model.layers.1.activation#2": "relu"}
    stack = loaded.trial(chosen).model.stack
    assert [layer.type for layer in stack] == [cell or "simple_rnn"] * 5
    assert [getattr(layer, "units", None) for layer in stack] == [130, 130, 70, 40, 40]
    assert [getattr(layer, "activation", None) for layer in stack] == [*["tanh"] * 4, "relu"]


def test_every_layer_has_its_own_units_dropout_and_activation() -> None:
    space = {d.name: d.range for d in Experiment.from_yaml(FILE).search_space}
    tried = {name: [r.at(i) for i in range(r.n_values or 0)] for name, r in space.items()}
    first = [f"model.layers.0.{{}}{copy}" for copy in ("", "#2", "#3")]
    last = [f"model.layers.1.{{}}{copy}" for copy in ("", "#2")]
    assert len(tried) == 15
    for layer in first:
        assert tried[layer.format("units")] == [50, 70, 90, 110, 130, 150]
    for layer in last:
        assert tried[layer.format("units")] == [20, 40, 60, 80, 100, 120, 140]
    for layer in first + last:
        assert tried[layer.format("dropout")] == DROPOUT
        assert tried[layer.format("activation")] == ["tanh", "relu", "sigmoid"]


def test_it_is_hyperband_with_early_stopping() -> None:
    experiment = Experiment.from_yaml(FILE).spec
    tune, training = experiment.tune, experiment.training
    assert (tune.algorithm, tune.max_epochs, tune.factor, tune.hyperband_iterations) == (
        "hyperband",
        100,
        3,
        5,
    )
    assert training.early_stopping is not None
    assert training.early_stopping.patience == 5
    assert (training.optimizer.type, training.optimizer.learning_rate) == ("adam", 1e-3)
