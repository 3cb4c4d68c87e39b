"""From a validated spec to a Keras model, and the registry of heads."""

from __future__ import annotations

from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.direct import DirectForecaster, StatefulForecaster
from forecaster.model.heads.encoder_decoder import EncoderDecoderForecaster
from forecaster.model.heads.recursive import RecursiveForecaster
from forecaster.model.heads.segments import SegmentsForecaster
from forecaster.model.heads.sequence import SequenceForecaster
from forecaster.model.seeding import seeded
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

# One class for every value of `HeadSpec.type`.
HEADS: dict[str, type[Forecaster]] = {
    "direct": DirectForecaster,
    "segments": SegmentsForecaster,
    "sequence": SequenceForecaster,
    "recursive": RecursiveForecaster,
    "encoder_decoder": EncoderDecoderForecaster,
}


def build(
    spec: ModelSpec, shape: Shape, *, seed: int = 0, unroll: bool = False, streams: int = 1
) -> Forecaster:
    """Return a network whose weights exist.

    The first weights and the dropout follow from the seed alone, and the process's global random state
    stays as it is, so networks can be built in several threads at once (see `seeded`).

    Args:
        spec: The network; its layers, head, normalisation and output.
        shape: Sizes of the windows, categories not yet encoded as channels.
        seed: Of the first weights and of dropout. Indifferent where saved weights are filled in next.
        unroll: Whether the recurrent steps become one flat graph, which XLA compiles best.
        streams: Rows of every batch of a network that carries its state; see `StatefulForecaster`.
    """
    with seeded(seed):
        model: Forecaster
        if spec.stateful:
            model = StatefulForecaster(spec, shape, unroll=unroll, streams=streams)
        else:
            model = HEADS[spec.head.type](spec, shape, unroll=unroll)
        model.build()
    return model
