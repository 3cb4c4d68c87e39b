"""Networks that put out quantiles and distributions, from the config to the table of forecasts."""

from pathlib import Path

import numpy as np
import pytest

from tests.integration.tiny_runs import csv_rows, done, hours, line, read, refused, write_config, write_table

LAYERS = [{"type": "simple_rnn", "units": 3}]


def counts(
    folder: Path, output: dict[str, object], loss: str, *, model: object = None, **sections: object
) -> Path:
    chance = np.random.default_rng(3)
    write_table(folder / "t.csv", "t,y", zip(hours(200), chance.poisson(4, 200), strict=True))
    given = {"layers": LAYERS, "output": output, **(model or {})}  # type: ignore[dict-item]
    return write_config(
        folder,
        {"targets": ["y"]},
        model=given,
        training={"loss": loss, "epochs": 2, "ensemble": 2},
        **sections,
    )


@pytest.mark.slow
@pytest.mark.parametrize("calibration", ["none", "conformal"])
def test_quantiles_of_an_ensemble(tmp_path: Path, calibration: str) -> None:
    output = {"type": "quantiles", "levels": [0.1, 0.5, 0.9]}
    evaluation = {"seasonality": 2, "levels": [80], "calibration": calibration}
    done(
        "train", counts(tmp_path, output, "pinball", evaluation=evaluation), "--run-dir", tmp_path / "r", "-q"
    )
    header, *rows = csv_rows(done("predict", tmp_path / "r"))
    assert header == ["t", "forecast", "forecast-lo-80", "forecast-hi-80"]
    for row in rows:
        value, low, high = map(float, row[1:])
        assert low < value < high
    splits = read(tmp_path / "r", "metrics.json")["splits"]
    # A network's own quantiles learned nothing from the validation windows; calibrated ones did.
    assert list(splits["val"]["intervals"]) == ["model"]
    assert list(splits["test"]["intervals"]) == ["model", "naive", "seasonal_naive"]
    assert (read(tmp_path / "r", "model/state.json")["calibration"] is None) == (calibration == "none")


@pytest.mark.slow
@pytest.mark.parametrize("head", ["direct", "recursive"])
def test_counts(tmp_path: Path, head: str) -> None:
    """Uncalibrated quantiles of counts are counts, but for ends that reach to the forecast, which is the mean; a longer
    horizon has them too where paths are sampled."""
    output = {"type": "distribution", "family": "negative_binomial", "samples": 20}
    config = counts(
        tmp_path,
        output,
        "nll",
        model={"normalization": "mean", "head": {"type": head}},
        scaling={"method": "none"},
        evaluation={"seasonality": 2, "levels": [50, 80], "calibration": "none"},
    )
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    ask = ["--horizon", 5] if head == "recursive" else []
    _, *rows = csv_rows(done("predict", tmp_path / "r", *ask))
    assert len(rows) == (5 if head == "recursive" else 3)
    for row in rows:
        forecast, *ends = (float(v) for v in row[1:])
        assert all(v >= 0 and (v * 2 == round(v * 2) or v == forecast) for v in ends)
        assert ends[0] <= forecast <= ends[1]
        assert ends[2] <= ends[0] <= ends[1] <= ends[3]
    assert done("predict", tmp_path / "r") == done("predict", tmp_path / "r")


@pytest.mark.parametrize(
    ("model", "training", "said"),
    [
        (
            {"output": {"type": "quantiles", "levels": [0.9, 0.1]}},
            {"loss": "pinball"},
            "model.output.levels: must be in ascending order, each once, with 0.5 among them; write [0.1, 0.5, 0.9]",
        ),
        (
            {"output": {"type": "quantiles"}},
            {},
            "training.loss: mae cannot train output quantiles; set it to pinball",
        ),
        (
            {"output": {"type": "distribution", "family": "normal"}},
            {"loss": "pinball"},
            "training.loss: pinball cannot train output distribution; set it to nll",
        ),
        (
            {},
            {"loss": "nll"},
            "training.loss: nll needs model.output: distribution; set it, or use mae, which is that of the median",
        ),
        (
            {"output": {"type": "quantiles"}, "head": {"type": "recursive"}},
            {"loss": "pinball"},
            "model.output.type: quantiles cannot be used with head recursive: a median that is fed back hides how "
            "uncertain the earlier steps are; use output distribution, whose paths are sampled, or head direct",
        ),
        (
            {"output": {"type": "quantiles"}, "head": {"type": "direct", "activation": "relu"}},
            {"loss": "pinball"},
            "model.head.activation: relu cannot be used with output quantiles, whose values are not all forecasts; "
            "set it to linear",
        ),
        (
            {"output": {"type": "distribution", "family": "negative_binomial"}},
            {"loss": "nll"},
            "model.normalization: last shifts the level, and a negative binomial starts at 0; set it to mean or none",
        ),
        (
            {"output": {"type": "distribution", "family": "negative_binomial"}, "normalization": "mean"},
            {"loss": "nll"},
            "scaling.method: standard changes counts, and output negative_binomial needs them unchanged; "
            "set it to none, with model.normalization: mean",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, model: dict, training: dict, said: str) -> None:
    config = line(tmp_path, model={"layers": LAYERS, **model}, training=training)
    assert refused(2, "validate", config).endswith(said)


def test_levels_that_no_trained_quantile_has_need_calibration(tmp_path: Path) -> None:
    sections = {
        "model": {"layers": LAYERS, "output": {"type": "quantiles", "levels": [0.1, 0.5, 0.9]}},
        "training": {"loss": "pinball"},
    }
    config = line(tmp_path, evaluation={"levels": [80, 95], "calibration": "none"}, **sections)
    assert refused(2, "validate", config).endswith(
        "evaluation.levels.1: 95 lies between the quantiles 0.025 and 0.975, which are not trained; "
        "add them to model.output.levels, or set calibration: conformal"
    )


def test_what_is_no_count_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), [i / 2 for i in range(60)], strict=True))
    output = {"type": "distribution", "family": "negative_binomial"}
    config = write_config(
        tmp_path,
        {"targets": ["y"]},
        model={"layers": LAYERS, "output": output, "normalization": "mean"},
        training={"loss": "nll"},
        scaling={"method": "none"},
    )
    assert refused(2, "train", config, "--run-dir", tmp_path / "r").endswith(
        f"{tmp_path}/t.csv: there is 0.5 as y at {hours(60)[1]}, and a negative binomial needs counts; "
        "use family normal or student_t"
    )
    assert not (tmp_path / "r").exists()
