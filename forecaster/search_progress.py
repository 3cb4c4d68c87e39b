"""A search as people watch it: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecaster.console import Screen, number
from forecaster.progress import clock

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from forecaster.tuning.trials import Proposal, Record

SHOWN_ENDED = 8


@dataclass(frozen=True)
class Plan:
    """What is about to be searched, for whoever watches. most: trials; None where nobody knows."""

    metric: str
    least: bool
    most: int | None
    time_budget_s: float | None
    workers: int


class LineSearch:
    """A line as a trial ends, for logs."""

    def __init__(self, screen: Screen, plan: Plan) -> None:
        self.screen, self.plan = screen, plan
        self.lock = threading.Lock()
        self.began_at = time.monotonic()
        self.best: float | None = None
        self.ended_here = 0
        self.seconds: list[float] = []

    def __enter__(self) -> LineSearch:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def began(self, proposal: Proposal) -> None:
        pass

    def reported(self, proposal: Proposal | None, said: Mapping[str, Any]) -> None:
        if proposal is None and said["epoch"] in (1, said["epochs"]):
            self.say(f"training the best config: epoch {said['epoch']}/{said['epochs']}")

    def ended(self, record: Record) -> None:
        with self.lock:
            best = self.take(record)
        self.say(self.text(record, best=best))

    def looked(self) -> None:
        pass

    def say(self, text: str) -> None:
        self.screen.note(text)

    def take(self, record: Record) -> bool:
        """Note a trial's end. Returns whether it is the best so far."""
        self.ended_here += 1
        self.seconds.append(float(record.details.get("seconds") or 0.0))
        if record.score is None:
            return False
        better = self.best is None or (
            record.score < self.best if self.plan.least else record.score > self.best
        )
        if better:
            self.best = record.score
        return better

    def text(self, record: Record, *, best: bool) -> str:
        name = f"trial {record.proposal.number}" + (f"/{self.plan.most}" if self.plan.most else "")
        took = clock(record.details.get("seconds") or 0.0)
        if record.state == "failed":
            return f"{name}  failed after {took}: {first_line(record.reason or '')}"
        mark = "  best" if best else ""
        eta = self.eta(record.proposal.number)
        left = f"  {eta} left" if eta else ""
        epochs = record.details.get("epochs")
        values = ", ".join(f"{short(k)}={v}" for k, v in record.proposal.values.items())
        return f"{name}  {self.plan.metric} {number(record.score)}{mark}  {epochs} epochs  {took}{left}  {values}"

    def eta(self, n_begun: int) -> str | None:
        """Time left by the mean of the trials so far, or by the budget where that ends first."""
        left = []
        if self.plan.most is not None and self.seconds:
            mean = sum(self.seconds) / len(self.seconds)
            left.append(mean * max(0, self.plan.most - n_begun) / self.plan.workers)
        if self.plan.time_budget_s is not None:
            left.append(max(0.0, self.plan.time_budget_s - (time.monotonic() - self.began_at)))
        return clock(min(left)) if left else None


class LiveSearch(LineSearch):
    """A table that stays in place: the trials under way, the last ones, the best."""

    def __init__(self, screen: Screen, plan: Plan) -> None:
        super().__init__(screen, plan)
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True, no_color=not screen.color, highlight=False)
        self.live: Live = Live(console=console, auto_refresh=False, transient=True)
        self.under_way: dict[int, tuple[Proposal, float, Mapping[str, Any]]] = {}
        self.last: list[tuple[Record, bool]] = []
        self.finishing: Mapping[str, Any] | None = None
        self._drawn = 0.0

    def __enter__(self) -> LiveSearch:
        self.live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.live.stop()

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

    def ended(self, record: Record) -> None:
        with self.lock:
            self.under_way.pop(record.proposal.number, None)
            self.last = [*self.last, (record, self.take(record))][-SHOWN_ENDED:]

    def looked(self) -> None:
        # Four frames a second are enough for the eye and cost nothing.
        if time.monotonic() - self._drawn >= 0.25:
            self._drawn = time.monotonic()
            with self.lock:
                self.live.update(self.table(), refresh=True)

    def table(self) -> Table:
        from rich.table import Table

        most = f"/{self.plan.most}" if self.plan.most else ""
        best = f"best {number(self.best)}" if self.best is not None else "no trial completed yet"
        eta = self.eta(max(self.under_way, default=self.ended_here))
        elapsed = clock(time.monotonic() - self.began_at)
        title = f"{best}   {elapsed} gone" + (f", about {eta} left" if eta else "")
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for column in ("trial", "budget", self.plan.metric, "time"):
            table.add_column(column, justify="right")
        table.add_column("values", overflow="ellipsis", no_wrap=True)
        for record, is_best in self.last:
            shown = number(record.score) if record.score is not None else "failed"
            took = clock(record.details.get("seconds") or 0.0)
            budget = f"{record.details.get('epochs', '-')} epochs"
            table.add_row(
                f"{record.proposal.number}{most}", budget, shown + (" *" if is_best else ""), took,
                first_line(record.reason) if record.reason else values_text(record.proposal),
            )  # fmt: skip
        for proposal, since, said in self.under_way.values():
            epoch = f"epoch {said['epoch']}/{proposal.epochs or said['epochs']}" if said else "starting"
            took = clock(time.monotonic() - since)
            table.add_row(f"{proposal.number}{most}", epoch, "…", took, values_text(proposal))
        if self.finishing:
            table.add_row("best", f"epoch {self.finishing['epoch']}/{self.finishing['epochs']}", "…", "", "")
        return table


def search_progress_for(screen: Screen, plan: Plan) -> LineSearch:
    """A live table on a terminal, a line per trial elsewhere."""
    if screen.verbosity >= 0 and sys.stderr.isatty() and not screen.json:
        return LiveSearch(screen, plan)
    return LineSearch(screen, plan)


def values_text(proposal: Proposal) -> str:
    return ", ".join(f"{short(k)}={v}" for k, v in proposal.values.items())


def short(name: str) -> str:
    """model.layers.0.units as 0.units, data.calendar.1 as calendar.1: what tells it from the others."""
    parts = name.split(".")
    numbered = [part.partition("#")[0].isdigit() for part in parts[-2:]]
    return ".".join(parts[-2:]) if len(parts) > 1 and any(numbered) else parts[-1]


def first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""
