"""The training and runtime sections of the YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from forecaster.spec import Fault, Spec, raise_faults

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Duration = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]*(s|m|h)$",
        json_schema_extra={"patternErrorMessage": "a time such as 90s, 30m or 2h"},
    ),
]


class OptimizerSpec(Spec):
    type: Literal["adam", "adamw", "nadam", "rmsprop", "sgd"] = "adam"
    learning_rate: Positive = 1.0e-3
    momentum: Share = 0.0
    """Of sgd and rmsprop."""
    clipnorm: Positive | None = None
    """Largest norm of each weight's gradient."""
    clipvalue: Positive | None = None
    """Largest size of each gradient element."""
    global_clipnorm: Positive | None = None
    """Largest norm of all gradients together."""
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    ema: Share | None = None
    """Momentum of an exponential moving average of the weights; the average is what is scored and saved."""

    @model_validator(mode="after")
    def _one_clip(self) -> OptimizerSpec:
        given = [n for n in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, n) is not None]
        faults = [Fault((name,), f"excludes {given[0]}", "keep one of them") for name in given[1:]]
        if self.momentum and self.type not in ("sgd", "rmsprop"):
            faults.append(
                Fault(("momentum",), f"belongs to sgd and rmsprop, not to {self.type}", "remove it")
            )
        raise_faults(faults)
        return self


class ConstantSchedule(Spec):
    type: Literal["constant"] = "constant"


class ExponentialSchedule(Spec):
    type: Literal["exponential"]
    factor: Annotated[float, Field(gt=0, le=1)] = 0.9
    """The rate is multiplied by this after every epoch."""
    hold: Annotated[int, Field(ge=0)] = 0
    """Epochs at the full rate first."""


class CosineSchedule(Spec):
    type: Literal["cosine"]
    warmup: Annotated[int, Field(ge=0)] = 0
    """Epochs of linear rise to the full rate."""
    floor: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the rate left at the last epoch."""


class PlateauSchedule(Spec):
    type: Literal["plateau"]
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    patience: Annotated[int, Field(ge=1)] = 2
    """Epochs without a better monitored value before the rate falls."""
    floor: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Smallest share of the first rate."""


class StepSchedule(Spec):
    type: Literal["step"]
    every: Annotated[int, Field(ge=1)]
    """Epochs between two falls."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.5


Schedule = Annotated[
    ConstantSchedule | ExponentialSchedule | CosineSchedule | PlateauSchedule | StepSchedule,
    Field(discriminator="type"),
]


class EarlyStoppingSpec(Spec):
    monitor: Annotated[
        str,
        Field(
            pattern=r"^(loss|val_[a-z_]+)$",
            json_schema_extra={"patternErrorMessage": "loss, val_loss or val_ and a metric, such as val_mae"},
        ),
    ] = "val_loss"
    """loss, val_loss or val_ and a metric, such as val_mae."""
    patience: Annotated[int, Field(ge=1)] = 5
    """Epochs without a better value before training ends."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class TrainingSpec(Spec):
    loss: Literal["mse", "mae", "huber", "log_cosh", "pinball", "nll", "mase", "smape", "owa"] = "mae"
    """In scaled units; huber is half the square up to 1 of them, linear beyond. mase and smape are as the metrics
    of these names, owa is both to first order on logarithms; pinball and nll are of model.output."""
    optimizer: OptimizerSpec = OptimizerSpec()
    schedule: Schedule = ConstantSchedule()
    batch_size: Annotated[int, Field(ge=1)] = 64
    """Windows per gradient step."""
    epochs: Annotated[int, Field(ge=1)] = 50
    steps_per_epoch: Annotated[int, Field(ge=1)] | None = None
    """Batches per epoch; null = every window once."""
    early_stopping: EarlyStoppingSpec | None = EarlyStoppingSpec()
    """null = always train all epochs and keep the last weights."""
    ensemble: Annotated[int, Field(ge=1, le=100)] = 1
    """Members trained from different seeds, averaged."""
    checkpoint_every: Duration | None = None
    """Time between checkpoints within an epoch, such as 10m; null = at the end of each epoch."""


class RuntimeSpec(Spec):
    backend: Literal["tensorflow", "jax", "torch"] = "tensorflow"
    """The Keras backend."""
    threads: Annotated[int, Field(ge=1)] | None = None
    """Processor threads; null = all."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Of the layers' arithmetic, for GPUs; a processor is slower in half precision. Weights, window levels and
    forecasts stay in float32."""
    deterministic: bool = True
    """Same seed, same machine: the same bytes."""
