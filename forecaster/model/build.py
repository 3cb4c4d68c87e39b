"""From a validated spec to a Keras model: window normalisation around a Sequential."""

from __future__ import annotations

from forecaster.model.forecasters import (
    DirectForecaster,
    EncoderDecoderForecaster,
    Forecaster,
    RecursiveForecaster,
    SegmentsForecaster,
    SequenceForecaster,
)
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

HEADS: dict[str, type[Forecaster]] = {
    "direct": DirectForecaster,
    "segments": SegmentsForecaster,
    "sequence": SequenceForecaster,
    "recursive": RecursiveForecaster,
    "encoder_decoder": EncoderDecoderForecaster,
}


def build(spec: ModelSpec, shape: Shape, *, unroll: bool = False) -> Forecaster:
    """A built network: its weights exist and follow Keras' global seed."""
    model = HEADS[spec.head.type](spec, shape, unroll=unroll)
    model.build()
    return model
