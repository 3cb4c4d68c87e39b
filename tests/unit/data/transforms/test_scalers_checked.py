"""Scalers that were read from a file: what does not fit together is refused. And the bounds of a forecast."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from forecaster.data.transforms.scalers import METHODS, Scaler
from tests.unit.data.transforms.scaled import GROUPS, fit

TWO = np.ones((2, 2))


@pytest.mark.parametrize("method", METHODS)
def test_what_was_fitted_fits(method: str) -> None:
    assert fit(method).check(n_static=0) is None
    assert fit(method, per_series=False).check(n_static=0) is None
    assert fit(method, n_targets=2).check(n_static=0) is None
    assert fit(method).with_static(np.array([[1.0], [2.0]])).check(n_static=1) is None


@pytest.mark.parametrize(
    ("changes", "n_static", "said"),
    [
        ({"method": "x" * 50}, 0, f"there is no method of scaling '{'x' * 40}'"),
        ({"loc": np.ones(2), "scale": np.ones(2)}, 0, "the scaler has no loc and scale for each column"),
        ({"loc": np.ones((2, 2, 1)), "scale": TWO}, 0, "the scaler has no loc and scale for each column"),
        ({"scale": np.ones((2, 3))}, 0, "the scaler has no loc and scale for each column"),
        ({"n_targets": 3}, 0, "the scaler has no loc and scale for each column"),
        ({"ids": ("a",)}, 0, "the scaler has other groups than series"),
        ({"ids": None}, 0, "the scaler has other groups than series"),
        ({}, 1, "the scaler has other static covariates"),
        ({"static_loc": np.ones(1)}, 1, "the scaler has other static covariates"),
        ({"static_scale": np.ones(1)}, 1, "the scaler has other static covariates"),
        ({"static_loc": np.ones(1), "static_scale": np.ones(1)}, 0, "the scaler has other static covariates"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], n_static: int, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        replace(fit("standard"), **changes).check(n_static=n_static)


def test_one_group_for_all_series_has_no_ids() -> None:
    whole = fit("standard", per_series=False)
    with pytest.raises(ValueError, match=r"^the scaler has other groups than series$"):
        replace(whole, ids=("a", "b")).check(n_static=0)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((None, None), [-2.0, 3.0, 8.0]),
        ((0.0, None), [0.0, 3.0, 8.0]),
        ((None, 4.0), [-2.0, 3.0, 4.0]),
        ((0.0, 4.0), [0.0, 3.0, 4.0]),
    ],
)
def test_forecasts_stay_within_the_bounds_of_the_table(
    bounds: tuple[float | None, float | None], expected: list[float]
) -> None:
    scaler = replace(fit("none"), bounds=bounds)
    forecast = np.array([[[-2.0], [3.0], [8.0]]], dtype=np.float32)
    assert scaler.invert(forecast, GROUPS[:1])[0, :, 0].tolist() == expected
    again = Scaler.from_json(scaler.as_json())
    assert again.bounds == bounds
    # A run of an earlier version has none.
    older = {key: value for key, value in scaler.as_json().items() if key != "bounds"}
    assert Scaler.from_json(older).bounds == (None, None)
