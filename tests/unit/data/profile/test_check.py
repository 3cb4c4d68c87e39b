from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.profile.check import check
from forecaster.data.profile.outliers import outliers
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec, SplitSpec, WindowSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.split import SPLITS, split
from forecaster.data.transforms.windows import WindowSource, cut_windows

TABLE = """time,id,y,x
0,a,1,1
1,a,2,
4,a,2,1
5,a,2,1
6,a,3,1
8,a,4,1
9,a,5,1
0,b,7,1
1,b,7,1
2,b,7,1
2,b,7,3
"""
SPEC = DataSpec(
    path="t.csv", time="time", freq=1, id="id", targets=["y"], past_covariates=["x"], missing="mask",
    duplicates="last",
)  # fmt: skip


def test_report(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    panel, findings = read_table(SPEC, path)
    split_bounds = split(panel, SplitSpec(val=2, test=3))  # a: train 0-4, val 5-6, test 7-9; b: test 0-2
    report = check(panel, findings, split_bounds, WindowSpec(lookback=2, horizon=2))
    a, b = report.series(0), report.series(1)
    assert (a["id"], a["rows"], a["first"], a["last"], a["duplicates"]) == ("a", 10, "0", "9", 0)
    assert a["gaps"] == {"count": 2, "rows": 3, "first": "2", "longest": 2}
    assert a["missing"] == {"y": 0, "x": 1}
    assert a["constant"] == {"y": {"rows": 2, "first": "4"}}
    assert a["outliers"] == {name: {"count": 0, "first": None} for name in "yx"}
    assert a["known_ahead"] == {"rows": 0, "last": None}
    assert a["train"] == {
        "windows": 2,
        "first": "0",
        "last": "4",
        "first_window": {"lookback_first": "0", "cutoff": "1", "target_first": "2", "target_last": "3"},
        "last_window": {"lookback_first": "1", "cutoff": "2", "target_first": "3", "target_last": "4"},
    }
    assert (a["val"]["windows"], a["val"]["first"], a["val"]["last"]) == (1, "5", "6")
    assert (a["test"]["windows"], a["test"]["first"], a["test"]["last"]) == (2, "7", "9")
    assert (b["rows"], b["duplicates"]) == (3, 1)
    assert b["gaps"] == {"count": 0, "rows": 0, "first": None, "longest": 0}
    assert b["constant"] == {"y": {"rows": 3, "first": "0"}}
    empty = {"windows": 0, "first": None, "last": None, "first_window": None, "last_window": None}
    assert b["train"] == b["val"] == empty
    assert report.summary == {
        "freq": 1,
        "timezone": None,
        "series": 2,
        "rows": 13,
        "rows_per_series": {"min": 3, "median": 6, "max": 10},
        "first": "0",
        "last": "9",
        "duplicates": 1,
        "gaps": {"series": 1, "count": 2, "rows": 3, "longest": 2},
        "missing": {"y": 0, "x": 1},
        "left_out": {"series": 0, "leading_rows": 0, "trailing_rows": 0},
        "freq_found": 1,
        "known_ahead": {"series": 0, "rows": {"min": 0, "max": 0}},
        "outliers": {"y": 0, "x": 0},
        "windows": {"train": 2, "val": 1, "test": 2},
        "series_without_windows": {"train": 1, "val": 1, "test": 1},
    }
    assert json.loads(json.dumps(report.as_json()))["series"][1]["id"] == "b"


def test_windows_are_those_that_training_cuts(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lengths = {"a": 40, "b": 11, "c": 23, "d": 7}
    rows = "".join(f"{t},{name},{t},1\n" for name, n in lengths.items() for t in range(n))
    path.write_text("time,id,y,x\n" + rows)
    panel, findings = read_table(SPEC, path)
    split_bounds = split(panel, SplitSpec(val=0.2, test=0.3))
    for lookback, horizon, stride in [(3, 2, 1), (3, 2, 4), (8, 1, 3), (1, 5, 2)]:
        window = WindowSpec(lookback=lookback, horizon=horizon, stride=stride)
        source = WindowSource(panel.values.astype(np.float32), panel.offsets, n_targets=1, n_past=1)
        report = check(panel, findings, split_bounds, window)
        for name in SPLITS:
            w = cut_windows(source, split_bounds, name, window)
            for s in range(len(panel.ids)):
                said = report.series(s)[name]
                mine = np.flatnonzero(w.series == s)
                assert said["windows"] == len(mine)
                for end, nth in (("first_window", 0), ("last_window", -1)):
                    if not len(mine):
                        assert said[end] is None
                        continue
                    row = w.start[mine[nth]] - panel.offsets[s]
                    edges = row + np.array([0, lookback - 1, lookback, lookback + horizon - 1])
                    assert list(said[end].values()) == panel.time_axis.text(panel.first[s] + edges)


def test_outliers_known_ahead_and_the_frequency_that_the_rows_have(tmp_path: Path) -> None:
    """Quartiles of 1 to 7 are 2.5 and 5.5, so 14.5 and less is not far out; b has no spread."""
    values = {"a": [1, 2, 3, 4, 5, 6, 7, 15], "b": [5, 5, 5, 5, 5, 5, 5, 900]}
    lines = [f"{t},{name},{v},1" for name, column in values.items() for t, v in enumerate(column)]
    lines += ["8,a,,1", "9,a,,1"]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["time,id,y,x", *lines]) + "\n")
    spec = SPEC.model_copy(update={"past_covariates": [], "future_covariates": ["x"]})
    ahead, findings = read_table(spec, path, keep_future=True)
    panel = ahead.first_rows(ahead.lengths - findings.future_rows)
    report = check(panel, findings, split(panel, SplitSpec()), WindowSpec(lookback=2, horizon=2))
    nothing = {"count": 0, "first": None}
    assert [one["outliers"] for one in report.each()] == [{"y": nothing, "x": nothing}] * 2
    assert [one["known_ahead"] for one in report.each()] == [
        {"rows": 2, "last": "9"},
        {"rows": 0, "last": None},
    ]
    assert report.summary["known_ahead"] == {"series": 1, "rows": {"min": 0, "max": 2}}
    path.write_text(path.read_text().replace("7,a,15", "7,a,150"))
    panel, findings = read_table(spec, path)
    report = check(panel, findings, split(panel, SplitSpec()), WindowSpec(lookback=2, horizon=2))
    assert report.series(0)["outliers"] == {"y": {"count": 1, "first": "7"}, "x": nothing}
    assert report.summary["outliers"] == {"y": 1, "x": 0}


def test_outliers_of_covariates_are_counted_and_those_of_categories_are_not(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [
        f"{t},{t % 5},{-9999 if t == 7 else t % 3},{'ab'[t % 2] if t else 'c'},{t % 4}" for t in range(40)
    ]
    path.write_text("\n".join(["time,y,past,kind,ahead", *rows]) + "\n")
    settings = {
        "time": "time",
        "freq": 1,
        "targets": ["y"],
        "path": "t.csv",
        "categorical": {"kind": "one_hot"},
    }
    roles = {"past_covariates": ["past", "kind"], "future_covariates": ["ahead"]}
    panel, findings = read_table(DataSpec.model_validate(settings | roles), path)
    report = check(panel, findings, split(panel, SplitSpec()), WindowSpec(lookback=2, horizon=2))
    assert report.summary["outliers"] == {"y": 0, "past": 1, "ahead": 0}
    assert report.series(0)["outliers"]["past"] == {"count": 1, "first": "7"}


def test_outliers_agree_with_numpy_series_by_series() -> None:
    rng = np.random.default_rng(3)
    lengths = [1, 2, 50, 50, 7, 300]
    values = rng.standard_cauchy(sum(lengths))[:, None]
    values[rng.random(len(values)) < 0.1] = np.nan
    offsets = np.append(0, np.cumsum(lengths))
    panel = Panel(
        TimeAxis(1),
        tuple("abcdef"),
        ("y",),
        (),
        (),
        (),
        offsets,
        np.zeros(6, np.int64),
        values,
        np.zeros((6, 0)),
    )
    count, first = outliers(panel, 0)
    for s in range(6):
        x = values[offsets[s] : offsets[s + 1], 0]
        low, high = np.nanquantile(x, [0.25, 0.75]) if (~np.isnan(x)).any() else (np.nan, np.nan)
        far = (x < low - 3 * (high - low)) | (x > high + 3 * (high - low))
        assert count[s] == far.sum()
        assert first[s] == far.argmax()
    assert count.sum() > 0
