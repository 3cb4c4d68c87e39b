"""What a file may say and its writer hardly means."""

import pytest

from forecaster.config.experiment import Experiment
from forecaster.config.searchable import check_ends
from forecaster.errors import ConfigError

FILE = """\
name: odd
data: {path: t.csv, time: t, freq: 1, targets: [y]}
window: {lookback: 24, horizon: 3}
model:
  layers:
    - {type: lstm, units: 8}
    - {type: simple_rnn, units: 8, activation: relu, recurrent_dropout: 0.2}
"""


@pytest.fixture
def warnings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def of(text, *sets):
        (tmp_path / "c.yaml").write_text(text)
        return [
            str(w) for w in Experiment.from_yaml((tmp_path / "c.yaml").relative_to(tmp_path), sets).warnings
        ]

    return of


def test_a_simple_rnn_has_no_fused_kernel_to_leave(warnings):
    assert warnings(FILE) == []


def test_every_option_that_leaves_the_fused_kernel_is_named_with_the_reason(warnings):
    layer = "{type: gru, units: 8, activation: gelu, recurrent_activation: relu, recurrent_dropout: 0.1, reset_after: no}"
    text = FILE.replace("{type: lstm, units: 8}", layer.replace("no}", "false}"))
    slow = (
        "; leave it out where speed counts: without the kernel a layer runs several times slower on a GPU, and this "
        "one slower on a processor too"
    )
    quick = (
        "; leave it out on a GPU, where the layer runs several times slower; on a processor it costs nothing"
    )
    path, off = "model.layers.0", "rules out the fused GPU kernel, which"
    assert warnings(text) == [
        f"c.yaml:6:41: {path}.activation: {off} has tanh here, not gelu{slow}",
        f"c.yaml:6:69: {path}.recurrent_activation: {off} has sigmoid here, not relu{quick}",
        f"c.yaml:6:94: {path}.recurrent_dropout: {off} has no dropout on the state{slow}",
        f"c.yaml:6:112: {path}.reset_after: {off} applies the reset gate after the product{slow}",
    ]


def test_padding_is_what_short_series_need(warnings):
    """`init` writes it, so it is no oddity; what it costs on a GPU stands in docs/config.md."""
    assert warnings(FILE.replace("horizon: 3", "horizon: 3, short: pad")) == []


def test_one_step_less_its_own_level_is_nothing(warnings):
    said = (
        "leaves {} of the targets in a window of one step; set it to none, so that the network sees the value"
    )
    text = FILE.replace("lookback: 24", "lookback: 1") + "  normalization: last\n"
    assert warnings(text) == [f"c.yaml:8:18: model.normalization: last {said.format('nothing')}"]
    assert warnings(text, "model.normalization=mean") == [
        f"--set model.normalization=mean: model.normalization: mean {said.format('its sign')}"
    ]
    assert warnings(text, "model.normalization=none") == []


@pytest.mark.parametrize(
    ("training", "said"),
    [
        (
            "{epochs: 9, schedule: {type: cosine, warmup: 9}}",
            "8:56: training.schedule.warmup: is 9 and training.epochs is 9, so the full rate is never reached; lower it",
        ),
        (
            "{schedule: {type: plateau, patience: 5}}",
            "8:48: training.schedule.patience: is 5 and training.early_stopping.patience is 5, so training stops before "
            "a lower rate is tried; lower it, or wait longer to stop",
        ),
    ],
)
def test_schedules_that_cannot_work(warnings, training, said):
    assert warnings(FILE + f"training: {training}\n") == [f"c.yaml:{said}"]


def test_schedules_that_can(warnings):
    for training in (
        "{epochs: 9, schedule: {type: cosine, warmup: 8}}",
        "{schedule: {type: plateau, patience: 4}}",
        "{schedule: {type: plateau, patience: 9}, early_stopping: null}",
    ):
        assert warnings(FILE + f"training: {training}\n") == []


def test_the_backend_of_earlier_versions_is_dropped_with_a_word_about_it(warnings):
    text = FILE + "runtime: {backend: tensorflow, threads: 2}\n"
    assert warnings(text) == [
        "c.yaml:8:20: runtime.backend: is no key any more: forecaster runs on TensorFlow; remove it"
    ]
    assert Experiment.from_yaml("c.yaml").to_dict()["runtime"] == {
        "threads": 2,
        "precision": "float32",
        "deterministic": True,
    }


def test_another_backend_is_refused_also_as_a_value_of_a_search(warnings):
    refused = "is no key of this version, which runs on TensorFlow alone; remove it"
    with pytest.raises(ConfigError, match=f"c.yaml:8:20: runtime.backend: {refused}"):
        warnings(FILE + "runtime: {backend: torch}\n")
    node = "{choice: {values: [tensorflow, jax], default: tensorflow}}"
    warnings(FILE + f"runtime: {{backend: {node}}}\n")
    (fault,) = check_ends(Experiment.from_yaml("c.yaml"))
    assert (
        fault.summary
        == "with jax, which the search may try: is no key of this version, which runs on TensorFlow alone"
    )
