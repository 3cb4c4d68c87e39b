import numpy as np
import pytest

from forecaster.model.layers.categories import CategoryEncoding
from forecaster.model.shape import Category, Shape

pytestmark = pytest.mark.slow

CODES = np.array([[0, 1], [2, 3]], dtype=np.int32)


def test_one_hot_by_hand_and_the_unknown_is_the_mean_of_all() -> None:
    layer = CategoryEncoding(Category("one_hot", 3), "c")
    third = [1 / 3] * 3
    expected = [[third, [1, 0, 0]], [[0, 1, 0], [0, 0, 1]]]
    assert np.asarray(layer(CODES)) == pytest.approx(np.array(expected))


def test_embedding_takes_rows_of_its_table_and_the_unknown_is_their_mean() -> None:
    layer = CategoryEncoding(Category("embedding", 3), "c")
    layer.build()
    table = np.arange(9, dtype=np.float32).reshape(3, 3)
    layer.table.assign(table)
    expected = [[[3, 4, 5], table[0]], [table[1], table[2]]]
    assert np.asarray(layer(CODES)) == pytest.approx(np.array(expected))


def test_width_of_an_embedding() -> None:
    """1.6 n^0.56: 3.0 for 3, 20.99 for 99, and never above 64."""
    assert [Category("embedding", n).width for n in (1, 3, 99, 10**6)] == [2, 3, 21, 64]
    assert Category("one_hot", 5).width == 5


def test_shape_counts_the_channels_of_categories() -> None:
    one, three = Category("one_hot", 4), Category("embedding", 3)
    shape = Shape(
        6, 2, 1, n_past=3, n_future=2, n_static=1, past_categories=(one,), future_categories=(three,)
    )
    encoded = shape.encoded()
    assert (encoded.n_past, encoded.n_future, encoded.n_static) == (10, 5, 1)
