"""Batches on their way to Keras' fit and predict."""

from __future__ import annotations

from typing import Any

import keras

# Batches that are cut while another one is computed on.
AHEAD = 2


def as_dataset(batches: keras.utils.PyDataset) -> Any:
    """The batches, all of the shape of the first, as a dataset that TensorFlow does not tune.

    Keras would make one that it does. Its tuner wakes up after 10 ms, 20 ms, 40 ms, … and the end of
    an epoch at times waits for that: as long again as the epoch took, and up to a minute.
    Other backends get the batches as they are.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    signature = keras.tree.map_structure(lambda a: tf.TensorSpec(a.shape, a.dtype), batches[0])
    options = tf.data.Options()
    options.autotune.enabled = False
    return (
        tf.data.Dataset.from_generator(
            lambda: map(batches.__getitem__, range(len(batches))), output_signature=signature
        )
        .apply(tf.data.experimental.assert_cardinality(len(batches)))
        .prefetch(AHEAD)
        .with_options(options)
    )
