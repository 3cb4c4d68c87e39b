"""Ways to leak the future, planted one at a time: each is caught by a test of the honest code.

A leak that no longer turns its test red says that the test has stopped to look.
"""

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.data.transforms.split import SplitBounds
from forecaster.data.transforms.windows import Windows, WindowSource
from tests.contract import test_leakage as honest
from tests.integration import test_categories

Patch = pytest.MonkeyPatch
# The module: its package exports a function of the same name.
room = importlib.import_module("forecaster.stages.prepared")
transforms = importlib.import_module("forecaster.data.transforms.fitted")


def scaler_on_all_rows(patch: Patch) -> None:
    fit = transforms.fit_scaler
    patch.setattr(
        transforms,
        "fit_scaler",
        lambda spec, v, offsets, end, **k: fit(spec, v, offsets, np.diff(offsets), **k),
    )


def scaled_metrics_on_all_rows(patch: Patch) -> None:
    scales = room.in_sample_scales
    patch.setattr(
        room, "in_sample_scales", lambda v, offsets, end, **k: scales(v, offsets, np.diff(offsets), **k)
    )


def encoders_on_all_rows(patch: Patch) -> None:
    fit = transforms.fit_encoders
    patch.setattr(transforms, "fit_encoders", lambda kinds, panel, end: fit(kinds, panel, panel.lengths))


def validation_rows_in_training(patch: Patch) -> None:
    cut = room.split

    def late(*args: Any) -> SplitBounds:
        split_bounds = cut(*args)
        return replace(split_bounds, train_end=split_bounds.train_end + 3)

    patch.setattr(room, "split", late)


def fill_across_the_cut(patch: Patch) -> None:
    fill = room.fill
    patch.setattr(
        room, "fill", lambda panel, policy, barriers: fill(panel, policy, barriers=barriers + 10**6)
    )


def fill_backwards(patch: Patch) -> None:
    """Gaps take the next value, not the last one."""
    fill = room.fill

    def backwards(panel: Any, policy: Any, barriers: Any) -> Any:
        values = panel.values.copy()
        for row in range(len(values) - 2, -1, -1):
            values[row] = np.where(np.isnan(values[row]), values[row + 1], values[row])
        return fill(replace(panel, values=values), policy, barriers=barriers)

    patch.setattr(room, "fill", backwards)


def target_in_a_past_covariate(patch: Patch) -> None:
    """Shifted by one step: the covariate of today is the target of tomorrow."""
    make = transforms.FittedTransforms.window_source

    def shifted(*args: Any, **k: Any) -> WindowSource:
        source = make(*args, **k)
        values = source.values.copy()
        values[:-1, 1] = values[1:, 0]
        return replace(source, values=values)

    patch.setattr(transforms.FittedTransforms, "window_source", shifted)


def targets_of_the_horizon_among_the_inputs(patch: Patch) -> None:
    gather = Windows.inputs

    def leaking(self: Windows, indices: Any) -> Any:
        batch = gather(self, indices)
        return batch | {"future": np.concatenate([batch["future"], self.teacher(indices)], axis=2)}

    patch.setattr(Windows, "inputs", leaking)


def random_split(patch: Patch) -> None:
    cut = room.cut_windows

    def mixed(source: WindowSource, split_bounds: SplitBounds, name: Any, window: Any, **k: Any) -> Windows:
        parts = [cut(source, split_bounds, split, window, **k) for split in room.SPLITS]
        everything = np.concatenate([p.start for p in parts]), np.concatenate([p.series for p in parts])
        order = np.random.default_rng(1).permutation(len(everything[0]))
        ends = np.cumsum([len(p) for p in parts])
        mine = np.split(order, ends[:-1])[room.SPLITS.index(name)]
        return replace(parts[0], start=everything[0][mine], series=everything[1][mine])

    patch.setattr(room, "cut_windows", mixed)


def window_across_a_series_border(patch: Patch) -> None:
    cut = room.cut_windows

    def early(*args: Any, **k: Any) -> Windows:
        windows = cut(*args, **k)
        return replace(windows, start=np.maximum(windows.start - 1, 0))

    patch.setattr(room, "cut_windows", early)


def targets_across_a_split(patch: Patch) -> None:
    cut = room.cut_windows

    def late(*args: Any, **k: Any) -> Windows:
        windows = cut(*args, **k)
        last = len(windows.source.values) - windows.lookback - windows.horizon
        return replace(windows, start=np.minimum(windows.start + 1, last))

    patch.setattr(room, "cut_windows", late)


def early_stopping_on_the_test_range(patch: Patch) -> None:
    cut = room.cut_windows

    def swapped(source: WindowSource, split_bounds: SplitBounds, name: Any, window: Any, **k: Any) -> Windows:
        return cut(source, split_bounds, "test" if name == "val" else name, window, **k)

    patch.setattr(room, "cut_windows", swapped)


def scaler_test(folder: Path) -> None:
    honest.test_scaler_and_training_windows_know_nothing_after_the_cut(folder, "standard", True)


def fill_test(policy: str) -> Callable[[Path], None]:
    return lambda folder: honest.test_no_fill_looks_across_a_cut(folder, policy)


PLANTED = [
    (scaler_on_all_rows, scaler_test),
    (scaled_metrics_on_all_rows, scaler_test),
    (validation_rows_in_training, scaler_test),
    (encoders_on_all_rows, test_categories.test_encoders_know_no_name_after_the_training_rows),
    (fill_across_the_cut, fill_test("interpolate")),
    (fill_backwards, fill_test("ffill")),
    (target_in_a_past_covariate, honest.test_actual_values_of_the_horizon_are_not_inputs),
    (targets_of_the_horizon_among_the_inputs, honest.test_actual_values_of_the_horizon_are_not_inputs),
    (random_split, honest.test_windows_stay_in_their_series_and_targets_in_their_split),
    (window_across_a_series_border, honest.test_windows_stay_in_their_series_and_targets_in_their_split),
    (targets_across_a_split, honest.test_windows_stay_in_their_series_and_targets_in_their_split),
    pytest.param(
        early_stopping_on_the_test_range,
        honest.test_trained_weights_and_earlier_forecasts_know_nothing_of_the_test_range,
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("leak", "test"), PLANTED)
def test_planted_leak_is_caught(
    leak: Callable[[Patch], None], test: Callable[[Path], None], tmp_path: Path, monkeypatch: Patch
) -> None:
    leak(monkeypatch)
    with pytest.raises(AssertionError):
        test(tmp_path)
