"""Spaces that `forecaster tune` refuses before the first trial: status 2, file, line and column. Whole messages."""

from pathlib import Path

import pytest

from tests.integration.tiny_runs import hours, refused, write_table

HEAD = "name: n\ndata: {path: t.csv, time: t, freq: h, targets: [y]}\n"
UNITS = "{int: {min: 1, max: 8, default: 4}}"
LAYERS = f"model: {{layers: [{{type: gru, units: {UNITS}}}]}}\n"
WINDOW = "window: {lookback: 6, horizon: 3}\n"


def layers(text: str) -> str:
    return HEAD + WINDOW + f"model: {{layers: [{{{text}}}]}}\n"


CASES = [
    (
        "min above max",
        layers("type: gru, units: {int: {min: 9, max: 8, default: 9}}"),
        "c.yaml:4:57: model.layers.0.units.int.max: is 8, below min, 9; exchange them",
    ),
    (
        "unknown path",
        layers("type: gru, unit: {int: {min: 1, max: 8, default: 4}}, units: 4"),
        "c.yaml:4:30: model.layers.0.unit: unknown key; did you mean units?",
    ),
    (
        "default outside",
        layers("type: gru, units: {int: {min: 1, max: 8, default: 9}}"),
        "c.yaml:4:69: model.layers.0.units.int.default: is 9, needs a value from 1 to 8",
    ),
    (
        "empty choice",
        layers("type: gru, units: 4, activation: {choice: {values: [], default: tanh}}"),
        "c.yaml:4:70: model.layers.0.activation.choice.values: is an empty list, needs a list "
        "with at least 1 entry, each text, a whole number, a number, true or false, or null",
    ),
    (
        "grid with an unstepped float",
        layers("type: gru, units: 4, dropout: {float: {min: 0.0, max: 0.5, default: 0.1}}")
        + "tune: {algorithm: grid}\n",
        "c.yaml:4:50: model.layers.0.dropout: algorithm grid needs a step here; add a step, list the values in a "
        "choice, or use another algorithm",
    ),
    (
        "an end that the schema refuses",
        layers("type: gru, units: 4, dropout: {float: {min: 0.0, max: 1.5, default: 0.1}}"),
        "c.yaml:4:73: model.layers.0.dropout: with 1.5, which the search may try: is 1.5, needs a number from 0 to "
        "below 1",
    ),
    (
        "a choice that does not go with the rest",
        HEAD + "window: {lookback: {choice: {values: [6, 7], default: 6}}, horizon: 3}\n"
        f"model: {{patch: 3, layers: [{{type: gru, units: {UNITS}}}]}}\n",
        "c.yaml:3:42: window.lookback: with 7, which the search may try: model.patch: 3 does not divide "
        "window.lookback, 7; use a lookback of 6 or 9",
    ),
    (
        "the horizon",
        HEAD + "window: {lookback: 6, horizon: {int: {min: 1, max: 3, default: 3}}}\n" + LAYERS,
        "c.yaml:3:23: window.horizon: cannot be searched: it decides which targets are scored, which must be the same "
        "for every trial; give one value",
    ),
    (
        "the search itself",
        HEAD + WINDOW + LAYERS + "tune: {max_trials: {int: {min: 1, max: 3, default: 3}}}\n",
        "c.yaml:5:8: tune.max_trials: cannot be searched: it says how to search, and cannot be searched itself; "
        "give one value",
    ),
    (
        "epochs of hyperband",
        HEAD + WINDOW + LAYERS + "training: {epochs: {int: {min: 1, max: 3, default: 3}}}\n",
        "c.yaml:5:12: training.epochs: cannot be searched: hyperband decides the epochs; give tune.max_epochs instead",
    ),
    (
        "no validation",
        HEAD + WINDOW + LAYERS + "split: {val: 0}\ntraining: {early_stopping: null}\n",
        "c.yaml:5:14: split.val: is 0, and a search scores validation windows; give validation a share",
    ),
    (
        "nothing to search",
        HEAD + WINDOW + "model: {layers: [{type: gru, units: 8}]}\n",
        "c.yaml:1:1: no value of this file is a search node; replace one, as in units: {int: {min: 32, max: 128, "
        "default: 64}}",
    ),
    (
        "a metric that is none",
        HEAD + WINDOW + LAYERS + "tune: {objective: {metric: val_mea}}\n",
        "c.yaml:5:28: tune.objective.metric: no metric is called 'val_mea'; did you mean val_mae?",
    ),
]


@pytest.mark.parametrize(("text", "message"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_is_refused_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    (tmp_path / "c.yaml").write_text(text)
    assert refused(2, "tune", "c.yaml", "--run-dir", "r") == message
    assert not (tmp_path / "r").exists()


def test_a_lookback_that_leaves_no_window_is_refused_before_the_first_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    (tmp_path / "c.yaml").write_text(
        HEAD + "window: {lookback: {int: {min: 6, max: 50, default: 6}}, horizon: 3}\n" + LAYERS
    )
    message = refused(2, "tune", "c.yaml", "--run-dir", "r")
    assert message.startswith("window: t.csv: no train window fits: the longest series has 60 rows")


def test_folds_that_reach_before_the_data_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    (tmp_path / "c.yaml").write_text(HEAD + WINDOW + LAYERS + "tune: {algorithm: random, folds: 9}\n")
    assert "no train window fits" in refused(2, "tune", "c.yaml", "--run-dir", "r")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--resume"], "--resume needs --run-dir; name the search that is to go on"),
        (["--engine", "cloud"], "--engine cloud: there is no such engine; use local or ray"),
        (["--time-budget", "soon"], "--time-budget soon: is no time; write it as 90s, 30m or 2h"),
    ],
)
def test_options_that_do_not_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    (tmp_path / "c.yaml").write_text(HEAD + WINDOW + LAYERS)
    assert refused(2, "tune", "c.yaml", *options) == message
