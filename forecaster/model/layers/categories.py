"""Encoding of categories inside the network: as indicators, or as learned vectors."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.shape import Category


class CategoryEncoding(keras.layers.Layer):
    """Encodes whole numbers: (batch, ...) -> (batch, ..., width).

    Category i, from 1 to size, becomes an indicator (one_hot) or row i - 1 of a learned table (embedding).
    0 stands for a category that training never saw. It becomes the mean of all others, which the network
    has learned to use; a row of its own would keep its random initial values.
    """

    def __init__(self, category: Category, name: str) -> None:
        super().__init__(name=name)
        self.category = category

    def build(self, input_shape: Any = None) -> None:
        if self.category.kind == "embedding":
            size = (self.category.size, self.category.width)
            self.table = self.add_weight(name="table", shape=size, initializer="random_normal")
        self.built = True

    def call(self, codes: Any) -> Any:
        if self.category.kind == "embedding":
            table = ops.cast(self.table, self.compute_dtype)
            return ops.take(ops.concatenate([ops.mean(table, axis=0, keepdims=True), table]), codes, axis=0)
        known = ops.equal(codes[..., None], ops.arange(1, self.category.size + 1, dtype=codes.dtype))
        unknown = ops.equal(codes, 0)[..., None]
        mean = ops.cast(unknown, self.compute_dtype) / self.category.size
        return ops.cast(known, self.compute_dtype) + mean
