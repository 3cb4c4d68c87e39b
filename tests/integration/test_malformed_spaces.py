"""Search nodes, fields that do not fit together, and options of later versions. Every case asserts the whole message."""

import pytest

from forecaster.model.cells import CELLS
from forecaster.text import joined
from tests.integration.malformed import add, data, layer, refusal, swap

# (case, text of c.yaml, message)
NODES = [
    (
        "no default",
        layer("type: gru, units: {int: {min: 1, max: 8}}"),
        "c.yaml:4:38: model.layers.0.units.int.default: is missing, needs a whole number; add "
        "'default:' under model.layers.0.units.int",
    ),
    (
        "min above max",
        layer("type: gru, units: {int: {min: 9, max: 8, default: 8}}"),
        "c.yaml:4:57: model.layers.0.units.int.max: is 8, below min, 9; swap them",
    ),
    (
        "default outside",
        layer("type: gru, units: {int: {min: 1, max: 8, default: 9}}"),
        "c.yaml:4:69: model.layers.0.units.int.default: is 9, needs a value from 1 to 8",
    ),
    (
        "default off step",
        layer("type: gru, units: {int: {min: 32, max: 256, step: 32, default: 100}}"),
        "c.yaml:4:82: model.layers.0.units.int.default: 100 is not on a step of 32 from 32; use 96 or 128",
    ),
    (
        "float default off step",
        layer("type: gru, units: 8, dropout: {float: {min: 0.0, max: 0.5, step: 0.1, default: 0.25}}"),
        "c.yaml:4:98: model.layers.0.dropout.float.default: 0.25 is not on a step of 0.1 from 0; "
        "use 0.2 or 0.3",
    ),
    (
        "step 0",
        layer("type: gru, units: {int: {min: 1, max: 8, step: 0, default: 8}}"),
        "c.yaml:4:66: model.layers.0.units.int.step: is 0, needs a whole number of at least 1 or null",
    ),
    (
        "log from 0",
        add("training: {optimizer: {learning_rate: {float: {min: 0, max: 1, sampling: log, default: 0.1}}}}"),
        "c.yaml:5:53: training.optimizer.learning_rate.float.min: is 0, and log sampling needs "
        "more than 0; raise min",
    ),
    (
        "log with a step",
        layer("type: gru, units: {int: {min: 1, max: 8, step: 2, sampling: log, default: 3}}"),
        "c.yaml:4:66: model.layers.0.units.int.step: cannot be used with log sampling; remove step, "
        "or list the values in a choice",
    ),
    (
        "unknown sampling",
        layer("type: gru, units: {int: {min: 1, max: 8, sampling: logarithmic, default: 3}}"),
        'c.yaml:4:70: model.layers.0.units.int.sampling: is the text "logarithmic", needs one of linear, log',
    ),
    (
        "unknown key of a node",
        layer("type: gru, units: {int: {min: 1, maximum: 8, default: 3}}"),
        "c.yaml:4:52: model.layers.0.units.int.maximum: unknown key; did you mean max?",
    ),
    (
        "empty choice",
        layer("type: gru, units: 8, activation: {choice: {values: [], default: tanh}}"),
        "c.yaml:4:70: model.layers.0.activation.choice.values: is an empty list, needs a list "
        "with at least 1 entry, each text, a whole number, a number, true or false, or null",
    ),
    (
        "default not among values",
        layer("type: gru, units: 8, activation: {choice: {values: [tanh, relu], default: elu}}"),
        "c.yaml:4:93: model.layers.0.activation.choice.default: is elu, needs one of the values tanh, relu",
    ),
    (
        "value twice",
        layer("type: gru, units: 8, activation: {choice: {values: [tanh, tanh], default: tanh}}"),
        "c.yaml:4:77: model.layers.0.activation.choice.values.1: tanh is listed twice; keep one",
    ),
    (
        "boolean default",
        layer("type: gru, units: 8, bidirectional: {boolean: {default: maybe}}"),
        'c.yaml:4:75: model.layers.0.bidirectional.boolean.default: is the text "maybe", needs true or false',
    ),
    (
        "node without a mapping",
        layer("type: gru, units: {int: 8}"),
        "c.yaml:4:43: model.layers.0.units.int: is 8, needs a mapping with min, max, default",
    ),
    (
        "two keys in a node",
        layer("type: gru, units: {int: {min: 1, max: 8, default: 3}, max: 9}"),
        "c.yaml:4:73: model.layers.0.units.max: is beside the search node int; a search node "
        "has one key; move or remove this one",
    ),
    (
        "node for a mapping",
        add("training: {choice: {values: [a], default: a}}"),
        'c.yaml:5:11: training: is the text "a", needs a mapping; its keys are loss, optimizer, schedule, batch_size, '
        "epochs, steps_per_epoch, validation_windows, early_stopping, ensemble, refit, checkpoint_every",
    ),
    (
        "default against the schema",
        layer("type: gru, units: {int: {min: 0, max: 8, default: 0}}"),
        "c.yaml:4:37: model.layers.0.units: is 0, needs a whole number from 1 to 65536",
    ),
    (
        "float node for whole units",
        layer("type: gru, units: {float: {min: 1, max: 8, default: 2.0}}"),
        "c.yaml:4:37: model.layers.0.units: is 2.0, needs a whole number from 1 to 65536; write 2",
    ),
]
# (case, text of c.yaml, message)
MISFITS = [
    (
        "patch does not divide",
        swap("model: {patch: 7, layers: [{type: gru, units: 8}]}"),
        "c.yaml:4:16: model.patch: 7 does not divide window.lookback, 24; use a lookback of 21 or 28",
    ),
    (
        "no recurrent layer",
        layer("type: dense, units: 8"),
        "c.yaml:4:17: model.layers: has no recurrent layer; add a " + joined(list(CELLS), word="or"),
    ),
    (
        "column in two roles",
        swap("data: {path: t.csv, time: t, freq: h, id: t, targets: [y, y], past_covariates: [y, x]}"),
        "c.yaml:2:43: data.id: column 't' is already the time; name another column\n"
        "c.yaml:2:59: data.targets.1: column 'y' is already listed under targets; keep it in one "
        "place\n"
        "c.yaml:2:81: data.past_covariates.0: column 'y' is already listed under targets; keep "
        "it in one place",
    ),
    (
        "calendar with integers",
        swap(
            "data: {path: t.csv, time: t, freq: 1, targets: [y], calendar: [hour], timezone: UTC, start: '2013'}"
        ),
        "c.yaml:2:63: data.calendar: needs timestamps, but freq is a whole number; remove it\n"
        "c.yaml:2:81: data.timezone: needs timestamps, but freq is a whole number; remove it\n"
        "c.yaml:2:93: data.start: is text, but freq is a whole number; give a whole number",
    ),
    (
        "year as a number",
        data("start: 2013"),
        'c.yaml:2:60: data.start: is 2013, needs a date or time as text; put it in quotes: "2013"',
    ),
    (
        "static without id",
        data("static_covariates: [s]"),
        "c.yaml:2:72: data.static_covariates: needs an id column; add data.id",
    ),
    (
        "two clips",
        add("training: {optimizer: {clipnorm: 1, clipvalue: 1}}"),
        "c.yaml:5:48: training.optimizer.clipvalue: cannot be used with clipnorm; keep one of them",
    ),
    (
        "momentum of adam",
        add("training: {optimizer: {momentum: 0.9}}"),
        "c.yaml:5:34: training.optimizer.momentum: belongs to sgd and rmsprop, not to adam; remove it",
    ),
    (
        "same separator and decimal",
        data('csv: {decimal: ","}'),
        "c.yaml:2:68: data.csv.decimal: is ',', the same as separator; give each a character of its own",
    ),
    (
        "no validation to watch",
        add("split: {val: 0}"),
        "c.yaml:5:14: split.val: is 0, so early stopping has no val_loss to watch; give "
        "validation a share, or set training.early_stopping: null",
    ),
    (
        "unknown monitor",
        add("training: {early_stopping: {monitor: val_mea}}"),
        "c.yaml:5:38: training.early_stopping.monitor: no metric is called 'val_mea'; did you mean val_mae?",
    ),
    (
        "unknown objective",
        add("tune: {objective: {metric: val_rsme}}"),
        "c.yaml:5:28: tune.objective.metric: no metric is called 'val_rsme'; did you mean val_rmse?",
    ),
    (
        "date with integer frequency",
        swap("data: {path: t.csv, time: t, freq: 1, targets: [y]}") + "split: {test: 2013-10-01}\n",
        "c.yaml:5:15: split.test: is text, but data.freq is a whole number; give a share or a "
        "number of steps",
    ),
]
# (case, text of c.yaml, message)
NOT_YET = [
    (
        "quantile output",
        swap("model: {layers: [{type: gru, units: 8}], output: {type: quantiles, levels: [0.5]}}"),
        "c.yaml:1:1: training.loss: mae cannot train output quantiles; set it to pinball",
    ),
    (
        "pinball",
        add("training: {loss: pinball}"),
        "c.yaml:5:18: training.loss: pinball needs model.output: quantiles; set it, or use mae, which is that of the median",
    ),
    (
        "jax",
        add("runtime: {backend: jax}"),
        "c.yaml:5:20: runtime.backend: is no key of this version, which runs on TensorFlow alone; remove it",
    ),
]
# (case, text of c.yaml, message)
AT_ONCE = [
    (
        "everything at once",
        "nam: a\ndata: {path: t.csv, time: t, freq: h, targets: y}\nwindow: {lookback: 24}\nmodel:\n  layers:\n    - {type: gru, units: 0}\n    - {type: gru, units: {int: {min: 4, max: 2, default: 3}}}\n    - {type: gru, units: 8, units: 9}\n  stateful: 3\n",
        "c.yaml:1:1: nam: unknown key; did you mean name?\n"
        'c.yaml:2:48: data.targets: is the text "y", needs a list with at least 1 entry, each '
        "text; write [y]\n"
        "c.yaml:3:1: window.horizon: is missing, needs a whole number of at least 1; add "
        "'horizon:' under window\n"
        "c.yaml:6:26: model.layers.0.units: is 0, needs a whole number from 1 to 65536\n"
        "c.yaml:7:46: model.layers.1.units.int.max: is 2, below min, 4; swap them\n"
        "c.yaml:8:29: model.layers.2.units: duplicate key; it is already on line 8; keep one\n"
        "c.yaml:9:13: model.stateful: is 3, needs true or false",
    ),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [pytest.param(t, m, id=name) for name, t, m in [*NODES, *MISFITS, *NOT_YET, *AT_ONCE]],
)
def test_message(tmp_path, monkeypatch, text, message):
    assert refusal(tmp_path, monkeypatch, text) == message
