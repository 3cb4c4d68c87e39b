"""From the numbers of a network to points, quantiles and draws."""

import numpy as np
import pytest
from scipy import stats

from forecaster.model.outputs import draw, order, point, quantiles
from forecaster.model.spec import DistributionOutput, PointOutput, QuantileOutput

THREE = QuantileOutput(type="quantiles", levels=[0.1, 0.5, 0.9])


def values(*parts: float) -> np.ndarray:
    """One window, one step, one target."""
    return np.array(parts, np.float32)[None, None]


def family(name: str) -> DistributionOutput:
    return DistributionOutput(type="distribution", family=name)


def test_two_targets_lie_parameter_by_parameter() -> None:
    both = values(1, 2, 3, 10, 20, 30)  # 0.1, 0.5 and 0.9 of the first target are 1, 3 and 20
    assert point(THREE, both)[0, 0].tolist() == [3, 10]
    assert quantiles(THREE, both, [0.1, 0.5, 0.9])[0, 0].tolist() == [[1, 3, 20], [2, 10, 30]]


def test_quantiles_between_levels_lie_on_the_line_and_beyond_them_at_the_end() -> None:
    found = quantiles(THREE, values(1, 3, 9), [0.025, 0.2, 0.5, 0.8, 0.99])
    assert found[0, 0, 0] == pytest.approx([1, 1.5, 3, 7.5, 9])


def test_quantiles_of_the_families_are_those_of_scipy() -> None:
    known = [0.025, 0.5, 0.9]
    assert quantiles(family("normal"), values(2, 3), known)[0, 0, 0] == pytest.approx(
        stats.norm(2, 3).ppf(known)
    )
    found = quantiles(family("student_t"), values(2, 3, 4), known)[0, 0, 0]
    assert found == pytest.approx(stats.t(4, 2, 3).ppf(known))
    # Mean 6 and dispersion 0.5: size 2, chance 2 / 8.
    found = quantiles(family("negative_binomial"), values(6, 0.5), known)[0, 0, 0]
    assert found.tolist() == stats.nbinom(2, 0.25).ppf(known).tolist()


@pytest.mark.parametrize(
    ("name", "parts", "mean", "variance"),
    [
        ("normal", (2.0, 3.0), 2, 9),
        ("student_t", (2.0, 3.0, 6.0), 2, 9 * 6 / 4),
        ("negative_binomial", (6.0, 0.5), 6, 6 + 0.5 * 36),
    ],
)
def test_draws_have_the_mean_and_the_variance_of_their_family(
    name: str, parts: tuple[float, ...], mean: float, variance: float
) -> None:
    drawn = draw(name, [np.full(200_000, p) for p in parts], np.random.default_rng(0))
    assert drawn.mean() == pytest.approx(mean, rel=0.01)
    assert drawn.var() == pytest.approx(variance, rel=0.03)


def test_a_point_is_all_its_quantiles() -> None:
    assert order(PointOutput()) == ("value",)
    assert quantiles(PointOutput(), values(7), [0.1, 0.9])[0, 0, 0].tolist() == [7, 7]
