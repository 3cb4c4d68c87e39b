"""Up to where networks have learned: as a sentence, and from splits.json."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_json
from forecaster.stages.learned import (
    RANGES,
    Learned,
    PositionsOfText,
    last_of,
    learned_of,
    learned_series,
    rows_seen,
    scored_bounds,
)
from tests.unit.runs.sealed_runs import DONE, state_of

STEPS = TimeAxis(1)


def ranged(first: int | None, last: int | None) -> dict[str, Any]:
    return {
        "windows": 0,
        "first": None if first is None else str(first),
        "last": None if last is None else str(last),
    }


def entry(name: str, *ends: int | None, learned: Any = ...) -> dict[str, Any]:
    """Ranges that begin at 0 and end before each of `ends`, in turn; None is an empty range."""
    one: dict[str, Any] = {"id": name}
    begin = 0
    for split, end in zip(("train", "val", "test"), ends, strict=True):
        one[split] = ranged(None, None) if end is None else ranged(begin, end - 1)
        begin = begin if end is None else end
    return one if learned is ... else {**one, "learned": learned}


def run_of(folder: Path, *series: dict[str, Any], refitted: bool = False) -> RunDir:
    run = RunDir(folder)
    write_json(run.file(RANGES), {"format_version": 1, "series": series})
    write_json(run.file("model/state.json"), state_of(STEPS))
    if refitted:
        write_json(run.file("model/scored/spec.json"), {})
    run.seal(DONE)
    return run


def panel_of(lengths: dict[str, int], *, first: int = 0) -> Panel:
    n = sum(lengths.values())
    return Panel(
        time_axis=STEPS,
        ids=tuple(lengths),
        offsets=np.cumsum([0, *lengths.values()]),
        first=np.full(len(lengths), first),
        values=np.zeros((n, 1)),
        targets=("y",),
        past=(),
        future=(),
        statics=(),
        static=np.zeros((len(lengths), 0)),
    )


@pytest.mark.parametrize(
    ("learned", "said"),
    [
        (Learned("9", 0, False), "all rows, up to 9"),
        (Learned("9", 0, True), "all rows, up to 9; the scores are of those before"),
        (
            Learned("9", 1200, False),
            "up to 9, and not the 1,200 steps after it; training.refit: continue teaches them these too",
        ),
    ],
)
def test_a_sentence_before_and_after_the_training(learned: Learned, said: str) -> None:
    assert learned.sentence() == f"predict uses networks that have learned {said}"
    assert learned.sentence_ahead() == f"predict will use networks that learn {said}"


def test_a_run_has_learned_its_training_rows_or_once_refitted_all(tmp_path: Path) -> None:
    series = entry("a", 50, 70, 90), entry("b", 60, None, 75)
    assert learned_of(run_of(tmp_path / "once", *series)) == Learned("59", 40, again=False)
    assert learned_of(run_of(tmp_path / "all", *series, refitted=True)) == Learned("89", 0, again=True)
    newer = (
        entry("a", 50, 70, 90, learned={"first": "0", "last": "79"}),
        entry("c", None, None, None, learned={"first": "0", "last": "99"}),
        entry("b", 60, None, 120, learned=None),
    )
    assert learned_of(run_of(tmp_path / "newer", *newer, refitted=True)) == Learned("99", 0, again=True)
    assert [one["id"] for one in learned_series(newer)] == ["a", "c"]


def test_the_end_of_what_was_learned_later_counts() -> None:
    positions = PositionsOfText(STEPS)
    assert last_of(entry("a", 50, 70, 90), ("train",), positions) == 49
    assert last_of(entry("a", 50, 70, 90, learned={"first": "0", "last": "79"}), ("train",), positions) == 79
    assert last_of(entry("a", None, None, None), ("train", "val", "test"), positions) is None


def test_rows_that_were_chosen_or_learned_on_are_seen(tmp_path: Path) -> None:
    panel = panel_of({"a": 100, "b": 100, "c": 100}, first=10)
    series = entry("a", 50, 70, 90), entry("b", None, 5, None)
    assert rows_seen(run_of(tmp_path / "once", *series), panel).tolist() == [60, 0, 0]
    assert rows_seen(run_of(tmp_path / "all", *series, refitted=True), panel).tolist() == [80, 0, 0]
    gone = entry("c", 30, 40, 50, learned=None)
    assert rows_seen(run_of(tmp_path / "newer", gone, refitted=True), panel).tolist() == [0, 0, 40]


def test_scored_ranges_as_rows_of_another_table(tmp_path: Path) -> None:
    series = (
        entry("a", 50, 70, 90),
        entry("b", 50, None, 60),
        entry("c", None, None, None, learned={"first": "0", "last": "9"}),
    )
    run = run_of(tmp_path, *series)
    bounds = scored_bounds(run, panel_of({"a": 120, "b": 55, "c": 30, "d": 40}, first=5))
    assert bounds.train_end.tolist() == [45, 45, 30, 40]
    assert bounds.val_end.tolist() == [65, 45, 30, 40]
    assert bounds.length.tolist() == [85, 55, 30, 40]
