"""Score tables fit the line: columns go on below, and no number is cut."""

import io
import sys

import pytest

from forecaster.terminal.console import fitted_table, line_width, wrapped
from forecaster.terminal.score_text import folds_text, legend_of, score_text, scores_text

LEVELS = ("coverage_80", "width_80", "winkler_80", "coverage_95", "width_95", "winkler_95", "wql", "crps")
METRICS = ("mae", "rmse", "mse", "smape", "mase", "scaled_mae", "scaled_mse")


def loss(said, p=0.01):
    return {
        "verdict": said,
        "difference": -1.0,
        "statistic": -3.0,
        "p": p,
        "cutoffs": 60,
        "series": None,
    }


def verdict(absolute, squared):
    said = absolute if absolute == squared else "mixed"
    return {
        "verdict": said,
        "absolute": loss(absolute),
        "squared": loss(squared),
        "cutoffs_needed": 4,
        "series_needed": 10,
    }


def split(*, intervals=True):
    row = {name: 1234.5 + i for i, name in enumerate(METRICS)}
    names = ("model", "seasonal_naive_168", "naive")
    return {
        "windows": 60,
        "scores": dict.fromkeys(names, row),
        "intervals": dict.fromkeys(names, dict.fromkeys(LEVELS, 12.3)) if intervals else {},
        "left_out": {},
        "verdicts": {
            "seasonal_naive_168": verdict("better", "undecided"),
            "naive": verdict("worse", "worse"),
        },
    }


def test_columns_that_do_not_fit_go_on_below_with_the_names():
    assert fitted_table(["", "aa", "bb", "cc"], [["x", "1", "2", "3"]], width=9) == (
        "   aa  bb\n-  --  --\nx   1   2\n\n   cc\n-  --\nx   3"
    )


def test_blocks_are_of_about_the_same_width():
    """Four columns of which three would fit are shown two by two."""
    lines = fitted_table(["", "aa", "bb", "cc", "dd"], [["x", "1", "2", "3", "4"]], width=14).splitlines()
    assert [lines[0].split(), lines[4].split()] == [["aa", "bb"], ["cc", "dd"]]


def test_a_column_that_is_wider_than_the_line_is_whole():
    assert "1234567890" in fitted_table(["", "a"], [["name", "1234567890"]], width=5)


@pytest.mark.parametrize("width", [50, 80])
def test_every_line_fits(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = "\n".join(scores_text({"val": split(), "test": split()}, judged="test")).splitlines()
    assert max(map(len, lines)) <= width
    # Seven metrics of three forecasters in two splits.
    assert sum(line.split().count(str(n)) for line in lines for n in range(1234, 1242)) == 7 * 3 * 2


def test_the_verdict_is_the_first_column_of_the_split_that_is_judged():
    found = split(intervals=False)
    lines = score_text("test", found, judged=True, width=200).splitlines()
    assert lines[0] == "test: 60 windows"
    assert lines[1].split()[:2] == ["verdict", "MAE"]
    assert [line.split()[:2] for line in lines[3:]] == [
        ["model", "1234"],
        ["seasonal_naive_168", "better/unclear"],
        ["naive", "worse"],
    ]
    assert "verdict" not in score_text("val", found, judged=False, width=200)
    # A run of an older version has no verdicts.
    del found["verdicts"]
    assert "verdict" not in score_text("test", found, judged=True, width=200)


def test_the_legend_explains_what_is_shown_and_nothing_else():
    legend = scores_text({"val": split()}, judged="val")[-1].splitlines()
    assert legend[:4] == [
        "verdict     the model against it, tested at 5 %",
        "unclear     cannot be told apart",
        "a/b         a on absolute, b on squared errors",
        "MAE         mean absolute error, target's unit",
    ]
    assert legend[-2:] == [
        "WQL         quantile losses / all values",
        "Lower is better, except for coverage, width.",
    ]
    assert legend_of(["mae"]) == "MAE  mean absolute error, target's unit\nLower is better."
    assert scores_text({}, judged=None) == []


@pytest.mark.parametrize("width", [50, 80])
def test_a_backtest_begins_with_its_tests_and_fits(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    spread = {"mean": 1.25, "std": 0.5, "min": 1.0, "max": 2.0}
    metrics = {
        "folds": [
            {"fold": i, "first_cutoff": "2024-01-01 00:00:00", "windows": 9, "scores": split()["scores"]}
            for i in range(3)
        ],
        "summary": {
            "scores": dict.fromkeys(("model", "seasonal_naive_168"), dict.fromkeys(METRICS, spread)),
            "intervals": {"model": dict.fromkeys(LEVELS, spread)},
        },
        "comparisons": {"naive": {"difference": -0.5, "statistic": -3.0, "p": 0.004, "origins": 60}},
    }
    lines = folds_text(metrics)
    assert lines[0] == "model is better than naive by 0.500 of MASE (p 0.004, 60 cutoffs)."
    assert max(len(line) for text in lines[1:] for line in text.splitlines()) <= width


def test_into_a_pipe_lines_have_80_columns_and_sentences_stay_whole_unless_columns_says_how_many(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert line_width() == 80
    assert wrapped(["word " * 40]) == ["word " * 40]
    monkeypatch.setenv("COLUMNS", "50")
    assert line_width() == 50
    assert wrapped(["word " * 12]) == ["word word word word word word word word word word", "word word"]
    monkeypatch.setenv("COLUMNS", "wide")
    assert line_width() == 80


def test_on_a_terminal_sentences_are_broken_between_words(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert wrapped(["The model is better than naive.", "So."]) == [
        "The model is better",
        "than naive.",
        "So.",
    ]
