"""--set that cannot be carried out. Every case asserts the whole message."""

import pytest

from tests.integration.malformed import VALID, refusal

# (case, what follows each --set, message)
OVERRIDES = [
    (
        "set without =",
        ["training.epochs"],
        "--set training.epochs: needs a path, '=' and a value; write --set training.epochs=20",
    ),
    (
        "set without a path",
        ["=3"],
        "--set =3: needs a path, '=' and a value; write --set training.epochs=20",
    ),
    (
        "set an empty part",
        ["training..epochs=3"],
        "--set training..epochs=3: needs a path, '=' and a value; write --set training.epochs=20",
    ),
    (
        "set an unknown key",
        ["training.epoch=3"],
        "--set training.epoch=3: training.epoch: unknown key; did you mean epochs?",
    ),
    (
        "set in an unknown section",
        ["trainig.epochs=3"],
        "--set trainig.epochs=3: trainig: unknown key; did you mean training?",
    ),
    (
        "set a wrong type",
        ["training.epochs=many"],
        '--set training.epochs=many: training.epochs: is the text "many", needs a whole number of at least 1',
    ),
    (
        "set out of range",
        ["model.layers.0.units=0"],
        "--set model.layers.0.units=0: model.layers.0.units: is 0, needs a whole number from 1 to 65536",
    ),
    (
        "set a missing index",
        ["model.layers.1.units=8"],
        "--set model.layers.1.units=8: model.layers: has 1 entry, no index 1; the only index is 0",
    ),
    (
        "set a name as index",
        ["model.layers.first.units=8"],
        "--set model.layers.first.units=8: model.layers: is a list, and 'first' is not an index; "
        "write model.layers.0",
    ),
    (
        "set inside a value",
        ["model.layers.0.units.x=8"],
        "--set model.layers.0.units.x=8: model.layers.0.units: is a number and has no 'x'; set "
        "model.layers.0.units itself",
    ),
    (
        "set in a missing list",
        ["data.past_covariates.0=x"],
        "--set data.past_covariates.0=x: data.past_covariates: does not exist, so it has no entry "
        "0; set the whole list: data.past_covariates=[…]",
    ),
    (
        "set broken YAML",
        ["evaluation.metrics=[mae"],
        "--set evaluation.metrics=[mae: evaluation.metrics: the '[' opened here is not closed, "
        "or a ',' is missing; add ']' or ','",
    ),
    (
        "set an anchor",
        ["seed=&a 3"],
        "--set seed=&a 3: seed: anchor &a is not allowed; remove it",
    ),
    (
        "set twice wrong",
        ["seed=x", "window.horizon=0"],
        '--set seed=x: seed: is the text "x", needs a whole number from 0 to 2147483647\n'
        "--set window.horizon=0: window.horizon: is 0, needs a whole number of at least 1",
    ),
    (
        "set a faulty node",
        ["model.layers.0.units={int: {min: 1, max: 8}}"],
        "--set model.layers.0.units={int: {min: 1, max: 8}}: model.layers.0.units.int.default: "
        "is missing, needs a whole number; add 'default:' under model.layers.0.units.int",
    ),
    (
        "set nothing",
        ["name="],
        "--set name=: name: is null, needs 1 to 100 letters, digits, '.', '_' or '-', beginning "
        "with a letter or a digit",
    ),
    (
        "set removes the window",
        ["window=null"],
        "--set window=null: window: is null, needs a mapping with lookback, horizon",
    ),
    (
        "set a loss that the output cannot be used with",
        ["training.loss=nll"],
        "--set training.loss=nll: training.loss: nll needs model.output: distribution; set it, or use mae, which is that of the median",
    ),
]


@pytest.mark.parametrize(("overrides", "message"), [pytest.param(t, m, id=name) for name, t, m in OVERRIDES])
def test_message(tmp_path, monkeypatch, overrides, message):
    assert refusal(tmp_path, monkeypatch, VALID, overrides) == message
