"""The results of an update and of a look at newer rows, as Python programs use them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecaster.api.run import Run


@dataclass(frozen=True)
class Update:
    """The result of `Run.update`.

    Attributes:
        run: The new run; None where its networks were worse, so that it was not written.
        comparison: The new networks (`challenger`) against those of the run (`champion`): the MASE of both, the number
            of windows, and the test of the difference.
        sentence: The comparison in words; empty where the run was already complete.
        notes: Remarks of the training, in plain sentences.
    """

    run: Run | None
    comparison: dict[str, Any]
    sentence: str
    notes: list[str] = field(default_factory=list, repr=False)

    @property
    def published(self) -> bool:
        """Whether there is a new run."""
        return self.run is not None
