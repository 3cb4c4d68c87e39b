"""From a file to an experiment: overrides, defaults, dimensions, paths, ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from forecaster.config.experiment import Experiment
from forecaster.config.parsed_yaml import parse_yaml, read_yaml
from forecaster.config.searchable import check_ends
from forecaster.config.space import lift
from forecaster.errors import ConfigError

SMALL = """\
name: small
data: {path: ../t.csv, time: t, freq: h, targets: [y]}
window: {lookback: 24, horizon: 3}
model:
  layers:
    - {type: gru, units: {int: {min: 8, max: 64, default: 16}}}
    - {type: lstm, units: 8}
training: {early_stopping: {patience: 3}}
"""
FULL = Path(__file__).with_name("full.yaml")
SHIPPED = sorted((Path(__file__).parents[3] / "configs").rglob("*.yaml"))


@pytest.fixture
def small(tmp_path):
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "small.yaml").write_text(SMALL)
    return folder / "small.yaml"


def test_defaults_and_dimensions(small):
    loaded = Experiment.from_yaml(small)
    assert loaded.spec.model.layers[0].units == 16
    assert loaded.spec.training.batch_size == 64
    assert [d.name for d in loaded.dimensions] == ["model.layers.0.units"]
    assert loaded.text == SMALL
    assert loaded.base == small.parent
    assert loaded.warnings == []


@pytest.mark.parametrize(
    ("override", "read", "expected"),
    [
        ("model.layers.1.units=32", lambda e: e.model.layers[1].units, 32),
        ("training.optimizer.learning_rate=1e-4", lambda e: e.training.optimizer.learning_rate, 1e-4),
        ("training.early_stopping=null", lambda e: e.training.early_stopping, None),
        ("training.early_stopping={patience: 9}", lambda e: e.training.early_stopping.patience, 9),
        ("tune.time_budget=30m", lambda e: e.tune.time_budget, "30m"),
        ("data.targets=[a, b]", lambda e: e.data.targets, ["a", "b"]),
        ("data.targets.0=no", lambda e: e.data.targets, ["no"]),
        ("data.start=2013-02-01", lambda e: e.data.start, "2013-02-01"),
        ("data.csv.separator=';'", lambda e: e.data.csv.separator, ";"),
        ("name=b", lambda e: e.name, "b"),
        (" training.epochs = 3 ", lambda e: e.training.epochs, 3),
    ],
)
def test_set(small, override, read, expected):
    assert read(Experiment.from_yaml(small, [override]).spec) == expected


def test_set_replaces_a_search_node(small):
    loaded = Experiment.from_yaml(small, ["model.layers.0.units=40"])
    assert loaded.spec.model.layers[0].units == 40
    assert loaded.dimensions == []


def test_set_may_bring_a_search_node_or_change_one(small):
    node = "model.layers.1.units={int: {min: 2, max: 9, default: 4}}"
    loaded = Experiment.from_yaml(small, [node, "model.layers.0.units.int.max=99"])
    assert [(d.name, d.range.max) for d in loaded.dimensions] == [
        ("model.layers.0.units", 99),
        ("model.layers.1.units", 9),
    ]


def test_later_set_wins_and_begins_an_absent_section(small):
    sets = ["evaluation.seasonality=24", "evaluation.seasonality=168"]
    assert Experiment.from_yaml(small, sets).spec.evaluation.seasonality == 168


def test_set_mends_a_fault_of_the_file(small):
    small.write_text(SMALL.replace("lookback: 24", "lookback: *x"))
    with pytest.raises(ConfigError, match="alias"):
        Experiment.from_yaml(small, ["window.lookback=48"])
    small.write_text(SMALL.replace("lookback: 24", "lookback: none"))
    assert Experiment.from_yaml(small, ["window.lookback=48"]).spec.window.lookback == 48


def test_resolved_file_elsewhere_is_the_same_experiment(small, tmp_path):
    loaded = Experiment.from_yaml(small, ["training.epochs=3"])
    run = tmp_path / "runs" / "a"
    run.mkdir(parents=True)
    (run / "resolved.yaml").write_text(loaded.resolved_yaml(relative_to=run))
    again = Experiment.from_yaml(run / "resolved.yaml")
    assert again.spec.data.path == "../../t.csv"
    assert again.data_path.resolve() == loaded.data_path.resolve() == tmp_path / "t.csv"
    assert again.output_dir.resolve() == loaded.output_dir.resolve() == small.parent / "runs"
    assert again.spec.training == loaded.spec.training
    assert again.spec.model == loaded.spec.model
    assert again.dimensions == []
    # Where a run is tracked is no part of it.
    assert set(again.values) == set(type(again.spec).model_fields) - {"tracking"}


def test_absolute_paths_stay(small, tmp_path):
    loaded = Experiment.from_yaml(small, [f"data.path={tmp_path}/x.csv"])
    assert f"path: {tmp_path}/x.csv\n" in loaded.resolved_yaml(relative_to=tmp_path / "runs")


def test_trial_has_other_values(small):
    loaded = Experiment.from_yaml(small)
    assert loaded.trial({"model.layers.0.units": 33}).model.layers[0].units == 33
    assert loaded.spec.model.layers[0].units == 16
    with pytest.raises(ConfigError, match="is 0, needs a whole number from 1 to 65536"):
        loaded.trial({"model.layers.0.units": 0})


def test_ends_are_checked_against_the_schema(small):
    small.write_text(
        SMALL.replace("min: 8, max: 64", "min: 0, max: 70000").replace(
            "lookback: 24", "lookback: {choice: {values: [24, 30], default: 24}}"
        )
        + "seed: {boolean: {default: true}}\n"
    )
    sets = ["seed=1", "model.patch=8"]
    faults = check_ends(Experiment.from_yaml(small, sets))
    where = f"{small}:3:"
    assert [str(d) for d in faults] == [
        f"{where}43: window.lookback: with 30, which the search may try: model.patch: 8 does not divide "
        "window.lookback, 30; use a lookback of 24 or 32",
        f"{small}:6:38: model.layers.0.units: with 0, which the search may try: is 0, needs a whole number "
        "from 1 to 65536",
        f"{small}:6:46: model.layers.0.units: with 70000, which the search may try: is 70000, needs a whole "
        "number from 1 to 65536",
    ]


def test_ends_that_fit(small):
    assert check_ends(Experiment.from_yaml(small)) == []


def test_warnings(small):
    sets = ["data.freq=H", "training.epochs=3"]
    assert [str(d) for d in Experiment.from_yaml(small, sets).warnings] == [
        "--set data.freq=H: data.freq: 'H' is an old name and is read as 'h'; write h",
        f"{small}:8:39: training.early_stopping.patience: is 3 and training.epochs is 3, so training never "
        "stops early; lower it",
    ]


def test_the_full_example_loads():
    loaded = Experiment.from_yaml(FULL)
    assert [d.name for d in loaded.dimensions] == ["model.layers.1.units"]
    assert check_ends(loaded) == []
    # It names every key of the schema's sections, so that no key goes untried.
    tree = lift(read_yaml(FULL).values, loaded.positions).values
    resolved = parse_yaml(loaded.resolved_yaml(relative_to=FULL.parent), "resolved.yaml").values
    for section in ("data", "split", "window", "scaling", "model", "training", "evaluation", "runtime"):
        assert set(tree[section]) <= set(resolved[section]), section


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_configs_load(path):
    loaded = Experiment.from_yaml(path)
    # The reference stacks are as they are written in the field, off the fused kernel.
    assert all("fused GPU kernel" in w.summary for w in loaded.warnings)
    assert check_ends(loaded) == []


@pytest.mark.slow
def test_loading_imports_nothing_heavy():
    code = (
        "import sys; from pathlib import Path; from forecaster.config.experiment import Experiment\n"
        f"Experiment.from_yaml(Path({str(SHIPPED[0])!r}))\n"
        "heavy = {'tensorflow', 'keras', 'keras_tuner', 'sklearn', 'matplotlib', 'pandas', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("freq", "said"), [("QS", 0), ("YE", 0), ("W", 0), ("M", 1), ("T", 1)])
def test_a_short_name_of_a_frequency_is_not_old(small, freq, said):
    found = Experiment.from_yaml(small, [f"data.freq={freq}"]).warnings
    assert sum("is an old name" in str(d) for d in found) == said
