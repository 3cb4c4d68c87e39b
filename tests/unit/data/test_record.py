import numpy as np

from forecaster.data.grid import Grid
from forecaster.data.panel import Panel
from forecaster.data.record import splits_record
from forecaster.data.split import SPLITS, Cuts
from forecaster.data.windows import Source, cut_windows


def test_two_series_by_hand() -> None:
    """Series a: rows 100-109, 6 train, 2 validate, 2 test. Series b: rows 50-52, all of them test."""
    panel = Panel(
        grid=Grid(1),
        ids=("a", "b"),
        targets=("y",),
        past=(),
        future=(),
        statics=(),
        offsets=np.array([0, 10, 13]),
        first=np.array([100, 50]),
        values=np.zeros((13, 1)),
        static=np.zeros((2, 0)),
    )
    cuts = Cuts(train_end=np.array([6, 0]), val_end=np.array([8, 0]), length=np.array([10, 3]))
    source = Source(panel.values.astype(np.float32), panel.offsets, n_targets=1)
    windows = {name: cut_windows(source, cuts, name, lookback=3, horizon=2) for name in SPLITS}
    a, b = splits_record(panel, cuts, windows)["series"]
    assert a["id"] == "a"
    assert a["train"] == {
        "first": "100",
        "last": "105",
        "rows": 6,
        "windows": 2,
        "first_window": {
            "lookback_first": "100",
            "cutoff": "102",
            "target_first": "103",
            "target_last": "104",
        },
        "last_window": {
            "lookback_first": "101",
            "cutoff": "103",
            "target_first": "104",
            "target_last": "105",
        },
    }
    assert a["val"]["first_window"] == a["val"]["last_window"]
    assert a["val"]["first_window"]["target_first"] == "106"
    assert (a["test"]["first"], a["test"]["last"], a["test"]["windows"]) == ("108", "109", 1)
    nothing = {"first": None, "last": None, "rows": 0, "windows": 0, "first_window": None, "last_window": None}
    assert b["train"] == b["val"] == nothing
    # Three rows of test are fewer than a lookback of 3 and a horizon of 2.
    assert b["test"] == nothing | {"first": "50", "last": "52", "rows": 3}


def test_series_without_windows_between_two_with_them() -> None:
    panel = Panel(
        grid=Grid(1),
        ids=("a", "b", "c"),
        targets=("y",),
        past=(),
        future=(),
        statics=(),
        offsets=np.array([0, 4, 6, 10]),
        first=np.array([0, 0, 0]),
        values=np.zeros((10, 1)),
        static=np.zeros((3, 0)),
    )
    length = np.array([4, 2, 4])
    cuts = Cuts(length, length, length)
    source = Source(panel.values.astype(np.float32), panel.offsets, n_targets=1)
    windows = {name: cut_windows(source, cuts, name, lookback=2, horizon=1) for name in SPLITS}
    series = splits_record(panel, cuts, windows)["series"]
    assert [s["train"]["windows"] for s in series] == [2, 0, 2]
    assert series[2]["train"]["last_window"]["target_last"] == "3"
    assert series[1]["train"]["last_window"] is None
