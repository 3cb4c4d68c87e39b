"""Progress of a training: a moving bar on a terminal, a line per epoch elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from forecaster.terminal.console import Reporter

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from forecaster.training.progress import EpochRow


def progress_for(reporter: Reporter) -> LiveProgress | LineProgress:
    """Return the progress of a training: a moving bar on a terminal, a line per epoch elsewhere."""
    if reporter.verbosity >= 0 and sys.stderr.isatty() and not reporter.json:
        return LiveProgress(reporter)
    return LineProgress(reporter)


class LineProgress:
    """Progress of a training as one line per epoch, for logs.

    Attributes:
        reporter: Prints the lines.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Ignore the batch."""

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        """Print the line of the epoch."""
        self.reporter.note(epoch_text(row, epochs))


class LiveProgress:
    """Progress of a training as a bar with epoch, batches, loss, last validation loss and time left of the epoch.

    Attributes:
        console: The terminal.
        progress: The area of the terminal that holds the bar.
        task: The bar.
        val: The validation loss of the last epoch, as text.
    """

    def __init__(self, reporter: Reporter) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self.console: Console = Console(stderr=True, no_color=not reporter.color, highlight=False)
        self.progress: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[info]}"),
            console=self.console,
            transient=True,
        )
        # TensorFlow loads and the network is compiled before the first batch, which takes seconds.
        self.task: TaskID = self.progress.add_task("starting", total=None, info="loading, then compiling")
        self.val = ""
        self._began = self._drawn = 0.0
        self._member = 0

    def __enter__(self) -> LiveProgress:
        self._began = time.monotonic()
        self.progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.progress.stop()

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Move the bar, at most ten times a second."""
        now = time.monotonic()
        # Ten frames a second look smooth, and cost little.
        if now - self._drawn < 0.1 and step < n_steps:
            return
        self._drawn = now
        if member != self._member:
            # The last validation loss is that of another network, or of a training before.
            self._member, self.val = member, ""
        elapsed = now - self._began
        left = elapsed / max(step, 1) * (n_steps - step)
        self.progress.update(
            self.task,
            description=f"epoch {epoch}",
            total=n_steps,
            completed=step,
            info=f"{step}/{n_steps}  loss {loss:.4f}{self.val}  {clock(left)} left",
        )

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        """Print the line of the epoch above the bar."""
        self.val = f"  val {row.val['val_loss']:.4f}" if "val_loss" in row.val else ""
        self.console.print(epoch_text(row, epochs))
        self._began = time.monotonic()


def epoch_text(row: EpochRow, epochs: int) -> str:
    """Return the line of an epoch.

    Args:
        row: The epoch.
        epochs: The largest number of epochs.
    """
    own, number = row.members - row.members_before, row.member - row.members_before + 1
    member = f"member {number}/{own}, " if own > 1 else ""
    member = f"all rows, {member}" if row.refit else member
    val = f"  val_loss {row.val['val_loss']:.4f}" if "val_loss" in row.val else ""
    left = f"  at most {clock(row.seconds * (epochs - row.epoch))} left" if row.epoch < epochs else ""
    best = "  best" if row.best else ""
    return f"{member}epoch {row.epoch}/{epochs}  loss {row.loss:.4f}{val}  {row.seconds:.1f} s{left}{best}"


def clock(seconds: float) -> str:
    """Return a time in seconds as 12 s, 3:05 min or 2:10 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
