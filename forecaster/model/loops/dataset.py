"""Batches as the dataset that Keras' fit and predict read."""

from __future__ import annotations

from typing import Any

import keras

# Batches that are gathered while another one is computed on.
PREFETCHED = 2


def as_dataset(batches: keras.utils.PyDataset) -> Any:
    """Return the batches as a dataset that TensorFlow does not autotune.

    Given the batches themselves, Keras would make a dataset with autotuning. The tuner wakes up after
    10 ms, 20 ms, 40 ms, … and the end of an epoch may wait for it: as long as the epoch took, and up to a
    minute.

    Args:
        batches: All of the shapes of the first batch.

    Returns:
        A `tf.data.Dataset`.
    """
    import tensorflow as tf

    signature = keras.tree.map_structure(lambda a: tf.TensorSpec(a.shape, a.dtype), batches[0])
    options = tf.data.Options()
    options.autotune.enabled = False
    return (
        tf.data.Dataset.from_generator(
            lambda: map(batches.__getitem__, range(len(batches))), output_signature=signature
        )
        .apply(tf.data.experimental.assert_cardinality(len(batches)))
        .prefetch(PREFETCHED)
        .with_options(options)
    )
