import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecaster.data.spec import ScalingSpec
from forecaster.data.transforms.scalers import Scaler, check_not_negative, fit_scaler
from forecaster.errors import DataError

DATA = Path(__file__).parents[4] / "data"
METHODS = ["standard", "minmax", "robust", "log", "none"]
# Two series, a target and a covariate: rows 0..5 and 6..9; the first 4 and 3 rows train.
VALUES = np.array(
    [[1, 10], [2, 20], [3, 30], [6, 40], [90, 900], [80, 800], [5, 7], [5, 7], [5, 7], [70, 700]], dtype=float
)
OFFSETS, TRAIN_END = np.array([0, 6, 10]), np.array([4, 3])
GROUPS = np.array([0, 1])


def fit(method: str, *, per_series: bool = True, values: np.ndarray = VALUES, n_targets: int = 1) -> Scaler:
    spec = ScalingSpec(method=method, per_series=per_series)  # type: ignore[arg-type]
    return fit_scaler(spec, values, OFFSETS, TRAIN_END, ids=("a", "b"), n_targets=n_targets)


def test_standard_by_hand() -> None:
    """1, 2, 3, 6: mean 3, squares 4 + 1 + 0 + 9 = 14, variance 3.5."""
    s = fit("standard")
    np.testing.assert_allclose(s.loc, [[3, 25], [5, 7]])
    np.testing.assert_allclose(s.scale[0], [np.sqrt(3.5), np.sqrt(125)])


def test_minmax_by_hand() -> None:
    s = fit("minmax")
    assert s.loc[0].tolist() == [1, 10]
    assert s.scale[0].tolist() == [5, 30]
    scaled = s.apply(VALUES, OFFSETS, GROUPS)
    np.testing.assert_allclose(scaled[:4, 0], [0, 0.2, 0.4, 1], rtol=1e-6)


def test_robust_by_hand() -> None:
    """Of 1, 2, 3, 6: median 2.5; quartiles 1.75 and 3.75, two apart."""
    s = fit("robust")
    assert s.loc[0].tolist() == [2.5, 25]
    assert s.scale[0].tolist() == [2.0, 15.0]


def test_log_is_of_the_targets_alone_and_covariates_are_standard() -> None:
    s = fit("log")
    scaled = s.apply(VALUES, OFFSETS, GROUPS)
    np.testing.assert_allclose(scaled[:4, 0], np.log([2, 3, 4, 7]), rtol=1e-6)
    np.testing.assert_allclose(scaled[:4, 1], (np.array([10, 20, 30, 40]) - 25) / np.sqrt(125), rtol=1e-6)


def test_none_changes_nothing() -> None:
    assert (fit("none").apply(VALUES, OFFSETS, GROUPS) == VALUES).all()


def test_column_that_does_not_vary_is_centred_and_not_divided() -> None:
    s = fit("standard")
    assert s.scale[1].tolist() == [1, 1]
    assert s.apply(VALUES, OFFSETS, GROUPS)[6:9].tolist() == [[0, 0]] * 3


def test_column_that_varies_by_rounding_only_counts_as_constant() -> None:
    values = np.full((10, 2), 0.1)
    values[1] = 0.1 + 1e-17
    assert fit("standard", values=values).scale.tolist() == [[1, 1], [1, 1]]


def test_small_but_real_spread_is_kept() -> None:
    values = VALUES * 1e-9
    np.testing.assert_allclose(fit("standard", values=values).scale[0, 0], np.sqrt(3.5) * 1e-9)


def test_one_fit_for_all_series() -> None:
    """Training targets 1, 2, 3, 6, 5, 5, 5: mean 27/7."""
    s = fit("standard", per_series=False)
    np.testing.assert_allclose(s.loc[0, 0], 27 / 7)
    np.testing.assert_allclose(s.scale[0, 0], np.std([1, 2, 3, 6, 5, 5, 5]))
    assert s.ids is None
    assert s.rows_for(("b", "unseen")).tolist() == [0, 0]


@pytest.mark.parametrize("per_series", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_later_rows_change_nothing(method: str, per_series: bool) -> None:
    later = VALUES.copy()
    later[[4, 5, 9]] *= 1e6
    before, after = fit(method, per_series=per_series), fit(method, per_series=per_series, values=later)
    assert before.as_json() == after.as_json()


@pytest.mark.parametrize("per_series", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_inverting_gives_the_values_back(method: str, per_series: bool) -> None:
    """As a forecast of six steps from the first series and one of four from the second."""
    s = fit(method, per_series=per_series)
    scaled = s.apply(VALUES, OFFSETS, GROUPS)
    np.testing.assert_allclose(s.invert(scaled[None, :6, :1], np.array([0]))[0], VALUES[:6, :1], rtol=1e-5)
    np.testing.assert_allclose(s.invert(scaled[None, 6:, :1], np.array([1]))[0], VALUES[6:, :1], rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_json_gives_the_same_scaler(method: str) -> None:
    s = fit(method).with_static(np.array([[1.0], [3.0]]))
    again = Scaler.from_json(json.loads(json.dumps(s.as_json())))
    assert again.as_json() == s.as_json()
    assert (again.apply(VALUES, OFFSETS, GROUPS) == s.apply(VALUES, OFFSETS, GROUPS)).all()


def test_static_covariates_by_hand() -> None:
    """1 and 3: mean 2, spread 1."""
    s = fit("minmax").with_static(np.array([[1.0, 4.0], [3.0, 4.0]]))
    assert s.apply_static(np.array([[1.0, 4.0], [3.0, 5.0]])).tolist() == [[-1, 0], [1, 1]]


def test_log_refuses_negative_training_targets() -> None:
    values = VALUES.copy()
    values[7, 0] = -2.5
    with pytest.raises(DataError) as caught:
        fit("log", values=values)
    assert (
        str(caught.value) == "scaling.method: log needs targets of 0 and more, and series 'b' has -2.5; "
        "use standard scaling"
    )


def test_log_allows_negative_covariates_and_zero_targets() -> None:
    values = VALUES.copy()
    values[0] = [0, -10]
    assert fit("log", values=values).apply(values, OFFSETS, GROUPS)[0, 0] == 0


def test_log_forecast_never_overflows() -> None:
    assert np.isfinite(fit("log").invert(np.array([[[1e6]]]), np.array([0]))).all()


def test_unseen_series_has_no_group_until_it_is_added() -> None:
    s = fit("standard")
    assert s.rows_for(("b", "c", "a")).tolist() == [1, -1, 0]
    spec = ScalingSpec(method="standard")
    new = fit_scaler(
        spec, np.array([[0.0, 1.0], [2.0, 1.0]]), np.array([0, 2]), np.array([2]), ids=("c",), n_targets=1
    )
    both = s.with_new(new)
    assert both.rows_for(("b", "c", "a")).tolist() == [1, 2, 0]
    assert both.invert(np.array([[[1.0]]]), np.array([2])).tolist() == [[[2.0]]]


def test_series_out_of_order_use_their_own_group() -> None:
    s = fit("minmax")
    swapped = s.apply(VALUES[[6, 7, 8, 9, 0, 1, 2, 3, 4, 5]], np.array([0, 4, 10]), s.rows_for(("b", "a")))
    assert (swapped[4:] == s.apply(VALUES, OFFSETS, GROUPS)[:6]).all()


def test_blocks_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    s = fit("standard")
    whole = s.apply(VALUES, OFFSETS, GROUPS)
    monkeypatch.setattr("forecaster.data.transforms.scalers._BLOCK", 4)
    assert (s.apply(VALUES, OFFSETS, GROUPS) == whole).all()


def test_series_without_training_rows_is_scaled_as_all_the_others_together() -> None:
    """As when it begins after the first date of validation."""
    for method in METHODS:
        spec = ScalingSpec(method=method)  # type: ignore[arg-type]
        ids, ends = ("a", "b"), np.array([4, 0])
        s = fit_scaler(spec, VALUES, OFFSETS, ends, ids=ids, n_targets=1)
        assert s.loc[1].tolist() == s.loc[0].tolist() == fit(method).loc[0].tolist()
        assert s.scale[1].tolist() == fit(method).scale[0].tolist()


def test_no_training_rows_at_all_change_nothing() -> None:
    s = fit_scaler(ScalingSpec(), VALUES, OFFSETS, np.array([0, 0]), ids=("a", "b"), n_targets=1)
    assert (s.apply(VALUES, OFFSETS, GROUPS) == VALUES).all()


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("method", METHODS)
def test_series_fitted_together_are_fitted_as_if_alone(method: str, columns: int) -> None:
    """To the last bit, whatever the lengths and the number of the others."""
    rng = np.random.default_rng(2)
    lengths = np.array([300, 7, 300, 300, 1, 7])
    offsets = np.append(0, np.cumsum(lengths))
    values = rng.gamma(2.0, 50.0, (offsets[-1], columns))
    spec = ScalingSpec(method=method)  # type: ignore[arg-type]
    ids = tuple("abcdef")
    together = fit_scaler(spec, values, offsets, lengths, ids=ids, n_targets=1)
    for s, name in enumerate(ids):
        rows = values[offsets[s] : offsets[s + 1]]
        own = np.array([0, len(rows)])
        alone = fit_scaler(spec, rows, own, own[1:], ids=(name,), n_targets=1)
        assert together.loc[s].tobytes() == alone.loc[0].tobytes()
        assert together.scale[s].tobytes() == alone.scale[0].tobytes()


@pytest.mark.parametrize("per_series", [True, False])
@pytest.mark.parametrize("method", ["standard", "minmax"])
def test_rows_fitted_in_blocks_are_fitted_as_in_one(
    monkeypatch: pytest.MonkeyPatch, method: str, per_series: bool
) -> None:
    """As in a table that is larger than memory: blocks of 100 rows, the last one smaller."""
    lengths = np.array([250, 330])
    offsets = np.append(0, np.cumsum(lengths))
    values = np.random.default_rng(3).gamma(2.0, 50.0, (offsets[-1], 2)) + 1e4
    spec = ScalingSpec(method=method, per_series=per_series)  # type: ignore[arg-type]
    whole = fit_scaler(spec, values, offsets, lengths, ids=("a", "b"), n_targets=1)
    monkeypatch.setattr("forecaster.data.arrays.BLOCK", 100)
    blocks = fit_scaler(spec, values, offsets, lengths, ids=("a", "b"), n_targets=1)
    np.testing.assert_allclose(blocks.loc, whole.loc, rtol=1e-14)
    np.testing.assert_allclose(blocks.scale, whole.scale, rtol=1e-12)
    rows = [slice(0, 250), slice(250, None)] if per_series else [slice(None)]
    center = np.mean if method == "standard" else np.min
    np.testing.assert_allclose(blocks.loc, [center(values[r], axis=0) for r in rows], rtol=1e-14)


@pytest.mark.parametrize("table", ["sunspots.csv", "nyc_departures.csv"])
def test_shipped_tables_are_scaled_as_by_the_formulas(table: str) -> None:
    """Mean and standard deviation, least and greatest, to the last bit of every float32 that training sees."""
    columns = {"sunspots.csv": (1,), "nyc_departures.csv": (2, 3)}[table]
    values = np.loadtxt(DATA / table, delimiter=",", skiprows=1, usecols=columns, ndmin=2)
    offsets = np.linspace(0, len(values), 2 if len(columns) == 1 else 4).astype(np.int64)
    ids = tuple("abc"[: len(offsets) - 1])
    ends = np.diff(offsets) * 7 // 10
    groups = np.arange(len(ids))
    trained = [values[a : a + n] for a, n in zip(offsets, ends, strict=False)]
    by_hand = {
        "standard": [(rows.mean(axis=0), rows.std(axis=0)) for rows in trained],
        "minmax": [(rows.min(axis=0), np.ptp(rows, axis=0)) for rows in trained],
    }
    for method, expected in by_hand.items():
        spec = ScalingSpec(method=method)  # type: ignore[arg-type]
        scaler = fit_scaler(spec, values, offsets, ends, ids=ids, n_targets=1)
        loc, scale = (np.array(part) for part in zip(*expected, strict=True))
        np.testing.assert_allclose(scaler.loc, loc, rtol=1e-15)
        np.testing.assert_allclose(scaler.scale, scale, rtol=1e-13)
        formula = replace(scaler, loc=loc, scale=scale)
        scaled = scaler.apply(values, offsets, groups)
        assert scaled.tobytes() == formula.apply(values, offsets, groups).tobytes()


def test_no_static_covariates_fit_nothing() -> None:
    s = fit("standard").with_static(np.zeros((2, 0)))
    assert s.apply_static(np.zeros((2, 0))).shape == (2, 0)


def test_a_negative_target_is_found_without_a_fit() -> None:
    """In training rows it is named by series; in later rows by the table."""
    arguments = (OFFSETS, TRAIN_END)
    for row, who in ((7, "series 'b' has"), (9, "the table has")):
        values = VALUES.copy()
        values[row, 0] = -2.5
        with pytest.raises(DataError) as caught:
            check_not_negative(values, *arguments, ids=("a", "b"), n_targets=1)
        assert str(caught.value) == (
            f"scaling.method: log needs targets of 0 and more, and {who} -2.5; use standard scaling"
        )
    check_not_negative(np.abs(VALUES), *arguments, ids=("a", "b"), n_targets=1)
