"""A search as people watch it: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecaster.terminal.console import Reporter, number
from forecaster.terminal.training_progress import clock

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from forecaster.pipeline.tune import SearchPlan
    from forecaster.search.trials import Proposal, Record

SHOWN_ENDED = 8


class LineSearch:
    """A line as a trial ends, for logs."""

    def __init__(self, reporter: Reporter, plan: SearchPlan) -> None:
        self.reporter, self.plan = reporter, plan
        self.lock = threading.Lock()
        self.began_at = time.monotonic()
        self.best: Record | None = None
        self.n_completed = 0
        self.seconds = self.work = 0.0
        self.left: float | None = None

    def __enter__(self) -> LineSearch:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        if kind is KeyboardInterrupt and self.best is not None:
            self.say(
                f"{self.n_completed} trials completed, the best of them trial {self.best.proposal.number} with "
                f"{self.plan.metric} {number(self.best.score)}; tune/best.yaml and tune/trials.csv hold what is done"
            )

    def began(self, proposal: Proposal) -> None:
        pass

    def reported(self, proposal: Proposal | None, said: Mapping[str, Any]) -> None:
        if proposal is None and said["epoch"] in (1, said["epochs"]):
            self.say(f"training the best config: epoch {said['epoch']}/{said['epochs']}")

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        with self.lock:
            self.take(record, work, left)
            text = self.text(record)
        self.say(text)

    def looked(self) -> None:
        pass

    def say(self, text: str) -> None:
        self.reporter.note(text)

    def take(self, record: Record, work: float, left: float | None) -> None:
        """Note a trial's end."""
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
        return f"{proposal.number}/{self.plan.most}" if self.plan.most else str(proposal.number)

    def eta(self) -> str | None:
        """Time left at the pace of the trials so far, or by the budget where that ends first."""
        left = []
        if self.left is not None and self.work:
            left.append(self.seconds / self.work * self.left / self.plan.workers)
        if self.plan.time_budget_s is not None:
            left.append(max(0.0, self.plan.time_budget_s - (time.monotonic() - self.began_at)))
        return clock(min(left)) if left else None


class LiveSearch(LineSearch):
    """A table that stays in place: the trials under way, the last ones, the best."""

    def __init__(self, reporter: Reporter, plan: SearchPlan) -> None:
        super().__init__(reporter, plan)
        from rich.console import Console
        from rich.live import Live

        self.console = Console(stderr=True, no_color=not reporter.color, highlight=False)
        self.live: Live = Live(console=self.console, auto_refresh=False, transient=True)
        self.under_way: dict[int, tuple[Proposal, float, Mapping[str, Any]]] = {}
        self.last: list[Record] = []
        self.finishing: Mapping[str, Any] | None = None
        self._drawn = 0.0

    def __enter__(self) -> LiveSearch:
        from rich.text import Text

        self.live.start()
        self.live.update(Text("loading TensorFlow"), refresh=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self.live.stop()
        super().__exit__(kind, *exc)

    def began(self, proposal: Proposal) -> None:
        with self.lock:
            self.under_way[proposal.number] = (proposal, time.monotonic(), {})

    def reported(self, proposal: Proposal | None, said: Mapping[str, Any]) -> None:
        with self.lock:
            if proposal is None:
                self.finishing = said
            elif proposal.number in self.under_way:
                self.under_way[proposal.number] = (*self.under_way[proposal.number][:2], said)
        if proposal is None:
            self.looked()

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        with self.lock:
            self.under_way.pop(record.proposal.number, None)
            self.take(record, work, left)
            self.last = [*self.last, record][-SHOWN_ENDED:]

    def looked(self) -> None:
        # Four frames a second are enough for the eye and cost nothing.
        if time.monotonic() - self._drawn >= 0.25:
            self._drawn = time.monotonic()
            with self.lock:
                self.live.update(self.table(), refresh=True)

    def table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        parts = [f"{clock(time.monotonic() - self.began_at)} gone"]
        if self.finishing:
            parts.append("the best config")
        elif eta := self.eta():
            parts.append(f"about {eta} left")
        # As text: what is in brackets would be taken for markup.
        table = Table(
            title=Text(", ".join(parts)), title_justify="left", box=None, pad_edge=False, expand=True
        )
        for column in ("trial", "budget", self.plan.metric, "time"):
            table.add_column(column, justify="right", no_wrap=True)
        # What is left of the line, and no more: nothing else may give way to it.
        table.add_column("values", overflow="ellipsis", no_wrap=True, ratio=1)
        for cells in self.rows():
            table.add_row(*(Text(cell) for cell in cells))
        return table

    def rows(self) -> list[tuple[str, ...]]:
        """The best trial where it is no longer among the last ones, these, and those under way."""
        best = self.best
        shown = self.last if best is None or best in self.last else [best, *self.last[1:]]
        rows = [self.row_of(record) for record in shown]
        for proposal, since, said in self.under_way.values():
            epoch = f"epoch {said['epoch']}/{proposal.epochs or said['epochs']}" if said else "starting"
            took = clock(time.monotonic() - since)
            rows.append((self.numbered(proposal), epoch, "", took, values_text(proposal)))
        if self.finishing:
            epoch = f"epoch {self.finishing['epoch']}/{self.finishing['epochs']}"
            rows.append(("best", epoch, "", "", "trained to its end, scored and saved"))
        return rows

    def row_of(self, record: Record) -> tuple[str, ...]:
        name, took = self.numbered(record.proposal), clock(_seconds(record))
        if record.state == "failed":
            return (name, "", "failed", took, first_line(record.reason or ""))
        score = number(record.score) + (" best" if record is self.best else "")
        return (name, _epochs(record), score, took, values_text(record.proposal))


def search_progress_for(reporter: Reporter, plan: SearchPlan) -> LineSearch:
    """A live table on a terminal, a line per trial elsewhere."""
    if reporter.verbosity >= 0 and sys.stderr.isatty() and not reporter.json:
        return LiveSearch(reporter, plan)
    return LineSearch(reporter, plan)


def _epochs(record: Record) -> str:
    n = record.details.get("epochs")
    return f"{n} epoch" if n == 1 else f"{n} epochs"


def _seconds(record: Record) -> float:
    return float(record.details.get("seconds") or 0.0)


def values_text(proposal: Proposal) -> str:
    """As in the YAML file: null, not None."""
    shown = [(k, v if isinstance(v, str) else json.dumps(v)) for k, v in proposal.values.items()]
    return ", ".join(f"{short(k)}={v}" for k, v in shown)


def short(name: str) -> str:
    """model.layers.0.units as 0.units, data.calendar.1 as calendar.1: what tells it from the others."""
    parts = name.split(".")
    numbered = [part.partition("#")[0].isdigit() for part in parts[-2:]]
    return ".".join(parts[-2:]) if len(parts) > 1 and any(numbered) else parts[-1]


def first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""
