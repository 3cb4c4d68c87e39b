"""A calibration as plain data and back, what it must be like to be used, and what is added to its distances."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting.calibration import Calibration, GroupedQuantiles

# One series of two targets, with a static covariate.
SCALER = Scaler("standard", np.zeros((1, 2)), np.ones((1, 2)), ("a",), 2, np.zeros(1), np.ones(1))
# Of three steps, with nothing added.
PLAIN = Calibration((0.1, 0.5, 0.9), SCALER, (), np.ones((1, 3, 2, 3)), 9, stretch=True)
# The distance of a quantile of 10 or 90 percent from the median of the standard normal distribution.
USUAL = 1.281552


def points(value: float, *, steps: int) -> GroupedQuantiles:
    """One window of two targets."""
    return GroupedQuantiles(np.full((1, steps, 2, 1), value), np.zeros(1, np.int64))


def test_what_is_added_to_the_distances_widens_the_intervals() -> None:
    """A factor of 2; nothing is added for the first target, half of each distance for the second."""
    known = replace(PLAIN, offsets=np.full((1, 3, 2, 3), 2.0), added=np.array([0.0, 0.5]))
    out = known.apply(points(10.0, steps=3), ("a",))
    assert out[0, 2, 0] == pytest.approx([10 - 2 * USUAL, 10, 10 + 2 * USUAL], abs=1e-5)
    assert out[0, 2, 1] == pytest.approx([10 - 3 * USUAL, 10, 10 + 3 * USUAL], abs=1e-5)


def test_steps_beyond_those_whose_factors_are_known_have_no_interval() -> None:
    out = PLAIN.apply(points(10.0, steps=4), ("a",))
    assert out[0, :3, :, 0] == pytest.approx(np.full((3, 2), 10 - USUAL), abs=1e-5)
    assert out[0, :3, :, 2] == pytest.approx(np.full((3, 2), 10 + USUAL), abs=1e-5)
    assert np.isnan(out[0, 3, :, [0, 2]]).all()
    assert (out[0, :, :, 1] == 10).all()


def test_what_is_added_stands_in_the_file_and_comes_back() -> None:
    state = replace(PLAIN, added=np.array([0.0, 0.25])).as_json(network=SCALER)
    assert state["method"] == "scaled_conformal"
    assert state["added"] == [0.0, 0.25]
    assert Calibration.from_json(state, network=SCALER).added.tolist() == [0.0, 0.25]


def test_a_file_without_what_is_added_adds_nothing() -> None:
    state = PLAIN.as_json(network=SCALER)
    assert "added" not in state
    again = Calibration.from_json(state, network=SCALER)
    assert again.added.tolist() == []
    forecast = points(10.0, steps=3)
    assert np.array_equal(again.apply(forecast, ("a",)), PLAIN.apply(forecast, ("a",)))


def test_whole_numbers_that_are_added_are_numbers_like_any_other() -> None:
    state = {**PLAIN.as_json(network=SCALER), "added": [0, 1]}
    assert Calibration.from_json(state, network=SCALER).added.dtype == np.float64


@pytest.mark.parametrize("added", [[], [0.0, 0.0], [0.0, 0.25], [3.0, 0.25]])
def test_a_calibration_whose_parts_fit_is_accepted(added: list[float]) -> None:
    replace(PLAIN, added=np.array(added)).check(horizon=3, n_targets=2)


@pytest.mark.parametrize("shape", [(1, 2, 2, 3), (1, 3, 1, 3), (1, 3, 2, 2), (1, 3, 2, 1), (3, 2, 3, 1)])
def test_offsets_of_other_steps_targets_or_probabilities_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"^offsets do not fit the steps, targets and probabilities of the calibration$"
    ):
        replace(PLAIN, offsets=np.ones(shape)).check(horizon=3, n_targets=2)


@pytest.mark.parametrize("added", [[0.5], [0.5, 0.5, 0.5], [0.5, -0.1], [np.nan, 0.5]])
def test_what_is_added_is_one_number_a_target_and_never_negative(added: list[float]) -> None:
    with pytest.raises(
        ValueError, match=r"^what is added to the distances does not fit the targets of the calibration$"
    ):
        replace(PLAIN, added=np.array(added)).check(horizon=3, n_targets=2)


@pytest.mark.parametrize(
    "probabilities", [(0.1, 0.9, 0.5), (0.1, 0.5, 0.5), (0.1, 0.4, 0.9), (0.9, 0.4, 0.1)]
)
def test_probabilities_rise_and_hold_the_median(probabilities: tuple[float, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"^the probabilities of the calibration do not rise, or lack the median$"
    ):
        replace(PLAIN, probabilities=probabilities).check(horizon=3, n_targets=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "cubes"}, "there is no method of scaling 'cubes'"),
        ({"ids": ("a", "b")}, "the scaler has other groups than series"),
        ({"static_scale": np.ones(2)}, "the scaler has other static covariates"),
    ],
)
def test_a_scaler_whose_parts_do_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(PLAIN, scaler=replace(SCALER, **change)).check(horizon=3, n_targets=2)
