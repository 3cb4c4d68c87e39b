"""What people see of a search: nothing is cut but the values, and null is written as in the file."""

import io
from typing import Any

import pytest
from rich.console import Console

from forecaster.config.dimensions import KINDS, Dimension
from forecaster.pipeline.tune import SearchPlan
from forecaster.search.trials import Proposal, Record
from forecaster.terminal.console import Reporter
from forecaster.terminal.search_progress import LineSearch, LiveSearch, beginning, short, values_text

VALUES = {"data.calendar.0": None, "window.lookback": 168, "model.layers.0.units#2": 96, "model.cell": "gru"}


def plan(most: int | None = 12, **more: Any) -> SearchPlan:
    return SearchPlan("val_mae", True, most, more.get("time_budget_s"), more.get("workers", 1))


def completed(number: int, score: float) -> Record:
    details = {"epochs": 9, "seconds": 12.0}
    return Record(Proposal(f"{number - 1:04d}", VALUES), "completed", score, details=details)


def failed(number: int) -> Record:
    proposal = Proposal(f"{number - 1:04d}", VALUES)
    return Record(proposal, "failed", reason="memory ran out\nand more", details={"seconds": 3.0})


def drawn(live: LiveSearch, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(live.table())
    return [text.rstrip() for text in out.getvalue().splitlines()]


def watched(monkeypatch: pytest.MonkeyPatch, n: int) -> LiveSearch:
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    live = LiveSearch(Reporter(), plan())
    for number in range(1, n + 1):
        live.began(Proposal(f"{number - 1:04d}", VALUES))
        record = failed(number) if number == 3 else completed(number, 0.5 + number / 100)
        live.ended(record, work=1.0, left=12.0 - number)
    live.began(Proposal(f"{n:04d}", VALUES))
    live.reported(Proposal(f"{n:04d}", VALUES), {"epoch": 2, "epochs": 9})
    return live


def test_on_a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(watched(monkeypatch, 3), 80) == [
        "0 s gone, about 1:21 min left",
        "trial     budget      val_mae  time  values",
        " 1/12   9 epochs  0.5100 best  12 s  calendar.0=null, lookback=168, 0.units#2=9…",
        " 2/12   9 epochs       0.5200  12 s  calendar.0=null, lookback=168, 0.units#2=9…",
        " 3/12                  failed   3 s  memory ran out",
        " 4/12  epoch 2/9                0 s  calendar.0=null, lookback=168, 0.units#2=9…",
    ]


def test_a_narrow_terminal_cuts_the_values_alone_and_the_best_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(watched(monkeypatch, 10), 48)
    assert lines[2] == " 1/12   9 epochs  0.5100 best  12 s  calendar.0…"
    assert [text.split()[0] for text in lines[2:]] == [
        "1/12", *(f"{n}/12" for n in range(4, 11)), "11/12"
    ]  # fmt: skip
    assert max(map(len, lines)) <= 48


def test_the_end_of_it_is_shown_too(monkeypatch: pytest.MonkeyPatch) -> None:
    live = watched(monkeypatch, 2)
    live.running.clear()
    live.finishing = {"epoch": 3, "epochs": 9}
    lines = drawn(live, 80)
    assert lines[0] == "0 s gone, the best config"
    assert lines[-1] == " best  epoch 3/9                     training to the end, scoring and saving"


def test_a_line_for_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    lines = LineSearch(Reporter(), plan())
    lines.ended(completed(2, 0.52), work=1.0, left=10.0)
    lines.ended(failed(3), work=1.0, left=9.0)
    assert capsys.readouterr().err.splitlines() == [
        "trial 2/12  val_mae 0.5200  best  9 epochs  12 s  2:00 min left  "
        "calendar.0=null, lookback=168, 0.units#2=96, cell=gru",
        "trial 3/12  failed after 3 s: memory ran out",
    ]


def test_time_left_is_by_work_done_and_shared_by_the_workers() -> None:
    """Of 75 epochs, trials of 1 and of 8 epochs took 12 s each: 66 epochs are left, at 24 / 9 s, on two workers."""
    lines = LineSearch(Reporter(verbosity=-1), plan(None, workers=2))
    assert lines.eta() is None
    lines.ended(completed(1, 0.5), work=1.0, left=74.0)
    lines.ended(completed(2, 0.5), work=8.0, left=66.0)
    assert lines.eta() == "1:28 min"


def test_ctrl_c_says_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    lines = LineSearch(Reporter(), plan())
    lines.ended(completed(2, 0.52), work=1.0, left=10.0)
    lines.__exit__(KeyboardInterrupt)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "trials completed: 1; the best is trial 2 with val_mae 0.5200; "
        "tune/best.yaml and tune/trials.csv hold the results"
    )


def test_names_are_as_short_as_they_can_be_told_apart() -> None:
    names = ("window.lookback", "data.calendar.1", "model.layers.0.units#2", "model.layers.0.repeat", "seed")
    assert [short(n) for n in names] == ["lookback", "calendar.1", "0.units#2", "0.repeat", "seed"]
    assert values_text(Proposal("0000", {"a": True, "b": None, "c": "mae", "d": 0.1})) == (
        "a=true, b=null, c=mae, d=0.1"
    )


def dimension(name: str, kind: str, **values: Any) -> Dimension:
    return Dimension(name, tuple(name.split(".")), KINDS[kind].model_validate(values))


@pytest.mark.parametrize(
    ("most", "time_budget_s", "members", "last"),
    [
        (None, 900.0, (1, 3), "ends after 15 minutes; a trial trains 1 of 3 networks"),
        (None, 7200.0, (1, 1), "ends after 2:00 h"),
        (2, 90.0, (1, 1), "ends after 2 trials or 1:30 min"),
        (9, None, (2, 2), "ends after 9 trials"),
        (None, None, (1, 1), "ends when nothing is left to try"),
    ],
)
def test_a_built_in_space_is_listed(
    most: int | None, time_budget_s: float | None, members: tuple[int, int], last: str
) -> None:
    space = [
        dimension("window.lookback", "choice", values=[24, 48], default=24),
        dimension("model.layers.0.units", "int", min=32, max=128, step=32, default=64),
        dimension("model.layers.0.dropout", "float", min=0.0, max=0.4, default=0.1),
        dimension("model.layers.0.bidirectional", "boolean", default=False),
    ]
    assert beginning(SearchPlan("val_mae", True, most, time_budget_s, 1, space, members)) == [
        "the config leaves nothing open; searching around its values:",
        "  window.lookback: 24 or 48",
        "  model.layers.0.units: 32 to 128 in steps of 32",
        "  model.layers.0.dropout: 0 to 0.4",
        "  model.layers.0.bidirectional: false or true",
        last,
    ]


def test_nodes_of_the_file_are_not_listed() -> None:
    assert beginning(plan()) == []
