"""From a validated spec to a Keras model: window normalisation around a Sequential."""

from __future__ import annotations

from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.direct import DirectForecaster, StatefulForecaster
from forecaster.model.heads.encoder_decoder import EncoderDecoderForecaster
from forecaster.model.heads.recursive import RecursiveForecaster
from forecaster.model.heads.segments import SegmentsForecaster
from forecaster.model.heads.sequence import SequenceForecaster
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

HEADS: dict[str, type[Forecaster]] = {
    "direct": DirectForecaster,
    "segments": SegmentsForecaster,
    "sequence": SequenceForecaster,
    "recursive": RecursiveForecaster,
    "encoder_decoder": EncoderDecoderForecaster,
}


def build(spec: ModelSpec, shape: Shape, *, unroll: bool = False, streams: int = 1) -> Forecaster:
    """A built network: its weights exist and follow Keras' global seed.

    streams: rows of every batch, where the state is carried; see StatefulForecaster.
    """
    model: Forecaster
    if spec.stateful:
        model = StatefulForecaster(spec, shape, unroll=unroll, streams=streams)
    else:
        model = HEADS[spec.head.type](spec, shape, unroll=unroll)
    model.build()
    return model
