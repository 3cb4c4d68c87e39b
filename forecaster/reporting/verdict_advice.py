"""Rules of `advice` about the verdict: a baseline that is better, or as good as far as the test can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecaster.reporting.facts import LOSSES, Advice, Facts, outcomes_of


def worse_than_a_baseline(f: Facts) -> Advice | None:
    """Say which baseline to use where the model is worse than one on any loss."""
    own, rivals, verdicts = _judged(f)
    worse = [name for name, one in verdicts.items() if "worse" in outcomes_of(one)]
    if own is None or not worse:
        return None
    best = min(worse, key=lambda n: abs(rivals[n]))
    outcomes = outcomes_of(verdicts[best])
    only = next((loss for loss in LOSSES if verdicts[best].get(loss, {}).get("verdict") == "worse"), "")
    whole = outcomes.count("worse") == len(outcomes)
    use = f"Until that changes, use {best}." if whole else "Which to use depends on what large errors cost."
    label, rival = f.metric_label, rivals[best]
    if not whole:
        label, rival, own = _number_of(f, only, best) or (label, rival, own)
    return Advice(
        f"The model is worse than {best}" + ("" if whole else f" on {only} errors"),
        f"{label} is {rival:.3g} for {best} and {own:.3g} for the model. {use}",
        f"Try {'; '.join(_ways(f))}.",
    )


def level_with_the_best(f: Facts) -> Advice | None:
    """Say where the model cannot be told apart from the best baseline, although that was tested."""
    own, rivals, verdicts = _judged(f)
    if own is None or not rivals or any("worse" in outcomes_of(one) for one in verdicts.values()):
        return None
    best = min(rivals, key=lambda n: abs(rivals[n]))
    tested = any(verdicts[best].get(loss, {}).get("p") is not None for loss in LOSSES)
    if verdicts[best]["verdict"] != "undecided" or not tested:
        return None
    return Advice(
        f"The model cannot be told apart from {best}",
        f"{f.metric_label} is {rivals[best]:.3g} for {best} and {own:.3g} for the model; a difference of this size "
        f"may be chance. {best} is the simpler of the two.",
        f"Try {'; '.join([*_ways(f), 'more test cutoffs (a longer split.test, or forecaster backtest)'])}.",
    )


def _number_of(f: Facts, loss: str, rival: str) -> tuple[str, float, float] | None:
    """Return the label and the value, for a baseline and for the model, of a metric of this loss; None without one."""
    scores = (f.scores.get("test") or f.scores["val"])["scores"]
    for name, (label, of_loss) in f.metrics.items():
        own, other = scores["model"].get(name), scores[rival].get(name)
        if of_loss == loss and own is not None and other is not None:
            return label, other, own
    return None


def _judged(f: Facts) -> tuple[float | None, dict[str, float], Mapping[str, Mapping[str, Any]]]:
    """Return the model's score, that of each baseline with a verdict, and the verdicts; empty where unknown."""
    table = f.scores.get("test") or f.scores.get("val")
    if table is None or f.metric is None or not table.get("verdicts"):
        return None, {}, {}
    verdicts = table["verdicts"]
    rivals = {n: v for n in verdicts if (v := table["scores"][n].get(f.metric)) is not None}
    return table["scores"]["model"].get(f.metric), rivals, {n: verdicts[n] for n in rivals}


def _ways(f: Facts) -> list[str]:
    """Return what may make the model better than a baseline."""
    simple = [] if f.anchored else ["model.anchor (ridge)"]
    simple += [] if f.seasonal or f.season < 2 else [f"model.season: {f.season}"]
    ways = [f"{' or '.join(simple)}, a simple forecast that the network corrects"] if simple else []
    if f.lookback < f.season:
        ways.insert(0, f"window.lookback: {2 * f.season}, which covers a season ({f.lookback} does not)")
    return [*ways, "a search over learning rate, units and lookback (forecaster tune)"]
