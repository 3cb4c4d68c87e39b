"""The axes of a search's plots: choices in the order of the file, by the names that they have there."""

import numpy as np

from forecaster.reporting.search_plots import Axis, _places


def test_choices_stand_in_the_order_of_the_file() -> None:
    axis = Axis("training.batch_size", values=[64, 128, 256, 1024])
    places, names = _places(axis, [1024, 64, 128, 64])
    assert names == ["64", "128", "1024"]
    assert places.tolist() == [2.0, 0.0, 1.0, 0.0]


def test_null_and_true_are_written_as_in_the_file() -> None:
    assert _places(Axis("a", values=["hour", None]), [None, "hour"])[1] == ["hour", "null"]
    assert _places(Axis("a", values=[False, True]), [True])[1] == ["true"]


def test_a_range_has_no_names() -> None:
    places, names = _places(Axis("a"), [1, 2.5])
    assert names == []
    assert np.array_equal(places, [1.0, 2.5])
