"""The verdict and the score tables of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forecaster.reporting.contents import Contents
from forecaster.reporting.facts import outcomes_of

# In the order of the page.
SPLIT_NAMES = {"test": "Test", "val": "Validation"}

ScoreRows = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class VerdictBox:
    """The verdict on the model as the head of the page shows it.

    Attributes:
        tone: "good" where the model is better than the best baseline and worse than none, "bad" where it is worse
            than one, and "none" otherwise.
        title: The verdict in a few words.
        metric: The label of the metric, where it can be computed.
        own: The model's score.
        best: The name of the best baseline.
        rival: Its score.
        gain: How much smaller the model's score is, in percent of the rival's; negative where
            it is larger.
    """

    tone: str
    title: str
    metric: str | None = None
    own: float | None = None
    best: str | None = None
    rival: float | None = None
    gain: float | None = None


@dataclass(frozen=True)
class Table:
    """A score table.

    Attributes:
        title: The split, and whether the scores are those of intervals.
        windows: Number of windows scored.
        columns: Names of the metrics.
        rows: The scores of each forecaster.
        best: The forecasters with the best value of each metric.
        verdicts: The verdict on the model against each baseline; empty where the table shows none.
    """

    title: str
    windows: int
    columns: list[str]
    rows: ScoreRows
    best: Mapping[str, set[str]]
    verdicts: Mapping[str, str] = field(default_factory=dict)


def verdict(c: Contents) -> VerdictBox:
    """Return the verdict on the model, with its score and that of the best baseline."""
    if c.judged is None or c.headline is None:
        return VerdictBox("none", c.verdict_title)
    rows: ScoreRows = c.splits[c.judged]["scores"]
    label, own = c.metric(c.headline).label, rows["model"][c.headline]
    rival = rows[c.best][c.headline] if c.best is not None else None
    if rival is None or own is None:
        return VerdictBox("none", c.verdict_title, label, own)
    share = 100 * (abs(rival) - abs(own)) / abs(rival) if rival else None
    return VerdictBox(_tone(c), c.verdict_title, label, own, c.best, rival, share)


def _tone(c: Contents) -> str:
    verdicts = c.splits[c.judged].get("verdicts", {}) if c.judged else {}
    if any("worse" in outcomes_of(one) for one in verdicts.values()):
        return "bad"
    best = verdicts.get(c.best, {})
    return "good" if best.get("verdict") == "better" else "none"


def score_tables(c: Contents) -> list[Table]:
    """Make the tables, test before validation and point forecasts before intervals."""
    out = []
    for split, name in SPLIT_NAMES.items():
        table = c.splits.get(split, {})
        # Those of validation teach the calibration, so they are shown as the network makes them.
        intervals = "intervals of the network" if split == "val" else "intervals"
        for key, title in (("scores", name), ("intervals", f"{name}, {intervals}")):
            rows: ScoreRows = table.get(key) or {}
            columns = list(dict.fromkeys(m for row in rows.values() for m in row))
            if columns:
                best = {metric: _best(rows, metric, c.metric(metric).ideal) for metric in columns}
                cells = c.verdict_cells if split == c.judged and key == "scores" else {}
                out.append(Table(title, table["windows"], columns, rows, best, cells))
    return out


def meanings(c: Contents, tables: list[Table]) -> dict[str, str]:
    """Return what each column of the tables means, by its label."""
    names = dict.fromkeys(name for table in tables for name in table.columns)
    return {c.metric(name).label: c.metric(name).meaning for name in names}


def _best(rows: ScoreRows, metric: str, ideal: float | None) -> set[str]:
    """Return the forecasters closest to the ideal; none where there is no ideal or nothing to compare."""
    if ideal is None:
        return set()
    far = {name: abs(value - ideal) for name, row in rows.items() if (value := row.get(metric)) is not None}
    if len(far) < 2:
        return set()
    return {name for name, distance in far.items() if distance == min(far.values())}
