"""Keras optimizers, made from their spec."""

from __future__ import annotations

from typing import Any

import keras

from forecaster.training.spec import OptimizerSpec


def make_optimizer(spec: OptimizerSpec) -> keras.optimizers.Optimizer:
    """Return a new optimizer."""
    shared: dict[str, Any] = {
        "learning_rate": spec.learning_rate,
        "clipnorm": spec.clipnorm,
        "clipvalue": spec.clipvalue,
        "global_clipnorm": spec.global_clipnorm,
        "use_ema": spec.ema is not None,
        "ema_momentum": spec.ema if spec.ema is not None else 0.99,
    }
    if spec.weight_decay is not None or spec.type != "adamw":
        # Without a value adamw keeps Keras' default decay.
        shared["weight_decay"] = spec.weight_decay
    optimizers = keras.optimizers
    match spec.type:
        case "adam":
            return optimizers.Adam(**shared)
        case "adamw":
            return optimizers.AdamW(**shared)
        case "nadam":
            return optimizers.Nadam(**shared)
        case "rmsprop":
            return optimizers.RMSprop(momentum=spec.momentum, **shared)
        case "sgd":
            return optimizers.SGD(momentum=spec.momentum, **shared)
