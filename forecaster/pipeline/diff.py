"""Diff: what two runs were made from and how well they forecast, side by side."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecaster.config.parsed_yaml import parse_file
from forecaster.config.positions import flattened
from forecaster.errors import ConfigError
from forecaster.evaluation.headline import judged_split
from forecaster.remote.address import IN_MEMORY, is_address
from forecaster.runs import schemas
from forecaster.runs.directory import RESOLVED, RunDir
from forecaster.runs.reading import MIB, parse_json
from forecaster.stages.summaries import METRICS, RunScore, score_of

# Keys whose values are paths from the run directory.
PATHS = ("data.path", "output.dir")
ABSENT = "(absent)"
Pair = tuple[Any, Any]


@dataclass(frozen=True)
class RunDiff:
    """Two complete runs side by side.

    Attributes:
        runs: The two run directories.
        config: The keys of resolved.yaml whose values differ, each with both; `(absent)` where a run has no such key.
        data: What differs of the table (`path`, `sha256` and `rows`) and of its `windows`, each with both values.
        scores: The model's scores by metric, each with both; None where a run has no such score.
        split: What was scored, in both: "test", "val" or "folds"; None where it is not the same.
        summaries: The score that stands for each run, with its verdict.
        metrics_differ: Whether any score of the model differs.
    """

    runs: tuple[Path, Path]
    config: dict[str, Pair]
    data: dict[str, Pair]
    scores: dict[str, Pair]
    split: str | None
    summaries: tuple[RunScore, RunScore]
    metrics_differ: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics_differ", any(a != b for a, b in self.scores.values()))

    @property
    def same(self) -> bool:
        """Whether config, data and scores are the same."""
        return not (self.config or self.data or self.metrics_differ)

    @property
    def comparable(self) -> bool:
        """Whether the scores are of the same windows: of the same table, split and windows."""
        cut = ("split.", "window.", "data.", "evaluation.seasonality")
        settings = [key for key in self.config if key.startswith(cut) and key not in PATHS]
        return self.split is not None and not settings and not {"sha256", "windows"} & self.data.keys()

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {
            "runs": [str(run) for run in self.runs],
            "same": self.same,
            "comparable": self.comparable,
            "config": {key: list(pair) for key, pair in self.config.items()},
            "data": {key: list(pair) for key, pair in self.data.items()},
            "split": self.split,
            "scores": {key: list(pair) for key, pair in self.scores.items()},
            "verdicts": [
                {"baseline": one.baseline, "verdict": one.verdict, "metric": one.metric}
                for one in self.summaries
            ],
        }


def diff(one: RunDir, other: RunDir) -> RunDiff:
    """Compare two complete runs by what they were made from and by their scores. Loads no network and no table.

    Args:
        one: The first run or backtest.
        other: The second.

    Raises:
        DataError: When one of them is not complete, or a file of it is damaged.
    """
    one, other = one.opened(), other.opened()
    scored, scored_too = _scores(one), _scores(other)
    manifests = one.manifest()["data"], other.manifest()["data"]
    settings = _settings(one, other)
    data: dict[str, Pair] = {}
    if manifests[0]["sha256"] != manifests[1]["sha256"]:
        # A path in the manifest is relative to a config that may be anywhere; a query has none.
        first, second = (
            found.get("data.path") or manifest["path"]
            for found, manifest in zip(settings, manifests, strict=True)
        )
        data["path"] = (first, second)
    data |= {key: (manifests[0][key], manifests[1][key]) for key in ("sha256", "rows")}
    data["windows"] = (scored[1], scored_too[1])
    data = {key: pair for key, pair in data.items() if pair[0] != pair[1]}
    metrics = dict.fromkeys([*scored[2], *scored_too[2]])
    return RunDiff(
        (one.path, other.path),
        _differing(*settings),
        data,
        {metric: (scored[2].get(metric), scored_too[2].get(metric)) for metric in metrics},
        scored[0] if scored[0] == scored_too[0] else None,
        (score_of(one), score_of(other)),
    )


def _settings(*runs: RunDir) -> list[dict[str, Any]]:
    """Return the values of resolved.yaml by dotted key, the paths made absolute, for each run."""
    versions = {run.manifest()["versions"].get("forecaster") for run in runs}
    trees = [_tree(run, fill=len(versions) > 1) for run in runs]
    return [_paths(flattened(tree), run) for tree, run in zip(trees, runs, strict=True)]


def _tree(run: RunDir, *, fill: bool) -> Any:
    """Return the values of resolved.yaml. fill: with the defaults of keys that another version did not have."""
    content, path = run.read(RESOLVED, most=MIB), run.file(RESOLVED)
    if fill:
        # It loads the whole schema, which takes a moment.
        from forecaster.config.experiment import Experiment

        with contextlib.suppress(ConfigError):
            return Experiment.from_content(content, path).to_dict()
    return parse_file(content, path).values


def _paths(settings: dict[str, Any], run: RunDir) -> dict[str, Any]:
    base = run.path.resolve()
    for key in PATHS:
        value = settings.get(key)
        if isinstance(value, str) and value != IN_MEMORY and not is_address(value):
            settings[key] = os.path.normpath(base / value)
    return settings


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Pair]:
    keys = dict.fromkeys([*one, *other])
    pairs = {key: (one.get(key, ABSENT), other.get(key, ABSENT)) for key in keys}
    # 1 and 1.0 are the same value, True and 1 are not.
    return {
        key: (a, b) for key, (a, b) in pairs.items() if a != b or isinstance(a, bool) != isinstance(b, bool)
    }


def _scores(run: RunDir) -> tuple[str | None, int | None, dict[str, float | None]]:
    """Return what was scored, the number of its windows, and the model's scores and those of its intervals."""
    path, content = run.file(METRICS), run.read(METRICS)
    found: Any
    if "folds" in parse_json(path, content, schemas.VERSIONED):
        found = parse_json(path, content, schemas.BACKTEST)
        rows = [found["summary"][part].get("model", {}) for part in ("scores", "intervals")]
        means = {key: entry and entry["mean"] for row in rows for key, entry in row.items()}
        return "folds", sum(fold["windows"] for fold in found["folds"]), means
    found = parse_json(path, content, schemas.METRICS)["splits"]
    split = judged_split(found)
    if split is None:
        return None, None, {}
    table = found[split]
    return (
        split,
        table["windows"],
        {**table["scores"]["model"], **table.get("intervals", {}).get("model", {})},
    )
