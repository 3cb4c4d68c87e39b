"""Networks for trainings that follow one another, each compiled once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forecaster.model.execution import Execution
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

if TYPE_CHECKING:
    from forecaster.model.heads.base import Forecaster


@dataclass
class Networks:
    """Gives networks to train. Tracing and compiling take seconds, so one that suits is given again.

    The members of an ensemble, the training on all rows and the folds of a backtest differ in weights and data only. A
    network that is given again has the variables of a new one, so the training ends in the same bytes. Only the last
    one is kept; the network before is not to be used any more.
    """

    _way: Any = None
    _network: Forecaster | None = field(default=None, repr=False)

    def get(
        self,
        spec: ModelSpec,
        shape: Shape,
        *,
        seed: int,
        execution: Execution,
        batch_size: int,
        streams: int = 1,
    ) -> Forecaster:
        """Return a network with the weights that follow from the seed, its anchor not yet set.

        Args:
            spec: The network.
            shape: Sizes of the windows.
            seed: Of the first weights and of dropout.
            execution: How the network runs.
            batch_size: Windows in every batch.
            streams: Rows of every batch of a network that carries its state.
        """
        # Imported here because the module loads Keras.
        from forecaster.model.build import build
        from forecaster.training.state import take_over

        new = build(spec, shape, seed=seed, unroll=execution.unroll, streams=streams)
        # The penalty of an anchor is used where its weights are fitted, outside the network.
        anchor = spec.anchor and spec.anchor.model_copy(update={"penalty": None})
        way = (spec.model_copy(update={"anchor": anchor}), shape, execution, batch_size, streams)
        if self._network is not None and way == self._way:
            take_over(self._network, new)
            return self._network
        new.run_as(execution, batch_size)
        self._way, self._network = way, new
        return new
