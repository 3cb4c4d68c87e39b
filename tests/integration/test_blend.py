"""model.blend from the YAML file to the forecast."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.integration.tiny_runs import call, csv_rows, done, hours, write_config, write_table

pytestmark = pytest.mark.slow

MODEL = {
    "layers": [{"type": "simple_rnn", "units": 3}],
    "season": 4,
    "blend": ["smoothing", "seasonal_naive"],
}


def season(folder: Path, n: int = 120, **model: object) -> Path:
    """A season of four steps without noise, which the classical forecasts know and a network of two epochs does not."""
    write_table(folder / "t.csv", "t,y", zip(hours(n), np.tile([5, 1, 9, 4], n // 4), strict=True))
    return write_config(
        folder, {"targets": ["y"]}, window={"lookback": 12, "horizon": 3}, model={**MODEL, **model}
    )


def test_the_weights_go_to_what_forecasts_best_and_the_forecast_follows(tmp_path: Path) -> None:
    done("train", season(tmp_path), "--run-dir", tmp_path / "r", "-q")
    weights = json.loads((tmp_path / "r/model/state.json").read_text())["blend"]["weights"]
    assert list(weights) == ["network", "smoothing", "seasonal_naive"]
    assert weights["network"] < 0.3
    assert sum(weights.values()) == pytest.approx(1)
    alone = json.loads((tmp_path / "r/metrics.json").read_text())["splits"]["test"]["scores"]["model"]["mae"]
    done("train", season(tmp_path, blend=[]), "--run-dir", tmp_path / "n", "-q")
    network = json.loads((tmp_path / "n/metrics.json").read_text())["splits"]["test"]["scores"]["model"][
        "mae"
    ]
    assert alone < 0.4 * network
    found = [float(row[1]) for row in csv_rows(done("predict", tmp_path / "r"))[1:]]
    assert found == pytest.approx([5, 1, 9], abs=2)


def test_a_season_that_the_name_gives(tmp_path: Path) -> None:
    """The table repeats every four steps, which only the forecast with a season of its own knows."""
    done(
        "train",
        season(tmp_path, season=3, blend=["seasonal_naive", "seasonal_naive_4"]),
        "--run-dir",
        tmp_path / "r",
        "-q",
    )
    weights = json.loads((tmp_path / "r/model/state.json").read_text())["blend"]["weights"]
    assert weights["seasonal_naive_4"] > 0.9
    found = [float(row[1]) for row in csv_rows(done("predict", tmp_path / "r"))[1:]]
    assert found == pytest.approx([5, 1, 9], abs=1)


def test_evaluate_gives_the_scores_of_train_and_other_rows_the_same_forecast(tmp_path: Path) -> None:
    done("train", season(tmp_path), "--run-dir", tmp_path / "r", "-q")
    scores = json.loads((tmp_path / "r/metrics.json").read_text())["splits"]["test"]["scores"]["model"]
    again = json.loads(done("evaluate", tmp_path / "r", "--json"))
    assert json.dumps(scores) in json.dumps(again)
    assert done("predict", tmp_path / "r") == done("predict", tmp_path / "r", "--data", tmp_path / "t.csv")


def test_quantiles_move_with_the_forecast(tmp_path: Path) -> None:
    config = season(tmp_path, output={"type": "quantiles", "levels": [0.1, 0.5, 0.9]})
    text = json.loads(config.read_text())
    text["training"]["loss"] = "pinball"
    text["evaluation"] |= {"levels": [80], "calibration": "none"}
    config.write_text(json.dumps(text))
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    rows = csv_rows(done("predict", tmp_path / "r"))
    for _, point, low, high in rows[1:]:
        assert float(low) <= float(point) <= float(high)


def test_without_validation_the_network_has_one_half(tmp_path: Path) -> None:
    config = season(tmp_path)
    text = json.loads(config.read_text())
    text |= {"split": {"val": 0, "test": 0.2}, "training": {"epochs": 1, "early_stopping": None}}
    config.write_text(json.dumps(text))
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    weights = json.loads((tmp_path / "r/model/state.json").read_text())["blend"]["weights"]
    assert weights == {"network": 0.5, "smoothing": 0.25, "seasonal_naive": 0.25}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"blend": ["theta", "theta"]}, "names theta twice"),
        ({"blend": ["teta"]}, "theta"),
        (
            {
                "blend": ["theta"],
                "normalization": "mean",
                "output": {"type": "distribution", "family": "negative_binomial"},
            },
            "whole numbers",
        ),
    ],
)
def test_what_cannot_be_blended_is_said(tmp_path: Path, model: dict[str, object], words: str) -> None:
    result = call("validate", season(tmp_path, **model))
    assert result.exit_code == 2
    assert words in result.stderr
