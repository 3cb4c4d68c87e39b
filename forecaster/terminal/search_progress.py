"""Progress of a search: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecaster.terminal.console import Reporter, number
from forecaster.terminal.training_progress import clock
from forecaster.text import joined, visible

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from forecaster.config.dimensions import Dimension
    from forecaster.pipeline.tune import SearchPlan
    from forecaster.search.trials import Proposal, Record

SHOWN_ENDED = 8


class LineSearch:
    """Progress of a search as one line per finished trial, for logs.

    Attributes:
        reporter: Prints the lines.
        plan: The extent of the search.
        lock: Guards the attributes below, which several threads change.
        began_at: The time of the beginning, by the monotonic clock, in seconds.
        best: The best completed trial; None before the first.
        n_completed: The number of completed trials.
        seconds: The time that the finished trials took, all workers together.
        work: The work of the finished trials, in trials or epochs.
        left: The work that is left, in the same unit; None if it is not known.
    """

    def __init__(self, reporter: Reporter, plan: SearchPlan) -> None:
        self.reporter, self.plan = reporter, plan
        self.lock = threading.Lock()
        self.began_at = time.monotonic()
        self.best: Record | None = None
        self.n_completed = 0
        self.seconds = self.work = 0.0
        self.left: float | None = None

    def __enter__(self) -> LineSearch:
        for line in beginning(self.plan):
            self.reporter.note(line)
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        if kind is KeyboardInterrupt and self.best is not None:
            self.reporter.note(
                f"trials completed: {self.n_completed}; the best is trial {self.best.proposal.number} with "
                f"{self.plan.metric} {number(self.best.score)}; tune/best.yaml and tune/trials.csv hold the results"
            )

    def began(self, proposal: Proposal) -> None:
        """Ignore the beginning of a trial."""

    def reported(self, proposal: Proposal | None, progress: Mapping[str, Any]) -> None:
        """Print the first and the last epoch of the best config."""
        if proposal is None and progress["epoch"] in (1, progress["epochs"]):
            self.reporter.note(f"training the best config: epoch {progress['epoch']}/{progress['epochs']}")

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        """Print the line of a finished trial."""
        with self.lock:
            self.take(record, work, left)
            text = self.text(record)
        self.reporter.note(text)

    def polled(self) -> None:
        """Do nothing between trials."""

    def take(self, record: Record, work: float, left: float | None) -> None:
        """Count a finished trial, and keep it if it is the best."""
        self.seconds += _seconds(record)
        self.work += work
        self.left = left
        if record.score is None:
            return
        self.n_completed += 1
        best = self.best.score if self.best is not None else None
        if best is None or (record.score < best if self.plan.least else record.score > best):
            self.best = record

    def text(self, record: Record) -> str:
        """Return the line of a finished trial."""
        name = f"trial {self.numbered(record.proposal)}"
        took = clock(_seconds(record))
        if record.state == "failed":
            return f"{name}  failed after {took}: {first_line(record.reason or '')}"
        mark = "  best" if record is self.best else ""
        eta = self.eta()
        left = f"  {eta} left" if eta else ""
        score = f"{self.plan.metric} {number(record.score)}{mark}"
        return f"{name}  {score}  {_epochs(record)}  {took}{left}  {values_text(record.proposal)}"

    def numbered(self, proposal: Proposal) -> str:
        """Return the number of a trial and, if it is known, the number of all trials."""
        return f"{proposal.number}/{self.plan.most}" if self.plan.most else str(proposal.number)

    def eta(self) -> str | None:
        """Return the time left, from the speed of the trials so far or from the time budget; None if unknown."""
        left = []
        if self.left is not None and self.work:
            left.append(self.seconds / self.work * self.left / self.plan.workers)
        if self.plan.time_budget_s is not None:
            left.append(max(0.0, self.plan.time_budget_s - (time.monotonic() - self.began_at)))
        return clock(min(left)) if left else None


class LiveSearch(LineSearch):
    """Progress of a search as a table that stays in place: the running trials, the last ones and the best.

    Attributes:
        console: The terminal.
        live: The area of the terminal that is drawn again and again.
        running: The running trials by number: proposal, time of the beginning, latest epoch.
        last: The last finished trials.
        finishing: The latest epoch of the best config; None while the search is running.
    """

    def __init__(self, reporter: Reporter, plan: SearchPlan) -> None:
        super().__init__(reporter, plan)
        from rich.console import Console
        from rich.live import Live

        self.console = Console(stderr=True, no_color=not reporter.color, highlight=False)
        self.live: Live = Live(console=self.console, auto_refresh=False, transient=True)
        self.running: dict[int, tuple[Proposal, float, Mapping[str, Any]]] = {}
        self.last: list[Record] = []
        self.finishing: Mapping[str, Any] | None = None
        self._drawn = 0.0

    def __enter__(self) -> LiveSearch:
        from rich.text import Text

        super().__enter__()
        self.live.start()
        self.live.update(Text("loading TensorFlow"), refresh=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self.live.stop()
        super().__exit__(kind, *exc)

    def began(self, proposal: Proposal) -> None:
        """Add a running trial."""
        with self.lock:
            self.running[proposal.number] = (proposal, time.monotonic(), {})

    def reported(self, proposal: Proposal | None, progress: Mapping[str, Any]) -> None:
        """Take the latest epoch of a running trial or of the best config."""
        with self.lock:
            if proposal is None:
                self.finishing = progress
            elif proposal.number in self.running:
                self.running[proposal.number] = (*self.running[proposal.number][:2], progress)
        if proposal is None:
            self.polled()

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        """Move a trial from the running to the finished ones."""
        with self.lock:
            self.running.pop(record.proposal.number, None)
            self.take(record, work, left)
            self.last = [*self.last, record][-SHOWN_ENDED:]

    def polled(self) -> None:
        """Draw the table, at most four times a second."""
        # Four frames a second look smooth, and cost little.
        if time.monotonic() - self._drawn >= 0.25:
            self._drawn = time.monotonic()
            with self.lock:
                self.live.update(self.table(), refresh=True)

    def table(self) -> Table:
        """Return the table as it is now."""
        from rich.table import Table
        from rich.text import Text

        parts = [f"{clock(time.monotonic() - self.began_at)} gone"]
        if self.finishing:
            parts.append("the best config")
        elif eta := self.eta():
            parts.append(f"about {eta} left")
        # A plain string would be read as markup, with brackets as tags.
        table = Table(
            title=Text(", ".join(parts)), title_justify="left", box=None, pad_edge=False, expand=True
        )
        for column in ("trial", "budget", self.plan.metric, "time"):
            table.add_column(column, justify="right", no_wrap=True)
        # The values get the rest of the line and are cut, so that the other columns are not.
        table.add_column("values", overflow="ellipsis", no_wrap=True, ratio=1)
        for cells in self.rows():
            table.add_row(*(Text(visible(cell)) for cell in cells))
        return table

    def rows(self) -> list[tuple[str, ...]]:
        """Return the rows of the table: the best trial, the last ones, and the running ones."""
        best = self.best
        shown = self.last if best is None or best in self.last else [best, *self.last[1:]]
        rows = [self.row_of(record) for record in shown]
        for proposal, since, progress in self.running.values():
            epoch = (
                f"epoch {progress['epoch']}/{proposal.epochs or progress['epochs']}"
                if progress
                else "starting"
            )
            took = clock(time.monotonic() - since)
            rows.append((self.numbered(proposal), epoch, "", took, values_text(proposal)))
        if self.finishing:
            epoch = f"epoch {self.finishing['epoch']}/{self.finishing['epochs']}"
            rows.append(("best", epoch, "", "", "training to the end, scoring and saving"))
        return rows

    def row_of(self, record: Record) -> tuple[str, ...]:
        """Return the row of a finished trial."""
        name, took = self.numbered(record.proposal), clock(_seconds(record))
        if record.state == "failed":
            return (name, "", "failed", took, first_line(record.reason or ""))
        score = number(record.score) + (" best" if record is self.best else "")
        return (name, _epochs(record), score, took, values_text(record.proposal))


def beginning(plan: SearchPlan) -> list[str]:
    """Return the lines that say what a search of a built-in space tries, and when it ends; none for other searches."""
    if not plan.built_in:
        return []
    ends = [f"{plan.most} trials"] if plan.most else []
    ends += [_budget_text(plan.time_budget_s)] if plan.time_budget_s else []
    until = f"ends after {' or '.join(ends)}" if ends else "ends when nothing is left to try"
    own, best = plan.members
    networks = f"; a trial trains {own} of {best} networks" if own < best else ""
    rows = [f"  {d.name}: {range_text(d)}" for d in plan.built_in]
    return ["the config leaves nothing open; searching around its values:", *rows, f"{until}{networks}"]


def range_text(dimension: Dimension) -> str:
    """Return the values of a dimension in words, such as "32 to 128 in steps of 32"."""
    # `--help` loads this module, and no spec.
    from forecaster.config.dimensions import Boolean, Choice

    r = dimension.range
    if isinstance(r, Choice | Boolean):
        return joined([_yaml(r.at(i)) for i in range(r.n_values)], word="or")
    step = "" if r.step in (None, 1) else f" in steps of {r.step:g}"
    return f"{r.min:g} to {r.max:g}{step}"


def search_progress_for(reporter: Reporter, plan: SearchPlan) -> LineSearch:
    """Return the progress of a search: a live table on a terminal, a line per trial elsewhere."""
    if reporter.verbosity >= 0 and sys.stderr.isatty() and not reporter.json:
        return LiveSearch(reporter, plan)
    return LineSearch(reporter, plan)


def _epochs(record: Record) -> str:
    n = record.details.get("epochs")
    return f"{n} epoch" if n == 1 else f"{n} epochs"


def _seconds(record: Record) -> float:
    return float(record.details.get("seconds") or 0.0)


def values_text(proposal: Proposal) -> str:
    """Return the values of a trial with short names, as the YAML file writes them: null, not None."""
    return ", ".join(f"{short(k)}={_yaml(v)}" for k, v in proposal.values.items())


def short(name: str) -> str:
    """Return a short form of a dotted key: 0.units for model.layers.0.units, calendar.1 for data.calendar.1."""
    parts = name.split(".")
    numbered = [part.partition("#")[0].isdecimal() for part in parts[-2:]]
    return ".".join(parts[-2:]) if len(parts) > 1 and any(numbered) else parts[-1]


def first_line(text: str) -> str:
    """Return the first line of a text; empty for an empty text."""
    return text.splitlines()[0] if text else ""


def _yaml(value: Any) -> str:
    """Return a value as the YAML file writes it: null, not None."""
    return value if isinstance(value, str) else json.dumps(value)


def _budget_text(seconds: float) -> str:
    """Return a time budget in words: 15 minutes, not 15:00 min."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} minutes" if not rest and 1 < minutes < 60 else clock(seconds)
