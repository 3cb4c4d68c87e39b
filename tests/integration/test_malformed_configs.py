"""Well-formed YAML that the schema refuses: names, unions, missing keys. Every case asserts the whole message."""

import pytest

from forecaster.evaluation.metrics import METRICS
from forecaster.model.cells import CELLS
from forecaster.text import joined
from tests.integration.malformed import LAYER_TYPES, VALID, add, layer, refusal, swap

# The cells whose gates have an activation of their own.
GATED = [name for name, cell in CELLS.items() if "recurrent_activation" in cell.model_fields]

# (case, text of c.yaml, message)
NAMES = [
    (
        "near a choice",
        add("training: {loss: mea}"),
        'c.yaml:5:18: training.loss: is the text "mea", needs one of mse, mae, huber, log_cosh, '
        "pinball, nll, mase, smape, owa; did you mean mae?",
    ),
    (
        "far from every choice",
        add("runtime: {precision: double}"),
        'c.yaml:5:22: runtime.precision: is the text "double", needs one of float32, '
        "mixed_bfloat16, mixed_float16",
    ),
    (
        "choice in capitals",
        layer("type: gru, units: 8, activation: ReLU"),
        'c.yaml:4:52: model.layers.0.activation: is the text "ReLU", needs one of linear, tanh, '
        "relu, sigmoid, hard_sigmoid, elu, selu, gelu, silu, softplus, softsign; did you mean "
        "relu?",
    ),
    (
        "unknown metric",
        add("evaluation: {metrics: [mae, r2]}"),
        'c.yaml:5:29: evaluation.metrics.1: is the text "r2", needs one of ' + ", ".join(METRICS),
    ),
    (
        "unknown key at the top",
        add("trainng: {epochs: 3}"),
        "c.yaml:5:1: trainng: unknown key; did you mean training?",
    ),
    (
        "unknown key in a section",
        swap("window: {lookbak: 24, horizon: 3}"),
        "c.yaml:3:10: window.lookbak: unknown key; did you mean lookback?",
    ),
    (
        "unknown key two deep",
        add("training: {optimizer: {learningrate: 0.1}}"),
        "c.yaml:5:24: training.optimizer.learningrate: unknown key; did you mean learning_rate?",
    ),
    (
        "unknown key in a layer",
        layer("type: gru, unit: 8"),
        "c.yaml:4:30: model.layers.0.unit: unknown key; did you mean units?",
    ),
    (
        "unknown key four deep",
        layer("type: gru, units: 8, kernel_regularizer: {l3: 0.1}"),
        "c.yaml:4:61: model.layers.0.kernel_regularizer.l3: unknown key; the keys here are l1, l2",
    ),
    (
        "key of another section",
        add("training: {learning_rate: 0.1}"),
        "c.yaml:5:12: training.learning_rate: unknown key; it belongs under training.optimizer",
    ),
    (
        "key of the top level",
        add("training: {seed: 1}"),
        "c.yaml:5:12: training.seed: unknown key; it belongs at the top level",
    ),
    (
        "section inside another",
        swap("model: {layers: [{type: gru, units: 8}], horizon: 3}"),
        "c.yaml:4:42: model.horizon: unknown key; it belongs under window",
    ),
    (
        "key with odd characters",
        add('"a\\e[31m\\n": 1'),
        'c.yaml:5:1: "a\\u001b[31m\\n": unknown key; the keys here are version, name, seed, data, '
        "split, window, scaling, model, training, evaluation, tune, runtime, output, tracking",
    ),
]
# (case, text of c.yaml, message)
UNIONS = [
    (
        "unknown layer type",
        layer("type: ltsm, units: 8"),
        'c.yaml:4:25: model.layers.0.type: is the text "ltsm", needs one of '
        f"{LAYER_TYPES}; did you mean lstm?",
    ),
    (
        "layer type is a number",
        layer("type: 3, units: 8"),
        f"c.yaml:4:25: model.layers.0.type: is 3, needs one of {LAYER_TYPES}",
    ),
    (
        "layer without a type",
        layer("units: 8"),
        f"c.yaml:4:18: model.layers.0.type: is missing, needs one of {LAYER_TYPES}; "
        "add 'type:' under model.layers.0",
    ),
    (
        "layer is text",
        swap("model: {layers: [gru]}"),
        'c.yaml:4:18: model.layers.0: is the text "gru", needs a mapping whose type is one of '
        f"{LAYER_TYPES}; write {{type: gru}}",
    ),
    (
        "option of another layer",
        layer("type: simple_rnn, units: 8, recurrent_activation: sigmoid"),
        "c.yaml:4:47: model.layers.0.recurrent_activation: is not an option of simple_rnn; remove "
        f"it; it belongs to {joined(GATED, word='and')}",
    ),
    (
        "option of one other layer",
        layer("type: lstm, units: 8, reset_after: false"),
        "c.yaml:4:41: model.layers.0.reset_after: is not an option of lstm; remove it; it belongs to gru",
    ),
    (
        "layer without units",
        layer("type: lstm"),
        "c.yaml:4:18: model.layers.0.units: is missing, needs a whole number from 1 to 65536; "
        "add 'units:' under model.layers.0",
    ),
    (
        "option of another schedule",
        add("training: {schedule: {type: cosine, every: 3}}"),
        "c.yaml:5:37: training.schedule.every: is not an option of cosine; remove it; it belongs to step",
    ),
    (
        "unknown output",
        swap("model: {layers: [{type: gru, units: 8}], output: {type: quantile}}"),
        'c.yaml:4:57: model.output.type: is the text "quantile", needs one of point, quantiles, '
        "distribution; did you mean quantiles?",
    ),
]
# (case, text of c.yaml, message)
MISSING = [
    (
        "missing name",
        VALID.replace("name: a\n", ""),
        "c.yaml:1:1: name: is missing, needs 1 to 100 letters, digits, '.', '_' or '-', "
        "beginning with a letter or a digit; add 'name:' at the top level",
    ),
    (
        "missing section",
        VALID.replace("window: {lookback: 24, horizon: 3}\n", ""),
        "c.yaml:1:1: window: is missing, needs a mapping with lookback, horizon; add 'window:' "
        "at the top level",
    ),
    (
        "missing keys",
        swap("data: {path: t.csv}"),
        "c.yaml:2:1: data.time: is missing, needs text; add 'time:' under data\n"
        "c.yaml:2:1: data.freq: is missing, needs text or a whole number of at least 1; add "
        "'freq:' under data\n"
        "c.yaml:2:1: data.targets: is missing, needs a list with at least 1 entry, each text; "
        "add 'targets:' under data",
    ),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [pytest.param(t, m, id=name) for name, t, m in [*NAMES, *UNIONS, *MISSING]],
)
def test_message(tmp_path, monkeypatch, text, message):
    assert refusal(tmp_path, monkeypatch, text) == message
