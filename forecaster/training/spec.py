"""The training and runtime sections of the YAML file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from forecaster.spec import MOST_COUNT, Count, Fault, OneOf, Spec, raise_faults

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Duration = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]{0,8}(s|m|h)$",
        json_schema_extra={"patternErrorMessage": "a time such as 90s, 30m or 2h"},
    ),
]


class OptimizerSpec(Spec):
    """How the weights follow their gradients."""

    type: Annotated[
        Literal["adam", "adamw", "nadam", "rmsprop", "sgd"],
        OneOf(
            {
                "adam": "Adaptive rates per weight, from the mean and the mean square of its gradients. The usual "
                "choice.",
                "adamw": "adam with weight decay apart from the gradient; 0.004 unless `weight_decay` says otherwise.",
                "nadam": "adam with Nesterov momentum.",
                "rmsprop": "Adaptive rates per weight, from the mean square of its gradients alone.",
                "sgd": "Stochastic gradient descent: one rate for all weights. It needs a larger rate and usually "
                "`momentum`.",
            }
        ),
    ] = Field("adam", examples=["adamw"])
    """The algorithm, as Keras implements it."""
    learning_rate: Positive = Field(1.0e-3, examples=[3.0e-4])
    """The learning rate, before `training.schedule` changes it. It is the first setting to try when training is
    unstable (lower it) or slow (raise it)."""
    momentum: Share = Field(0.0, examples=[0.9])
    """The share of the last update that is added to the next one, for `sgd` and `rmsprop` only."""
    clipnorm: Positive | None = Field(None, examples=[1.0])
    """The largest norm that the gradient of each weight tensor may have; a longer one is shortened. Recurrent stacks
    that become unstable often need 1.0. null: no limit. Only one of the three kinds of clipping may be set."""
    clipvalue: Positive | None = Field(None, examples=[0.5])
    """The largest absolute value of each element of a gradient; a larger one is cut off. null: no limit."""
    global_clipnorm: Positive | None = Field(None, examples=[1.0])
    """The largest norm of all gradients together; a longer one is shortened, its direction unchanged. null: no
    limit."""
    weight_decay: Annotated[float, Field(ge=0)] | None = Field(None, examples=[0.01])
    """The share by which every weight shrinks per step, times the learning rate. null: none; for `adamw`, 0.004."""
    ema: Share | None = Field(None, examples=[0.999])
    """The momentum of an exponential moving average of the weights. The average is what is scored and saved, which
    smooths out the noise of the last steps. null: the weights themselves."""

    @model_validator(mode="after")
    def _one_clip(self) -> OptimizerSpec:
        given = [n for n in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, n) is not None]
        faults = [Fault((name,), f"cannot be used with {given[0]}", "keep one of them") for name in given[1:]]
        if self.momentum and self.type not in ("sgd", "rmsprop"):
            faults.append(
                Fault(("momentum",), f"belongs to sgd and rmsprop, not to {self.type}", "remove it")
            )
        raise_faults(faults)
        return self


class ConstantSchedule(Spec):
    """The same learning rate in every epoch."""

    type: Literal["constant"] = "constant"


class ExponentialSchedule(Spec):
    """Multiplies the rate by a factor after every epoch."""

    type: Literal["exponential"]
    factor: Annotated[float, Field(gt=0, le=1)] = Field(0.9, examples=[0.95])
    """What the rate is multiplied by after every epoch."""
    hold: Annotated[int, Field(ge=0, le=MOST_COUNT)] = Field(0, examples=[5])
    """Epochs at the full rate before the first fall."""


class CosineSchedule(Spec):
    """Lowers the rate along half a cosine until the last epoch. It suits a fixed number of epochs."""

    type: Literal["cosine"]
    warmup: Annotated[int, Field(ge=0, le=MOST_COUNT)] = Field(0, examples=[3])
    """Epochs in which the rate first rises to its full value, in equal steps."""
    floor: Annotated[float, Field(ge=0, le=1)] = Field(0.0, examples=[0.05])
    """The share of the full rate that the last epoch still has."""


class PlateauSchedule(Spec):
    """Lowers the rate whenever the monitored value stops improving."""

    type: Literal["plateau"]
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, examples=[0.3])
    """What the rate is multiplied by at every fall."""
    patience: Count = Field(2, examples=[3])
    """Epochs without improvement before the rate falls. The value that counts is `early_stopping.monitor`; keep it
    below `early_stopping.patience`, or training ends first."""
    floor: Annotated[float, Field(ge=0, le=1)] = Field(0.01, examples=[0.001])
    """The smallest share of the full rate."""


class StepSchedule(Spec):
    """Multiplies the rate by a factor every few epochs."""

    type: Literal["step"]
    every: Count = Field(examples=[10])
    """Epochs from one fall to the next."""
    factor: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, examples=[0.1])
    """What the rate is multiplied by at every fall."""


Schedule = Annotated[
    ConstantSchedule | ExponentialSchedule | CosineSchedule | PlateauSchedule | StepSchedule,
    Field(discriminator="type"),
]


class EarlyStoppingSpec(Spec):
    """When training ends before its last epoch. The weights of the best epoch are kept."""

    monitor: Annotated[
        str,
        Field(
            pattern=r"^(loss|val_[a-z_]+)$",
            json_schema_extra={"patternErrorMessage": "loss, val_loss or val_ and a metric, such as val_mae"},
        ),
    ] = Field("val_loss", examples=["val_mae"])
    """The value that must fall: `loss` (training), `val_loss` (validation), or `val_` and a name from
    [`evaluation.metrics`](#evaluationmetrics) other than `bias`, such as `val_mae`."""
    patience: Count = Field(5, examples=[10])
    """Epochs without improvement before training ends."""
    min_delta: Annotated[float, Field(ge=0)] = Field(0.0, examples=[0.001])
    """How much the value must fall to count as an improvement, in its own unit."""


class TrainingSpec(Spec):
    """How the network is fitted."""

    loss: Annotated[
        Literal["mse", "mae", "huber", "log_cosh", "pinball", "nll", "mase", "smape", "owa"],
        OneOf(
            {
                "mse": "Mean squared error. It aims at the mean and weighs large errors most.",
                "mae": "Mean absolute error. It aims at the median and is robust to outliers.",
                "huber": "Half the square of errors up to 1, linear beyond: between mse and mae.",
                "log_cosh": "log(cosh(error)): a smooth huber.",
                "pinball": "The quantile loss; for `model.output: {type: quantiles}` only.",
                "nll": "Negative log-likelihood; for `model.output: {type: distribution}` only.",
                "mase": "Absolute error over the seasonal naive error of the series, as the metric of this name. Not "
                "with `scaling.method: log`.",
                "smape": "Symmetric percentage error in original units, as the metric of this name but without its "
                "100. Not with `scaling.method: log`.",
                "owa": "smape and mase together, to first order on logarithms; for `scaling.method: log` only.",
            }
        ),
    ] = Field("mae", examples=["huber"])
    """What training minimises, over scaled values unless the table says otherwise. Targets that were not observed do
    not count."""
    optimizer: OptimizerSpec = Field(
        OptimizerSpec(), examples=[{"type": "adamw", "learning_rate": 1.0e-3, "clipnorm": 1.0}]
    )
    """The algorithm that changes the weights."""
    schedule: Schedule = Field(ConstantSchedule(), examples=[{"type": "cosine", "warmup": 3}])
    """How the learning rate changes from epoch to epoch."""
    batch_size: Count = Field(64, examples=[256])
    """Windows per gradient step. Larger batches are faster per window and need more memory, and often a higher
    learning rate."""
    epochs: Count = Field(50, examples=[100])
    """The largest number of passes over the training windows; early stopping may end training before."""
    steps_per_epoch: Count | None = Field(None, examples=[200])
    """Batches per epoch. On a large table a smaller number validates more often. null: as many as use every window
    once."""
    validation_windows: Count | None = Field(None, examples=[4_000])
    """The most validation windows that are forecast after each epoch, spread evenly; with many series or a long
    validation range these forecasts take longer than the epoch. Scores, intervals and the blend use all windows.
    null: all."""
    early_stopping: EarlyStoppingSpec | None = Field(
        EarlyStoppingSpec(), examples=[{"monitor": "val_mase", "patience": 10}]
    )
    """When to end before the last epoch. null: train all epochs and keep the last weights."""
    ensemble: Annotated[int, Field(ge=1, le=100)] = Field(1, examples=[5])
    """How many networks are trained from different seeds; their forecasts are averaged. It is usually more accurate,
    and takes as many times longer."""
    refit: Annotated[
        Literal["none", "continue", "all"],
        OneOf(
            {
                "none": "`predict` uses the networks that were scored.",
                "continue": "Once validation and test have chosen and scored, every network is trained on from its "
                "weights on all rows, for a tenth of its epochs and at least one. The learning rate begins at 0.3 of "
                "its own and falls along a cosine, in place of `training.schedule`; scaler and categories stay those "
                "of the training rows. `predict` uses these. Scores and intervals are those of the networks before.",
                "all": "Once validation and test have chosen and scored, every network is trained again on all rows, "
                "for as many epochs as it needed, and `predict` uses these. Scores and intervals are those of the "
                "networks before.",
            }
        ),
    ] = Field("none", examples=["all"])
    """Whether the networks that forecast learn the rows of validation and test too: the newest rows are often the
    most telling ones. `all` takes as long again, `continue` a small part of that."""
    checkpoint_every: Duration | None = Field(None, examples=["10m"])
    """The time between two checkpoints inside an epoch, as a whole number and s, m or h. `--resume` goes on from the
    last checkpoint. null: only at the end of each epoch."""


class RuntimeSpec(Spec):
    """How the program uses the machine. It changes speed, not the meaning of the model."""

    threads: Annotated[int, Field(ge=1, le=4096)] | None = Field(None, examples=[4])
    """Processor threads that training and forecasting may use. null: all."""
    precision: Annotated[
        Literal["float32", "mixed_bfloat16", "mixed_float16"],
        OneOf(
            {
                "float32": "Single precision. The right choice on a processor, where half precision is slower.",
                "mixed_bfloat16": "bfloat16, for GPUs that have it; the range of float32 with fewer digits.",
                "mixed_float16": "float16, for older GPUs; large values may overflow.",
            }
        ),
    ] = Field("float32", examples=["mixed_bfloat16"])
    """The precision in which layers compute. Weights, window normalisation and forecasts stay in float32."""
    deterministic: bool = Field(True, examples=[False])
    """Whether the same seed on the same machine gives the same bytes. false: a GPU may use faster operations whose
    results vary in the last digits; on a processor it changes nothing."""

    @model_validator(mode="before")
    @classmethod
    def _without_backend(cls, values: Any) -> Any:
        """Drop the key `backend` of earlier versions, which had one value (docs/decisions/0096)."""
        if not isinstance(values, dict) or "backend" not in values:
            return values
        if values["backend"] not in (None, "tensorflow"):
            summary = "is no key of this version, which runs on TensorFlow alone"
            raise_faults([Fault(("backend",), summary, "remove it")])
        return {key: value for key, value in values.items() if key != "backend"}
