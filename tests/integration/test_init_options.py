"""What people say to `forecaster init`, what it answers, and that a run reads the times that it found."""

import json
from pathlib import Path

import pytest

import forecaster as fc
from tests.integration.tiny_runs import call, csv_rows, done, hours, refused, write_table

SALES = [(t, shop, i % 7, i % 5 + 0.5) for shop in ("a", "b") for i, t in enumerate(hours(100))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t.csv", "t,shop,sold,price", SALES)
    return tmp_path


def test_it_names_the_other_columns_to_forecast(folder: Path) -> None:
    assert done("init", "t.csv") == (
        "config.yaml: forecasts sold of 2 series by shop, 200 rows, every h, time in t\n"
        "other columns to forecast: price (--target NAME)\n"
        "next: forecaster validate config.yaml\n"
    )


def test_line_ends_in_names_are_shown_as_escapes(folder: Path) -> None:
    write_table(
        folder / "t.csv",
        't,"sold\n(units)","price\n(EUR)"',
        [(t, i % 7, 0.5 + i % 5) for t, _, i, _ in SALES[:100]],
    )
    assert done("init", "t.csv", "--target", "sold\n(units)").startswith(
        "config.yaml: forecasts sold\\n(units) of one series, 100 rows, every h, time in t\n"
    )


def test_what_is_said_is_written(folder: Path) -> None:
    said = done(
        "init", "t.csv", "--target", "price", "--target", "sold", "--time", "t", "--id", "shop", "--freq", "h",
        "--horizon", "3", "--season", "24", "--preset", "fast",
    )  # fmt: skip
    assert said == (
        "config.yaml: forecasts price and sold of 2 series by shop, 200 rows, every h, time in t\n"
        "next: forecaster validate config.yaml\n"
    )
    spec = fc.Experiment.from_yaml("config.yaml").spec
    assert (spec.data.targets, spec.data.id, spec.window.horizon) == (["price", "sold"], "shop", 3)
    assert done("validate", "config.yaml").endswith("config.yaml is valid\n")


def test_python_says_the_same(folder: Path) -> None:
    done("init", "t.csv", "--target", "price", "--no-id", "--horizon", "3")
    drafted = fc.inspect("t.csv", target="price", no_id=True, horizon=3)
    assert drafted.to_yaml() == (folder / "config.yaml").read_text()
    assert drafted.spec.data.duplicates == "last"


def test_json_has_the_guesses(folder: Path) -> None:
    found = json.loads(done("init", "t.csv", "--json", "--horizon", "4"))
    assert {key: found[key] for key in ("target", "targets", "candidates", "id", "freq", "horizon")} == {
        "target": "sold",
        "targets": ["sold"],
        "candidates": ["price"],
        "id": "shop",
        "freq": "h",
        "horizon": 4,
    }


def test_stdout_holds_the_config_and_nothing_else(folder: Path) -> None:
    result = call("init", "t.csv", "--output", "-")
    assert result.stderr == "other columns to forecast: price (--target NAME)\n"
    assert [path.name for path in folder.iterdir()] == ["t.csv"]
    done("init", "t.csv")
    assert result.stdout == (folder / "config.yaml").read_text()
    assert call("init", "t.csv", "-o", "-", "-q").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["t.csv", "--target", "solt"],
            "t.csv: --target: no column is called 'solt'; did you mean 'sold'? the columns are 't', 'shop', 'sold', "
            "'price'",
        ),
        (
            ["t.csv", "--freq", "D"],
            "t.csv: --freq: D does not fit the times of column 't': 190 of 200 times lie between its steps (the "
            "first: 2024-01-01 01:00:00); the times look like --freq h",
        ),
        (["t.csv", "--id", "shop", "--no-id"], "--id and --no-id exclude each other; use one of them"),
        (
            ["t.csv", "--output", "-", "--json"],
            "--output - and --json would both write to stdout; leave one of them out",
        ),
        (
            ["--example", "sunspots", "--target", "y"],
            "the config of an example is written as it is; leave the other options out",
        ),
        (
            ["--example", "sunspots", "--output", "-"],
            "an example is two files, and stdout is one; name a file with --output",
        ),
    ],
)
def test_what_cannot_be_done(folder: Path, arguments: list[str], message: str) -> None:
    assert refused(2, "init", *arguments) == message
    assert [path.name for path in folder.iterdir()] == ["t.csv"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("header", "row", "following"),
    [
        ("when,y", lambda i: f"{1990 + i // 4}Q{1 + i % 4},{i}", "2005-01-01"),
        ("Year,Month,y", lambda i: f"{2015 + i // 12},{1 + i % 12},{i}", "2020-01-01"),
        ("date,hr,y", lambda i: f"2024-01-{1 + i // 24:02d},{i % 24},{i}", "2024-01-03 12:00:00"),
        (",y", lambda i: f"2024-{1 + i // 28:02d}-{1 + i % 28:02d},{i}", None),
    ],
)
def test_a_run_reads_the_times_that_init_found(
    folder: Path, header: str, row: object, following: str | None
) -> None:
    """Trained, forecast from the run, forecast from the table again, and scored again on the table."""
    n = 56 if header == ",y" else 60
    assert callable(row)
    (folder / "u.csv").write_text(header + "\n" + "".join(f"{row(i)}\n" for i in range(n)))
    done("init", "u.csv", "--horizon", "2")
    # Networks that have learned every row leave none to score again.
    done("train", "config.yaml", "--run-dir", "r", "--smoke", "-q", "--set", "training.refit=none")
    ahead = done("predict", "r")
    assert done("predict", "r", "--data", "u.csv") == ahead
    if following is not None:
        assert csv_rows(ahead)[1][0] == following
    done("evaluate", "r", "--data", "u.csv")
