"""The verdict and the score tables of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forecaster.reporting.contents import Contents

# In the order of the page.
SPLIT_NAMES = {"test": "Test", "val": "Validation"}

ScoreRows = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class Verdict:
    """Where the model stands among the baselines, by the scores as they are.

    Attributes:
        tone: "good" where the model is ahead of every baseline, "bad" where one is ahead of
            it, and "none" otherwise.
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
    """

    title: str
    windows: int
    columns: list[str]
    rows: ScoreRows
    best: Mapping[str, set[str]]


def verdict(c: Contents) -> Verdict:
    """Compare the model with the best baseline on the headline metric, by absolute value."""
    if c.judged is None or c.headline is None:
        return Verdict("none", "No verdict")
    rows: ScoreRows = c.splits[c.judged]["scores"]
    label = c.metric(c.headline).label
    own = rows["model"][c.headline]
    rivals = {
        name: value
        for name, row in rows.items()
        if name != "model" and (value := row.get(c.headline)) is not None
    }
    if not rivals or own is None:
        return Verdict("none", "Nothing to compare with", label, own)
    best = min(rivals, key=lambda n: abs(rivals[n]))
    gain = abs(rivals[best]) - abs(own)
    what = f"{SPLIT_NAMES[c.judged].lower()} {label}"
    tone, title = "none", f"Level with {best} on {what}"
    if gain > 0:
        tone, title = "good", f"Ahead of every baseline on {what}"
    elif gain < 0:
        tone, title = "bad", f"Behind {best} on {what}"
    share = 100 * gain / abs(rivals[best]) if rivals[best] else None
    return Verdict(tone, title, label, own, best, rivals[best], share)


def score_tables(c: Contents) -> list[Table]:
    """Make the tables, test before validation and point forecasts before intervals."""
    out = []
    for split, name in SPLIT_NAMES.items():
        table = c.splits.get(split, {})
        for key, title in (("scores", name), ("intervals", f"{name}, intervals")):
            rows: ScoreRows = table.get(key) or {}
            columns = list(dict.fromkeys(m for row in rows.values() for m in row))
            if columns:
                best = {metric: _best(rows, metric, c.metric(metric).ideal) for metric in columns}
                out.append(Table(title, table["windows"], columns, rows, best))
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
