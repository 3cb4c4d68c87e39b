"""Repeated layers in a search: a hyperparameter of its own for every copy."""

from pathlib import Path

from forecaster.config.experiment import Experiment

UNITS = "{int: {min: 1, max: 8, default: 4}}"


def loaded(folder: Path, layers: str) -> Experiment:
    text = (
        "name: n\ndata: {path: t.csv, time: t, freq: h, targets: [y]}\n"
        f"window: {{lookback: 4, horizon: 1}}\nmodel: {{layers: [{layers}]}}\n"
    )
    (folder / "c.yaml").write_text(text)
    return Experiment.from_yaml(folder / "c.yaml")


def test_a_searched_repeat_gives_every_copy_its_own_units(tmp_path: Path) -> None:
    repeat = "{int: {min: 1, max: 3, default: 2}}"
    one = loaded(tmp_path, f"{{type: gru, units: {UNITS}, repeat: {repeat}}}, {{type: lstm, units: 9}}")
    assert [(d.name, d.copy, d.repeat) for d in one.search_space] == [
        ("model.layers.0.units", 1, None),
        ("model.layers.0.repeat", 1, None),
        ("model.layers.0.units#2", 2, "model.layers.0.repeat"),
        ("model.layers.0.units#3", 3, "model.layers.0.repeat"),
    ]
    chosen = {"model.layers.0.repeat": 3, "model.layers.0.units": 1, "model.layers.0.units#3": 3}
    layers = one.trial(chosen).model.layers
    # The second copy keeps the default.
    assert [layer.units for layer in layers] == [1, 4, 3, 9]  # type: ignore[union-attr]
    assert [layer.repeat for layer in layers] == [1, 1, 1, 1]


def test_absent_copies_are_not_there(tmp_path: Path) -> None:
    repeat = "{int: {min: 1, max: 3, default: 2}}"
    one = loaded(tmp_path, f"{{type: gru, units: {UNITS}, repeat: {repeat}}}")
    chosen = {"model.layers.0.repeat": 1, "model.layers.0.units#2": 7}
    assert [layer.units for layer in one.trial(chosen).model.layers] == [4]  # type: ignore[union-attr]


def test_a_fixed_repeat_gives_copies_that_are_always_there(tmp_path: Path) -> None:
    one = loaded(tmp_path, f"{{type: gru, units: {UNITS}, repeat: 2}}")
    assert [(d.name, d.repeat) for d in one.search_space] == [
        ("model.layers.0.units", None),
        ("model.layers.0.units#2", None),
    ]


def test_without_a_searched_value_inside_the_repeat_stays_one_layer(tmp_path: Path) -> None:
    one = loaded(tmp_path, "{type: gru, units: 5, repeat: {int: {min: 1, max: 3, default: 2}}}")
    assert [d.name for d in one.search_space] == ["model.layers.0.repeat"]
    (layer,) = one.trial({"model.layers.0.repeat": 3}).model.layers
    assert layer.repeat == 3


def test_the_file_itself_is_not_changed(tmp_path: Path) -> None:
    one = loaded(tmp_path, f"{{type: gru, units: {UNITS}, repeat: 2}}")
    one.trial({"model.layers.0.units#2": 8})
    assert one.values["model"]["layers"] == [{"type": "gru", "units": 4, "repeat": 2}]
