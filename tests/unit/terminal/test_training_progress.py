import pytest

from forecaster.terminal.console import Reporter, number, table
from forecaster.terminal.training_progress import LineProgress, LiveProgress, clock, epoch_text, progress_for
from forecaster.training.progress import EpochRow


def row(**values: object) -> EpochRow:
    whole = {"member": 0, "epoch": 2, "loss": 0.5, "learning_rate": 1e-3, "seconds": 2.5, "best": True}
    return EpochRow(**whole | {"val": {"val_loss": 0.25}} | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1:00 min"), (185, "3:05 min"), (3600, "1:00 h"), (7800, "2:10 h")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_epoch_says_how_long_the_rest_may_take() -> None:
    assert epoch_text(row(), 10) == "epoch 2/10  loss 0.5000  val_loss 0.2500  2.5 s  at most 20 s left  best"
    assert epoch_text(row(epoch=10, best=False, val={}), 10) == "epoch 10/10  loss 0.5000  2.5 s"
    assert epoch_text(row(members=3), 10).startswith("member 1/3, epoch 2/10")
    assert epoch_text(row(member=1, members=3), 10).startswith("member 2/3, epoch 2/10")
    # The training on all rows counts its members on from those before.
    assert epoch_text(row(member=1, members=2, refit=True, members_before=1), 10).startswith(
        "all rows, epoch 2/10"
    )
    assert epoch_text(row(member=4, members=6, refit=True, members_before=3), 10).startswith(
        "all rows, member 2/3, epoch 2/10"
    )


def test_lines_go_to_stderr_unless_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    for verbosity, said in ((0, epoch_text(row(), 3) + "\n"), (-1, "")):
        with progress_for(Reporter(verbosity=verbosity)) as listener:
            assert isinstance(listener, LineProgress)
            listener.batch_done(0, 1, 1, 10, 0.5)
            listener.epoch_done(row(), 3)
        captured = capsys.readouterr()
        assert captured.err == said
        assert captured.out == ""


def test_bar_leaves_a_line_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    with LiveProgress(Reporter(color=False)) as listener:
        for step in range(1, 11):
            listener.batch_done(0, 1, step, 10, 0.5)
        listener.epoch_done(row(), 3)
    captured = capsys.readouterr()
    assert captured.err.split("\n")[0] == epoch_text(row(), 3)
    assert captured.out == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.0000"),
        (0.21277, "0.2128"),
        (1.2895, "1.29"),
        (12.345, "12.3"),
        (123.45, "123"),
        (-1.2895, "-1.29"),
        (98765.4, "98765"),
        (1e6, "1.000e+06"),
        (0.00012345, "1.234e-04"),
    ],
)
def test_numbers_of_the_score_table(value: float | None, text: str) -> None:
    assert number(value) == text


def test_columns_are_aligned_and_nothing_is_cut() -> None:
    assert table(["", "MAE"], [["model", "1.2"], ["a long name", "10.25"]]) == (
        "               MAE\n-----------  -----\nmodel          1.2\na long name  10.25"
    )
