"""Values of the wrong type or out of range. Every case asserts the whole message."""

import pytest

from tests.integration.malformed import LAYER_TYPES, add, data, layer, refusal, swap

# (case, text of c.yaml, message)
TYPES = [
    (
        "text for a whole number",
        layer("type: gru, units: many"),
        'c.yaml:4:37: model.layers.0.units: is the text "many", needs a whole number from 1 to 65536',
    ),
    (
        "quoted number",
        layer('type: gru, units: "64"'),
        'c.yaml:4:37: model.layers.0.units: is the text "64", needs a whole number from 1 to '
        "65536; remove the quotes",
    ),
    (
        "underscored number",
        layer("type: gru, units: 1_000"),
        'c.yaml:4:37: model.layers.0.units: is the text "1_000", needs a whole number from 1 to '
        "65536; write 1000",
    ),
    (
        "float for a whole number",
        layer("type: gru, units: 64.0"),
        "c.yaml:4:37: model.layers.0.units: is 64.0, needs a whole number from 1 to 65536; write 64",
    ),
    (
        "fraction for a whole number",
        layer("type: gru, units: 6.5"),
        "c.yaml:4:37: model.layers.0.units: is 6.5, needs a whole number from 1 to 65536",
    ),
    (
        "true for a number",
        layer("type: gru, units: 8, dropout: true"),
        "c.yaml:4:49: model.layers.0.dropout: is true, needs a number from 0 to below 1",
    ),
    (
        "null for a number",
        layer("type: gru, units:"),
        "c.yaml:4:36: model.layers.0.units: is null, needs a whole number from 1 to 65536",
    ),
    (
        "list for a number",
        layer("type: gru, units: [8]"),
        "c.yaml:4:37: model.layers.0.units: is a list, needs a whole number from 1 to 65536",
    ),
    (
        "a number for a penalty",
        layer("type: gru, units: 8, kernel_regularizer: 0.01"),
        "c.yaml:4:60: model.layers.0.kernel_regularizer: is 0.01, needs a mapping or null; its keys are l1, l2",
    ),
    (
        "the name of a penalty",
        layer("type: gru, units: 8, kernel_regularizer: l2"),
        'c.yaml:4:60: model.layers.0.kernel_regularizer: is the text "l2", needs a mapping or null; its keys are l1, l2',
    ),
    (
        "false for nothing",
        add("training: {early_stopping: false}"),
        "c.yaml:5:28: training.early_stopping: is false, needs a mapping or null; write null",
    ),
    (
        "a mapping for a name",
        add("training: {loss: {type: huber, delta: 0.5}}"),
        "c.yaml:5:18: training.loss: is a mapping, needs one of mse, mae, huber, log_cosh, pinball, nll, mase, smape, "
        "owa; write huber",
    ),
    (
        "yes for true",
        layer("type: gru, units: 8, bidirectional: yes"),
        'c.yaml:4:55: model.layers.0.bidirectional: is the text "yes", needs true or false; write true',
    ),
    (
        "1 for true",
        layer("type: gru, units: 8, bidirectional: 1"),
        "c.yaml:4:55: model.layers.0.bidirectional: is 1, needs true or false; write true",
    ),
    (
        "number for text",
        swap("name: 2024"),
        "c.yaml:1:7: name: is 2024, needs 1 to 100 letters, digits, '.', '_' or '-', beginning "
        'with a letter or a digit; put it in quotes: "2024"',
    ),
    (
        "number for a column",
        swap("data: {path: t.csv, time: 0, freq: h, targets: [y]}"),
        'c.yaml:2:27: data.time: is 0, needs text; put it in quotes: "0"',
    ),
    (
        "text for a list",
        swap("data: {path: t.csv, time: t, freq: h, targets: y}"),
        'c.yaml:2:48: data.targets: is the text "y", needs a list with at least 1 entry, each '
        "text; write [y]",
    ),
    (
        "text for a mapping",
        swap("window: 24"),
        "c.yaml:3:9: window: is 24, needs a mapping with lookback, horizon",
    ),
    (
        "empty section",
        add("training:\n"),
        "c.yaml:5:10: training: is null, needs a mapping; remove the key to use its default",
    ),
    (
        "empty required section",
        swap("window:"),
        "c.yaml:3:8: window: is null, needs a mapping with lookback, horizon",
    ),
    (
        "mapping for a list",
        swap("model: {layers: {type: gru, units: 8}}"),
        "c.yaml:4:17: model.layers: is a mapping, needs a list with at least 1 entry, each a "
        f"mapping whose type is one of {LAYER_TYPES}; begin each entry "
        "with '- '",
    ),
    (
        "text for a tagged mapping",
        add("training: {schedule: cosine}"),
        'c.yaml:5:22: training.schedule: is the text "cosine", needs a mapping whose type is one '
        "of constant, exponential, cosine, plateau, step; write {type: cosine}",
    ),
    (
        "text for an optimizer",
        add("training: {optimizer: adam}"),
        'c.yaml:5:23: training.optimizer: is the text "adam", needs a mapping; write {type: adam}',
    ),
    (
        "infinity",
        add("training: {optimizer: {learning_rate: .inf}}"),
        "c.yaml:5:39: training.optimizer.learning_rate: is .inf, needs a number above 0; give a "
        "finite number",
    ),
    (
        "not a number",
        add("training: {optimizer: {clipnorm: .nan}}"),
        "c.yaml:5:34: training.optimizer.clipnorm: is .nan, needs a number above 0 or null; give "
        "a finite number",
    ),
    (
        "None for null",
        swap("model: {layers: [{type: gru, units: 8}], patch: None}"),
        'c.yaml:4:49: model.patch: is the text "None", needs a whole number of at least 1 or '
        "null; write null",
    ),
    (
        "true as version",
        add("version: true"),
        "c.yaml:5:10: version: is true, needs 1",
    ),
    (
        "quoted learning rate",
        add("training: {optimizer: {learning_rate: '1e-3'}}"),
        'c.yaml:5:39: training.optimizer.learning_rate: is the text "1e-3", needs a number above '
        "0; remove the quotes",
    ),
]
# (case, text of c.yaml, message)
RANGES = [
    (
        "units 0",
        layer("type: gru, units: 0"),
        "c.yaml:4:37: model.layers.0.units: is 0, needs a whole number from 1 to 65536",
    ),
    (
        "dropout 1",
        layer("type: gru, units: 8, dropout: 1.0"),
        "c.yaml:4:49: model.layers.0.dropout: is 1.0, needs a number from 0 to below 1",
    ),
    (
        "negative horizon",
        swap("window: {lookback: 24, horizon: -1}"),
        "c.yaml:3:33: window.horizon: is -1, needs a whole number of at least 1",
    ),
    (
        "learning rate 0",
        add("training: {optimizer: {learning_rate: 0}}"),
        "c.yaml:5:39: training.optimizer.learning_rate: is 0, needs a number above 0",
    ),
    (
        "share above 1",
        add("split: {val: 1.5}"),
        "c.yaml:5:14: split.val: is 1.5, needs a number from 0 to below 1, a whole number of at "
        "least 0, or text",
    ),
    (
        "shares fill the series",
        add("split: {val: 0.5, test: 0.5}"),
        "c.yaml:5:8: split: val and test together are 1 of each series; leave a share for training",
    ),
    (
        "version 2",
        add("version: 2"),
        "c.yaml:5:10: version: is 2, needs 1",
    ),
    (
        "negative seed",
        add("seed: -1"),
        "c.yaml:5:7: seed: is -1, needs a whole number from 0 to 2147483647",
    ),
    (
        "empty list",
        swap("model: {layers: []}"),
        "c.yaml:4:17: model.layers: is an empty list, needs a list with at least 1 entry, each a "
        f"mapping whose type is one of {LAYER_TYPES}",
    ),
    (
        "empty name",
        swap('name: ""'),
        "c.yaml:1:7: name: is the text \"\", needs 1 to 100 letters, digits, '.', '_' or '-', "
        "beginning with a letter or a digit",
    ),
    (
        "name with a slash",
        swap("name: a/b"),
        "c.yaml:1:7: name: is the text \"a/b\", needs 1 to 100 letters, digits, '.', '_' or '-', "
        "beginning with a letter or a digit",
    ),
    (
        "time without a unit",
        add("tune: {time_budget: 30 min}"),
        'c.yaml:5:21: tune.time_budget: is the text "30 min", needs a time such as 90s, 30m or 2h, or null',
    ),
    (
        "level 100",
        add("evaluation: {levels: [80, 100]}"),
        "c.yaml:5:27: evaluation.levels.1: is 100, needs a whole number from 1 to 99",
    ),
    (
        "two separators",
        data('csv: {separator: "::"}'),
        'c.yaml:2:70: data.csv.separator: is the text "::", needs one character of text',
    ),
    (
        "frequency 0",
        swap("data: {path: t.csv, time: t, freq: 0, targets: [y]}"),
        "c.yaml:2:36: data.freq: is 0, needs text or a whole number of at least 1",
    ),
    (
        "unknown frequency",
        swap("data: {path: t.csv, time: t, freq: hourly, targets: [y]}"),
        "c.yaml:2:36: data.freq: no frequency is called 'hourly'; did you mean h?",
    ),
    (
        "unknown zone",
        data("timezone: America/NewYork"),
        "c.yaml:2:63: data.timezone: no time zone is called 'America/NewYork'; did you mean "
        "America/New_York?",
    ),
    (
        "unknown encoding",
        data("csv: {encoding: utf8x}"),
        "c.yaml:2:69: data.csv.encoding: no encoding is called 'utf8x'; try utf-8, cp1252 or latin-1",
    ),
    (
        "unknown calendar feature",
        data("calendar: [weekday]"),
        'c.yaml:2:64: data.calendar.0: is the text "weekday", needs one of hour, dayofweek, day, '
        "month, weekofyear or a country's holidays, such as holiday:US",
    ),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [pytest.param(t, m, id=name) for name, t, m in [*TYPES, *RANGES]],
)
def test_message(tmp_path, monkeypatch, text, message):
    assert refusal(tmp_path, monkeypatch, text) == message
