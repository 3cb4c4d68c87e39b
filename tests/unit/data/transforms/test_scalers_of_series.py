"""Scalers of many series: each its own group, all together, and a block of rows at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.data import arrays
from forecaster.data.transforms.scalers import METHODS, Scaler, ScalingSpec, fit_scaler
from tests.unit.data.transforms.scaled import DATA, GROUPS, OFFSETS, VALUES, fit


def test_one_fit_for_all_series() -> None:
    """Training targets 1, 2, 3, 6, 5, 5, 5: mean 27/7."""
    s = fit("standard", per_series=False)
    np.testing.assert_allclose(s.loc[0, 0], 27 / 7)
    np.testing.assert_allclose(s.scale[0, 0], np.std([1, 2, 3, 6, 5, 5, 5]))
    assert s.ids is None
    assert s.method == "standard"
    assert s.rows_for(("b", "unseen")).tolist() == [0, 0]


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


def test_groups_are_whole_numbers() -> None:
    """They index tables, those of no series too."""
    for s in (fit("standard"), fit("standard", per_series=False)):
        for ids in ((), ("b", "unseen")):
            assert s.rows_for(ids).dtype == np.int64


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


@pytest.mark.parametrize("block", [1, 3, 6])
def test_pooled_fit_of_more_rows_than_a_block(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """The seven training rows 1, 2, 3, 6, 5, 5, 5 in blocks: mean 27/7, squares 125, variance 125/7 - (27/7)^2."""
    monkeypatch.setattr(arrays, "BLOCK", block)
    s = fit("standard", per_series=False)
    assert s.loc[0, 0] == pytest.approx(27 / 7, rel=1e-12)
    assert s.scale[0, 0] == pytest.approx(np.sqrt(125 / 7 - (27 / 7) ** 2), rel=1e-12)
    # The covariate: 10, 20, 30, 40, 7, 7, 7 with sum 121 and squares 3,147.
    assert s.loc[0, 1] == pytest.approx(121 / 7, rel=1e-12)
    assert s.scale[0, 1] == pytest.approx(np.sqrt(3147 / 7 - (121 / 7) ** 2), rel=1e-12)


def test_groups_of_equal_length_are_fitted_a_block_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five series of two rows, two series to a block of four rows."""
    monkeypatch.setattr("forecaster.data.transforms.scalers._BLOCK", 4)
    values = np.array([1, 3, 10, 14, 5, 11, 0, 2, 20, 40], dtype=float)[:, None]
    s = fit_scaler(ScalingSpec(), values, np.arange(0, 11, 2), np.full(5, 2), ids=tuple("abcde"), n_targets=1)
    assert s.loc[:, 0].tolist() == [2, 12, 8, 1, 30]
    assert s.scale[:, 0].tolist() == [1, 2, 3, 1, 10]


def test_series_longer_than_a_block_is_fitted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecaster.data.transforms.scalers._BLOCK", 1)
    assert fit("standard").loc.tolist() == [[3, 25], [5, 7]]


def test_added_series_keep_their_own_units() -> None:
    new = Scaler("standard", np.array([[100.0, 0]]), np.array([[10.0, 1]]), ("c",), 1)
    both = fit("standard").with_new(new)
    assert both.loc.tolist() == [[3, 25], [5, 7], [100, 0]]
    assert both.scale[2].tolist() == [10, 1]
    assert both.ids == ("a", "b", "c")


def test_more_series_than_rows_in_a_block_are_fitted_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block counts rows of one table, not series that are fitted together."""
    monkeypatch.setattr(arrays, "BLOCK", 1)
    values = np.array([1.0, 3, 10, 14, 5, 11])[:, None]
    s = fit_scaler(
        ScalingSpec(), values, np.array([0, 2, 4, 6]), np.full(3, 2), ids=("a", "b", "c"), n_targets=1
    )
    assert s.loc[:, 0].tolist() == [2, 12, 8]
    assert s.scale[:, 0].tolist() == [1, 2, 3]
