"""Scalers by hand, forwards and backwards, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from forecaster.data import arrays
from forecaster.data.transforms.scalers import METHODS, Scaler, ScalingSpec, fit_scaler
from forecaster.errors import DataError
from tests.unit.data.transforms.scaled import GROUPS, OFFSETS, VALUES, fit


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
    """1 and 3: mean 2, spread 1. Then 1 and 5: mean 3, spread 2."""
    s = fit("minmax").with_static(np.array([[1.0, 4.0], [3.0, 4.0]]))
    assert s.apply_static(np.array([[1.0, 4.0], [3.0, 5.0]])).tolist() == [[-1, 0], [1, 1]]
    s = fit("minmax").with_static(np.array([[1.0], [5.0]]))
    assert s.apply_static(np.array([[5.0], [4.0]])).tolist() == [[1], [0.5]]


def test_no_training_rows_at_all_change_nothing() -> None:
    s = fit_scaler(ScalingSpec(), VALUES, OFFSETS, np.array([0, 0]), ids=("a", "b"), n_targets=1)
    assert (s.apply(VALUES, OFFSETS, GROUPS) == VALUES).all()


def test_no_static_covariates_fit_nothing() -> None:
    s = fit("standard").with_static(np.zeros((2, 0)))
    assert s.apply_static(np.zeros((2, 0))).shape == (2, 0)


def test_scaling_the_targets_is_what_inverting_undoes() -> None:
    """Of the first series mean 3 and spread sqrt 3.5, of the second 5 and 1; the covariate's units stay out."""
    s = fit("standard")
    values = np.array([[[3.0], [6.5]], [[5.0], [7.0]]])
    scaled = s.scale_targets(values, GROUPS)
    np.testing.assert_allclose(scaled[:, :, 0], [[0, 3.5 / np.sqrt(3.5)], [0, 2]])
    np.testing.assert_allclose(s.invert(scaled, GROUPS), values)
    assert scaled.dtype == np.float64
    pooled = fit("standard", per_series=False)
    np.testing.assert_allclose(pooled.invert(pooled.scale_targets(values, GROUPS), GROUPS), values)


def test_scaling_targets_changes_no_argument() -> None:
    values = np.array([[[3.0]], [[5.0]]])
    fit("log").scale_targets(values, GROUPS)
    fit("standard").invert(values, GROUPS)
    assert values.tolist() == [[[3.0]], [[5.0]]]


def test_apply_leaves_the_table_as_it_was() -> None:
    values = VALUES.copy()
    assert fit("log").apply(values, OFFSETS, GROUPS).dtype == np.float32
    assert (values == VALUES).all()


def test_saved_scaler_says_loc_and_scale_by_their_names_in_the_file() -> None:
    s = fit("minmax").with_static(np.array([[1.0], [3.0]]))
    assert s.as_json() == {
        "method": "minmax",
        "ids": ["a", "b"],
        "n_targets": 1,
        "center": [[1, 10], [5, 7]],
        "spread": [[5, 30], [1, 1]],
        "static_center": [2],
        "static_spread": [1],
        "bounds": [None, None],
    }
    # Whole numbers in the file are numbers like any other.
    again = Scaler.from_json(
        {**s.as_json(), "center": [[1]], "spread": [[2]], "static_center": [1], "static_spread": [2]}
    )
    found = (again.loc, again.scale, again.static_loc, again.static_scale)
    assert [a.dtype for a in found] == [np.float64] * 4
    again = Scaler.from_json(fit("none", per_series=False).as_json())
    assert again.ids is None
    assert again.rows_for(("x",)).tolist() == [0]


def test_spread_counts_as_rounding_in_proportion_to_the_level() -> None:
    """A millionth of a millionth of the level is no spread, and nothing around 0 is too small to be one."""
    for level, spread, kept in (
        (1e6, 1e-7, False),
        (1e6, 1e-5, True),
        (0.0, 1e-13, True),
        (0.0, 1e-140, True),
    ):
        values = np.tile([[level - spread, 0.0], [level + spread, 0.0]], (5, 1))
        assert (fit("minmax", values=values).scale[0, 0] != 1) == kept
    assert fit("minmax", values=np.zeros((10, 2))).scale[0, 0] == 1


def test_numbers_whose_squares_vanish_are_refused() -> None:
    values = np.tile([[1e-200, 0.0], [2e-200, 0.0]], (5, 1))
    with pytest.raises(DataError) as refused:
        fit("standard", values=values)
    assert str(refused.value) == (
        "scaling.method: the training rows hold nothing larger than 2e-200, whose square is 0 in floating point; "
        "multiply the column by a power of ten"
    )


def test_scalers_without_static_covariates_have_none() -> None:
    s = fit("standard")
    assert s.static_loc.shape == s.static_scale.shape == (0,)
    assert s.apply_static(np.zeros((2, 0))).shape == (2, 0)
    assert s.with_static(np.array([[1.0], [3.0]])).apply_static(np.array([[3.0]])).dtype == np.float32


def test_a_table_in_a_file_is_scaled_into_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(arrays.WHERE, str(tmp_path))
    values = np.memmap(tmp_path / "values", dtype=np.float64, mode="w+", shape=VALUES.shape)
    values[:] = VALUES
    s = fit("standard")
    scaled = s.apply(values, OFFSETS, GROUPS)
    assert isinstance(scaled, np.memmap)
    assert (scaled == s.apply(VALUES, OFFSETS, GROUPS)).all()
