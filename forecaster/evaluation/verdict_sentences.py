"""Verdicts in words: the same sentences in the output of every command, in the report and in Python."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from forecaster.evaluation.headline import LOSSES, best_baseline, headline_metric, judged_split
from forecaster.evaluation.scores import label, metric_named
from forecaster.evaluation.significance import Comparison
from forecaster.evaluation.verdicts import Verdict
from forecaster.text import joined

SPLIT_WORDS = {"test": "test", "val": "validation"}


def run_verdict(splits: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the verdict on a run, as sentences.

    Args:
        splits: The splits of metrics.json.
    """
    judged = judged_split(splits)
    if judged is None:
        return ["No verdict: the run has no validation or test windows."]
    sentences = split_verdict(splits[judged], judged)
    if judged == "val":
        sentences.append(
            "There is no test range (split.test: 0). The verdict is on validation rows, which have chosen the "
            "network, so they flatter it."
        )
    return sentences


def evaluation_verdict(table: Mapping[str, Any], split: str) -> list[str]:
    """Return the verdict on one split that was asked for, as sentences.

    Args:
        table: The score table of the split, as in metrics.json.
        split: The name of the split.
    """
    flattered = "These are validation rows, which have chosen the network, so the verdict flatters it."
    return [*split_verdict(table, split), *([flattered] if split == "val" else [])]


def split_verdict(table: Mapping[str, Any], split: str) -> list[str]:
    """Return the verdict on one split, as sentences: the best baseline first, then what else there is to know.

    Args:
        table: The score table of the split, as in metrics.json.
        split: The name of the split.
    """
    scores = table["scores"]
    rivals = [name for name in scores if name != "model"]
    if not rivals:
        return ["No verdict: no baseline was scored (evaluation.baselines)."]
    if "verdicts" not in table:
        return ["No verdict: the run is of an older version. `forecaster evaluate` makes one."]
    best = best_baseline(scores)
    if best is None:
        metric = headline_metric(scores["model"]) or "mase"
        whose = "the model's" if scores["model"].get(metric) is None else "every baseline's"
        return [f"No verdict: {whose} {SPLIT_WORDS[split]} {label(metric)} cannot be computed."]
    name, metric = best
    who = f"{name}, the best baseline" if len(rivals) > 1 else name
    verdict = table["verdicts"][name]
    own, other = scores["model"][metric], scores[name][metric]
    said = standing(who, verdict, windows=table["windows"])
    scored = f"{SPLIT_WORDS[split]} {label(metric)} {against(own, other)}"
    sentences = [f"{said}: {scored}{_evidence(verdict)}.", *_shortage(verdict, table["windows"], split)]
    sentences += _also_worse(table["verdicts"], best=name)
    sentences += [s for rival in rivals for s in _other_way(scores, rival, table["verdicts"][rival])]
    return sentences


def verdict_title(splits: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the verdict on a run in a few words.

    Args:
        splits: The splits of metrics.json.
    """
    judged = judged_split(splits)
    verdicts = splits[judged].get("verdicts") if judged else None
    best = best_baseline(splits[judged]["scores"]) if judged else None
    if not verdicts or best is None:
        return "No verdict"
    if len(verdicts) > 1 and all(one["verdict"] == "better" for one in verdicts.values()):
        return "The model is better than every baseline"
    return standing(best[0], verdicts[best[0]], windows=splits[judged]["windows"] if judged else None)


def standing(who: str, verdict: Verdict, *, windows: int | None = None) -> str:
    """Return where the model stands against one baseline, as a sentence without its full stop.

    Args:
        who: The baseline, perhaps with an apposition after a comma.
        verdict: The verdict against it.
        windows: The number of windows, which is said where they are too few to test.
    """
    comma = "," if "," in who else ""
    said = verdict["verdict"]
    if said == "undecided":
        few = f" ({_few(verdict, windows)})" if windows is not None and too_few(verdict) else ""
        return f"The model and {who}{comma} cannot be told apart{few}"
    if said != "mixed":
        return f"The model is {said} than {who}"
    parts = [(loss, verdict[loss]["verdict"]) for loss in LOSSES if loss in verdict]
    known = [(loss, outcome) for loss, outcome in parts if outcome != "undecided"]
    text = f"The model is {known[0][1]} than {who}{comma} on {known[0][0]} errors"
    if len(known) == 2:
        return f"{text} and {known[1][1]} on {known[1][0]} errors"
    open_loss = next(loss for loss, outcome in parts if outcome == "undecided")
    return f"{text}, and cannot be told apart from it on {open_loss} errors"


def too_few(verdict: Verdict) -> bool:
    """Return whether no test could be made."""
    return all(verdict[loss]["p"] is None for loss in LOSSES if loss in verdict)


def baseline_sentence(name: str, verdict: Verdict) -> str:
    """Return the verdict against one baseline with its numbers, as one sentence."""
    return f"{standing(name, verdict)}{_evidence(verdict) or ' (too few windows for a test)'}."


def comparison_sentence(first: str, second: str, test: Comparison) -> str:
    """Return the result of a test of absolute errors as one sentence.

    Args:
        first: The name of the first forecaster.
        second: The name of the second forecaster.
        test: The test of the first against the second.
    """
    if test.p is None or test.difference != test.difference:
        return f"{first} and {second} cannot be told apart ({_counted(test.origins, 'cutoff')}, too few for a test)."
    where = f"{_p(test.p)}, {_base(test.origins, test.series)}"
    if not test.real:
        return f"{first} and {second} cannot be told apart ({where})."
    better, worse = (first, second) if test.difference < 0 else (second, first)
    return f"{better} is better than {worse} by {_digits(abs(test.difference), 3)} of MASE ({where})."


def _evidence(verdict: Verdict) -> str:
    """Return the p of each loss and what was counted, in brackets; empty where no test could be made."""
    tests = {loss: verdict[loss] for loss in LOSSES if loss in verdict}
    known = {loss: test for loss, test in tests.items() if test["p"] is not None}
    if not known:
        return ""
    first = next(iter(known.values()))
    where = _base(first["cutoffs"], first["series"])
    by_words: dict[str, list[str]] = {}
    for loss, test in known.items():
        by_words.setdefault(_p(test["p"] or 0.0), []).append(loss)
    words = [
        p + (f" on {joined(losses, word='and')} errors" if len(tests) > 1 else "")
        for p, losses in by_words.items()
    ]
    return f" ({', '.join(words)}; {where})"


def _few(verdict: Verdict, windows: int) -> str:
    """Return the number of windows and, if it is another number, that of their cutoffs."""
    cutoffs = _cutoffs(verdict)
    return _counted(windows, "window") + (f" at {_counted(cutoffs, 'cutoff')}" if cutoffs < windows else "")


def _cutoffs(verdict: Verdict) -> int:
    return max((verdict[loss]["cutoffs"] for loss in LOSSES if loss in verdict), default=0)


def _shortage(verdict: Verdict, windows: int, split: str) -> list[str]:
    """Return what a test would need, where none could be made."""
    if not too_few(verdict):
        return []
    if windows == _cutoffs(verdict):
        needs = f"{verdict['cutoffs_needed']:,} windows"
    else:
        needs = f"windows at {verdict['cutoffs_needed']:,} cutoffs, or of {verdict['series_needed']:,} series"
    return [f"A test needs {needs}: lengthen split.{split}, or run forecaster backtest."]


def _also_worse(verdicts: Mapping[str, Verdict], *, best: str) -> list[str]:
    """Return a sentence for the other baselines that the model is worse than, on any loss."""
    others = {name: v for name, v in verdicts.items() if name != best}
    worse = [name for name, v in others.items() if v["verdict"] == "worse"]
    sentences = [f"It is also worse than {joined(worse, word='and')}."] if worse else []
    for name, verdict in others.items():
        outcomes = [verdict[loss]["verdict"] for loss in LOSSES if loss in verdict]
        if verdict["verdict"] == "mixed" and "worse" in outcomes:
            sentences.append(f"{standing(name, verdict)}.")
    return sentences


def _other_way(scores: Mapping[str, Mapping[str, float | None]], rival: str, verdict: Verdict) -> list[str]:
    """Return a sentence for the metrics of the table that point the other way than the verdict."""
    if verdict["verdict"] not in ("better", "worse"):
        return []
    lower = "model" if verdict["verdict"] == "worse" else rival
    found = []
    for metric, own in scores["model"].items():
        other = scores[rival].get(metric)
        # The bias of a forecast says nothing of the size of its errors.
        if own is None or other is None or metric == "bias" or metric_named(metric).ideal != 0.0:
            continue
        if own < other if lower == "model" else other < own:
            low, high = sorted((own, other))
            found.append(f"{label(metric)} ({against(low, high)})")
    if not found:
        return []
    whose = "the model" if lower == "model" else rival
    versus = rival if lower == "model" else "the model"
    verb = "is" if len(found) == 1 else "are"
    return [f"{joined(found, word='and')} {verb} lower for {whose} than for {versus}, which is not tested."]


def _base(n_cutoffs: int, series: int | None) -> str:
    cutoffs = _counted(n_cutoffs, "cutoff")
    return cutoffs if series is None else f"{series:,} series at {cutoffs}"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _p(p: float) -> str:
    return f"p {p:.2g}" if p >= 1e-4 else "p < 0.0001"


def against(own: float, *others: float) -> str:
    """Write numbers with the fewest digits, at least three, that distinguish the first from the others."""
    digits = next((d for d in range(3, 17) if _digits(own, d) not in [_digits(v, d) for v in others]), 3)
    values: Sequence[str] = [_digits(value, digits) for value in others]
    return f"{_digits(own, digits)} against {joined(values, word='and')}"


def _digits(value: float, digits: int) -> str:
    """Write a number with this many significant digits, trailing zeros kept: 1.20; 1,234; 1.20e-07."""
    power = math.floor(math.log10(abs(value))) if value else 0
    if -5 < power < 9:
        return f"{value:,.{max(0, digits - 1 - power)}f}"
    return f"{value:.{digits - 1}e}"
