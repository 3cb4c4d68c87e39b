"""Logarithms as a scaling: what they refuse, and what inverting gives."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.data import arrays
from forecaster.data.transforms.scalers import ScalingSpec, check_not_negative, fit_scaler
from forecaster.errors import DataError
from tests.unit.data.transforms.scaled import GROUPS, OFFSETS, TRAIN_END, VALUES, fit


def test_log_is_of_the_targets_alone_and_covariates_are_standard() -> None:
    s = fit("log")
    scaled = s.apply(VALUES, OFFSETS, GROUPS)
    np.testing.assert_allclose(scaled[:4, 0], np.log([2, 3, 4, 7]), rtol=1e-6)
    np.testing.assert_allclose(scaled[:4, 1], (np.array([10, 20, 30, 40]) - 25) / np.sqrt(125), rtol=1e-6)


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
    covariates = VALUES * [1, -1]
    check_not_negative(covariates, *arguments, ids=("a", "b"), n_targets=1)


def test_pooled_logarithms_of_more_rows_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "BLOCK", 3)
    s = fit("log", per_series=False)
    assert s.loc[0].tolist() == [0, pytest.approx(121 / 7)]
    assert s.scale[0, 0] == 1


def test_forecast_below_zero_counts_as_zero_under_log() -> None:
    """log(1 + 0) is 0, and log(1 + (e - 1)) is 1; between -1 and 0 there would be logarithms, too."""
    scaled = fit("log").scale_targets(np.array([[[-0.5], [0.0], [np.e - 1]]]), np.array([0]))
    assert scaled[0, :, 0].tolist() == pytest.approx([0, 0, 1])


def test_log_forecast_is_never_below_zero_and_ends_at_e700() -> None:
    found = fit("log").invert(np.array([[[-3.0], [0.0], [1.0], [700.0], [701.0]]]), np.array([0]))[0, :, 0]
    assert found.tolist() == pytest.approx([0, 0, np.e - 1, np.exp(700), np.exp(700)], rel=1e-12)


def test_log_refuses_negative_targets_of_a_table_it_is_applied_to() -> None:
    values = VALUES.copy()
    values[8, 0] = -0.25
    with pytest.raises(DataError) as caught:
        fit("log").apply(values, OFFSETS, GROUPS)
    assert (
        str(caught.value) == "scaling.method: log needs targets of 0 and more, and the table has -0.25; "
        "use standard scaling"
    )


def test_log_names_the_target_of_a_table_without_series() -> None:
    with pytest.raises(DataError) as caught:
        fit_scaler(
            ScalingSpec(method="log"),
            np.array([[2.0, -5], [-1.5, 0]]),
            np.array([0, 2]),
            np.array([2]),
            ids=("",),
            n_targets=1,
        )
    assert (
        str(caught.value) == "scaling.method: log needs targets of 0 and more, and the target has -1.5; "
        "use standard scaling"
    )


def test_log_looks_at_training_rows_alone() -> None:
    """Row 4 is after the training rows of the first series; the second has none at all."""
    values = VALUES.copy()
    values[[4, 6], 0] = -1
    s = fit_scaler(ScalingSpec(method="log"), values, OFFSETS, np.array([4, 0]), ids=("a", "b"), n_targets=1)
    assert s.loc[0, 0] == 0
