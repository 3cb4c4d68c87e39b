import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.forecasting.table import Interval, context_table, forecast_table

N = np.nan


def panel(*targets: str, ids: tuple[str, ...] = ("a", "b")) -> Panel:
    """Two series of four steps that begin at 10 and at 20."""
    values = np.arange(8.0 * len(targets)).reshape(8, -1)
    return Panel(
        time_axis=TimeAxis(1),
        ids=ids,
        targets=targets,
        past=(),
        future=(),
        statics=("k",),
        offsets=np.array([0, 4, 8]),
        first=np.array([10, 20]),
        values=values,
        static=np.array([[1.5], [2.5]]),
    )


def spec(*targets: str, **columns: str) -> DataSpec:
    names = {"id": "id", "time": "t", **columns}
    return DataSpec.model_validate({"path": "t.csv", "freq": 1, "targets": list(targets), **names})


SERIES, ROW = np.array([0, 1], dtype=np.int32), np.array([4, 8])


def test_rows_are_in_order_of_window_then_target_then_step() -> None:
    """Window 0: steps of y are 1, 2 and of z 10, 20; the window of series b the same and 100 more."""
    forecast = np.array([[[1, 10], [2, 20]], [[101, 110], [102, 120]]], dtype=float)
    table = forecast_table(panel("y", "z"), spec("y", "z"), forecast, series=SERIES, target_row=ROW)
    assert table.to_pydict() == {
        "id": ["a"] * 4 + ["b"] * 4,
        "t": [14, 15, 14, 15, 24, 25, 24, 25],
        "target": ["y", "y", "z", "z"] * 2,
        "forecast": [1, 2, 10, 20, 101, 102, 110, 120],
    }


def test_actual_values_stand_beside_their_cutoff() -> None:
    found = forecast_table(
        panel("y"),
        spec("y"),
        np.zeros((1, 2, 1)),
        series=SERIES[1:],
        target_row=np.array([6]),
        actual=np.array([[[7.0], [N]]]),
    ).to_pydict()
    assert list(found) == ["id", "t", "cutoff", "forecast", "y"]
    assert found["t"] == [22, 23]
    assert found["cutoff"] == [21, 21]
    assert found["y"] == [7.0, None]


def test_forecast_has_nine_digits_and_actual_values_have_all() -> None:
    """A window that varies by a thousandth of its level or more."""
    f = np.array([1234567890.123, 0.000123456789123, -98765.43210987, 0.0, N, 1e300])
    found = forecast_table(
        panel("y"),
        spec("y"),
        f[None, :, None],
        series=SERIES[:1],
        target_row=ROW[:1],
        actual=f[None, :, None],
    ).to_pydict()
    assert found["forecast"][:5] == [1234567890.0, 0.000123456789, -98765.4321, 0.0, None]
    assert found["y"] == [1234567890.123, 0.000123456789123, -98765.43210987, 0.0, None, 1e300]


def test_target_called_forecast_or_cutoff_loses_no_column() -> None:
    for name in ("forecast", "cutoff"):
        found = forecast_table(
            panel(name),
            spec(name),
            np.full((1, 1, 1), 2.0),
            series=SERIES[:1],
            target_row=ROW[:1],
            actual=np.full((1, 1, 1), 3.0),
        ).to_pydict()
        assert found == {"id": ["a"], "t": [14], "cutoff": [13], "forecast": [2.0], "actual": [3.0]}


def test_context_is_the_last_rows_of_every_series_as_the_data_had_them() -> None:
    found = context_table(panel("y", "z"), spec("y", "z"), rows=2, with_future=panel("y", "z")).to_pydict()
    assert found == {
        "id": ["a", "a", "b", "b"],
        "t": [12, 13, 22, 23],
        "y": [4, 6, 12, 14],
        "z": [5, 7, 13, 15],
        "k": [1.5, 1.5, 2.5, 2.5],
    }


def test_context_of_a_short_series_is_all_of_it() -> None:
    assert context_table(panel("y"), spec("y"), rows=99, with_future=panel("y")).num_rows == 8


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (1_000_000_000.001, 1_000_000_000.021, [1_000_000_000.001, 1_000_000_000.021]),
        (123_456_789_012.25, 123_456_789_013.75, [123_456_789_012.25, 123_456_789_013.75]),
        (3.00000000001e-9, 3.00000000002e-9, [3.00000000001e-9, 3.00000000002e-9]),
        (1.1, 1.10000000000012345, [1.1, 1.10000000000012]),
        (0.1 + 0.2, 0.1 + 0.2, [0.3, 0.3]),
        (123_456_789_012.0, 123_456_789_012.0, [123_456_789_012.0] * 2),
        (10.123456789123, 10.223456789123, [10.1234568, 10.2234568]),
    ],
)
def test_there_are_as_many_digits_as_tell_the_values_of_a_window_apart(
    low: float, high: float, written: list[float]
) -> None:
    forecast = np.array([[[low], [high]]])
    found = forecast_table(panel("y"), spec("y"), forecast, series=SERIES[:1], target_row=ROW[:1])
    assert found.to_pydict()["forecast"] == pytest.approx(written, rel=1e-15)


def test_the_ends_of_an_interval_have_the_digits_of_the_forecast() -> None:
    forecast = np.full((1, 2, 1), 1e9)
    interval = Interval(80, forecast - 0.125, forecast + 0.125)
    found = forecast_table(
        panel("y"), spec("y"), forecast, series=SERIES[:1], target_row=ROW[:1], intervals=[interval]
    ).to_pydict()
    assert found["forecast-lo-80"] == [999_999_999.875] * 2
    assert found["forecast-hi-80"] == [1_000_000_000.125] * 2
