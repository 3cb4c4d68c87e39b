"""Spaces that `forecaster tune` refuses before the first trial: status 2, file, line and column. Whole messages."""

from pathlib import Path

import pytest

from tests.integration.tiny_runs import call, hours, refused, write_table

HEAD = "name: n\ndata: {path: t.csv, time: t, freq: h, targets: [y]}\n"
UNITS = "{int: {min: 1, max: 8, default: 4}}"
LAYERS = f"model: {{layers: [{{type: gru, units: {UNITS}}}]}}\n"
WINDOW = "window: {lookback: 6, horizon: 3}\n"


def layers(text: str) -> str:
    return HEAD + WINDOW + f"model: {{layers: [{{{text}}}]}}\n"


def swap_data(text: str) -> str:
    return HEAD.replace("[y]", f"[y], {text}") + WINDOW + LAYERS


CASES = [
    (
        "min above max",
        layers("type: gru, units: {int: {min: 9, max: 8, default: 9}}"),
        "c.yaml:4:57: model.layers.0.units.int.max: is 8, below min, 9; swap them",
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
        "a grid without end",
        layers("type: gru, units: 4")
        + "seed: {int: {min: 1, max: 2000000000, default: 4}}\ntune: {algorithm: grid}\n",
        "c.yaml:5:8: seed: has 2,000,000,000 values, and algorithm grid tries at most 10,000; raise the step, "
        "list the values in a choice, or use another algorithm",
    ),
    (
        "steps without end",
        layers("type: gru, units: 4, dropout: {float: {min: 0.0, max: 0.5, step: 1.0e-300, default: 0.1}}"),
        "c.yaml:4:84: model.layers.0.dropout.float.step: is 1e-300, which makes more than 1,000,000,000 values; raise "
        "it, or leave it out",
    ),
    (
        "an end that the schema refuses",
        layers("type: gru, units: 4, dropout: {float: {min: 0.0, max: 1.5, default: 0.1}}"),
        "c.yaml:4:73: model.layers.0.dropout: with 1.5, which the search may try: is 1.5, needs a number from 0 to "
        "below 1",
    ),
    (
        "a choice that cannot be used with the rest",
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
        "hyperband that promotes nothing",
        HEAD + WINDOW + LAYERS + "tune: {algorithm: hyperband, max_epochs: 2}\n",
        "c.yaml:5:42: tune.max_epochs: is 2, below tune.factor, 3: hyperband would continue no trial; raise it, or use "
        "algorithm random",
    ),
    (
        "how missing values are filled",
        swap_data("missing: {choice: {values: [zero, ffill], default: zero}}"),
        "c.yaml:2:53: data.missing: cannot be searched: it decides which values are scored, which must be the same "
        "for every trial; give one value",
    ),
    (
        "a carried state",
        HEAD + WINDOW + "model: {normalization: none, stateful: {boolean: {default: true}}, "
        "layers: [{type: gru, units: 4}]}\n",
        "c.yaml:4:30: model.stateful: cannot be searched: it decides which targets are scored, which must be the same "
        "for every trial; give one value",
    ),
    (
        "losses that do not compare",
        HEAD + WINDOW + LAYERS + "training: {loss: {choice: {values: [mae, mse], default: mae}}}\n"
        "tune: {objective: {metric: val_loss}}\n",
        "c.yaml:5:12: training.loss: cannot be searched by val_loss: losses of different kinds or units cannot "
        "be compared; set tune.objective.metric to val_mae, or give one value",
    ),
    (
        "a column that is not there",
        swap_data("past_covariates: [{choice: {values: [wet, null], default: null}}]"),
        "c.yaml:2:90: data.past_covariates.0: with wet, which the search may try: t.csv: data.past_covariates: no "
        "column is called 'wet'; the columns are 't', 'y'",
    ),
    (
        "holidays of no country",
        swap_data('calendar: [{choice: {values: ["holiday:XX", null], default: null}}]'),
        "c.yaml:2:83: data.calendar.0: with holiday:XX, which the search may try: data.calendar: the holidays package "
        "has no calendar for 'XX'; use an ISO 3166 country code, such as holiday:US or holiday:DE-BY",
    ),
    (
        "logarithms of what is below 0",
        HEAD
        + WINDOW
        + LAYERS
        + "scaling: {method: {choice: {values: [standard, log], default: standard}}}\n",
        "c.yaml:5:48: scaling.method: with log, which the search may try: log needs targets of 0 and more, and the "
        "target has -1; use standard scaling",
    ),
    (
        "a kind that is none",
        layers("type: gru, units: {integer: {min: 1, max: 8, default: 4}}"),
        "c.yaml:4:37: model.layers.0.units: is a mapping, needs a whole number from 1 to 65536; did you mean int?",
    ),
    (
        "a range without its kind",
        layers("type: gru, units: {min: 1, max: 8, default: 4}"),
        "c.yaml:4:37: model.layers.0.units: is a mapping, needs a whole number from 1 to 65536; for a search write "
        "{int: {min: 1, max: 9, default: 3}}, or float",
    ),
    (
        "a number that cannot be one",
        layers("type: gru, units: {int: {min: 1, max: 1000000000000000000000000000000, default: 4}}"),
        'c.yaml:4:57: model.layers.0.units.int.max: "1000000000000000000000000000000" is too large for a whole '
        "number; put it in quotes if it is text",
    ),
    (
        "no validation",
        HEAD + WINDOW + LAYERS + "split: {val: 0}\ntraining: {early_stopping: null}\n",
        "c.yaml:5:14: split.val: is 0, and a search scores validation windows; give validation a share",
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
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(-1, 59), strict=True))
    (tmp_path / "c.yaml").write_text(text)
    assert refused(2, "tune", "c.yaml", "--run-dir", "r") == message
    assert not (tmp_path / "r").exists()
    assert refused(2, "validate", "c.yaml") == message


@pytest.mark.parametrize(
    ("tune", "message"),
    [
        (
            "max_trials: 5",
            "warning: c.yaml:5:8: tune.max_trials: has no effect on hyperband, which uses max_epochs, factor, "
            "hyperband_iterations; give max_epochs, or another algorithm",
        ),
        (
            "algorithm: random, factor: 2",
            "warning: c.yaml:5:27: tune.factor: has no effect on random, which uses max_trials; give max_trials, or "
            "another algorithm",
        ),
        (
            "objective: {direction: max}",
            "warning: c.yaml:5:31: tune.objective.direction: max looks for the largest val_mae, and the smallest error "
            "is the best; set it to min",
        ),
        ("algorithm: random, factor: 2, max_trials: 5", ""),
    ],
)
def test_what_is_probably_not_meant_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tune: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    (tmp_path / "c.yaml").write_text(HEAD + WINDOW + LAYERS + f"tune: {{{tune}}}\n")
    result = call("validate", "c.yaml", "--no-color")
    assert result.exit_code == 0
    said = [line for line in result.stderr.splitlines() if not line.startswith("warning: split.")]
    assert "\n".join(said).strip() == message


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "split: {val: 0}\ntraining: {early_stopping: null}\n",
            "c.yaml:5:14: split.val: is 0, and a search scores validation windows; give validation a share",
        ),
        (
            "tune: {algorithm: grid, max_trials: null}\nsplit: {val: 0.001}\n",
            "t.csv: no val window fits: the longest series has 60 rows, 0 of them for val, and a val window needs 3; "
            "shorten window.lookback or window.horizon, change split, or add rows",
        ),
        (
            "window: {lookback: 40, horizon: 3}\n",
            "t.csv: no train window fits: the longest series has 60 rows, 42 of them for train, and a train window "
            "needs 43; shorten window.lookback or window.horizon, change split, or add rows",
        ),
    ],
)
def test_a_file_without_nodes_is_refused_by_the_same_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    window = "" if "window" in text else WINDOW
    model = "model: {layers: [{type: gru, units: 8}]}\n"
    (tmp_path / "c.yaml").write_text(HEAD + window + model + text)
    assert message in refused(2, "tune", "c.yaml", "--run-dir", "r")
    assert not (tmp_path / "r").exists()


def test_a_search_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    (tmp_path / "c.yaml").write_text(HEAD + WINDOW + LAYERS + "tune: {algorithm: random, max_trials: null}\n")
    assert refused(2, "tune", "c.yaml", "--run-dir", "r") == (
        "c.yaml:5:39: tune.max_trials: is null, and without a time budget the search would never end; give a number, "
        "or set tune.time_budget"
    )


def test_members_are_set_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    node = "training: {ensemble: {int: {min: 1, max: 3, default: 1}}}\n"
    (tmp_path / "c.yaml").write_text(HEAD + WINDOW + LAYERS + node + "tune: {ensemble: 1}\n")
    assert refused(2, "tune", "c.yaml", "--run-dir", "r") == (
        "c.yaml:5:12: training.ensemble: cannot be searched with tune.ensemble, which sets it for every trial; "
        "give one value, or remove tune.ensemble"
    )


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
        (["--resume"], "--resume needs --run-dir; name the directory of the search to continue"),
        (["--engine", "cloud"], "--engine cloud: there is no such engine; use local or ray"),
        (["--engine", ""], "--engine '': there is no such engine; use local or ray"),
        (["--time-budget", "soon"], "--time-budget soon: is not a time; write it as 90s, 30m or 2h"),
    ],
)
def test_options_that_do_not_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    (tmp_path / "c.yaml").write_text(HEAD + WINDOW + LAYERS)
    assert refused(2, "tune", "c.yaml", *options) == message
