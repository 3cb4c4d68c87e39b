"""`forecaster report` and `forecaster plot` on the command line."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.integration.made_runs import make_run
from tests.integration.tiny_runs import done, line, refused

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("made"))


def text_of(page: Path) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", page.read_text(), flags=re.DOTALL)
    )


def payload(page: Path) -> dict[str, object]:
    found = re.search(
        r'<script type="application/json" id="payload">(.*?)</script>', page.read_text(), re.DOTALL
    )
    assert found is not None
    read: dict[str, object] = json.loads(found[1])
    return read


def test_report_says_where_it_is_and_how_large(run: Path, tmp_path: Path) -> None:
    said = json.loads(done("report", run, "--output", tmp_path / "page.html", "--json"))
    assert said == {
        "format_version": 1,
        "report": str(tmp_path / "page.html"),
        "bytes": (tmp_path / "page.html").stat().st_size,
        "notes": [],
        "diagnostics": [],
    }
    assert done("report", run).startswith(f"{run / 'report.html'}: ")


def test_the_same_run_gives_the_same_page(run: Path, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        done("report", run, "--output", tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_the_page_asks_no_server_and_runs_only_its_own_script(run: Path) -> None:
    done("report", run)
    page = (run / "report.html").read_text()
    assert not re.search(r'(src|href)="(?!#)', page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#39;", "'").split(";"))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", rules["script-src"])


def test_the_verdict_is_in_plain_words(run: Path, tmp_path: Path) -> None:
    done("report", run)
    said = text_of(run / "report.html")
    assert (
        "The model is better than seasonal_naive The model is better than seasonal_naive: test MASE 0.700 against 1.00 "
        "(p 0.001 on absolute and squared errors; 30 cutoffs)." in said
    )
    assert "Model is MAE RMSE MASE model 0.800 best 1.00 best 0.700 best seasonal_naive better 1.20" in said
    assert "Over-fitting: the training loss keeps falling while the validation loss rises" in said
    lost = make_run(tmp_path, lost=True)
    done("report", lost)
    said = text_of(lost / "report.html")
    assert "The model is worse than seasonal_naive: test MASE 0.700 against 0.500 (p 0.001 " in said
    assert "Until that changes, use seasonal_naive." in said


def test_the_numbers_are_those_of_the_noise(run: Path) -> None:
    """Noise of standard deviation 1: a mean absolute error of 0.798, and intervals that hold what they say."""
    done("report", run)
    (errors,) = payload(run / "report.html")["errors"]  # type: ignore[misc]
    assert errors["histogram"]["std"] == pytest.approx(1, abs=0.1)
    coverage = {one["level"]: one["observed"] for one in errors["coverage"]}
    assert coverage == {80: pytest.approx(80, abs=5), 95: pytest.approx(95, abs=3)}


def test_baselines_stand_beside_the_model_by_step(run: Path, tmp_path: Path) -> None:
    done("report", run)
    assert payload(run / "report.html")["baselines"] == {"seasonal_naive": [1.2] * 24}
    # Of two targets in two units a mean over both says nothing.
    two = make_run(tmp_path, targets=("y", "z"))
    done("report", two)
    assert payload(two / "report.html")["baselines"] == {}


def test_without_its_table_the_page_says_so_and_shows_the_rest(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    (tmp_path / "t.csv").rename(tmp_path / "elsewhere.csv")
    done("report", run)
    assert "The table is no longer at" in text_of(run / "report.html")
    assert "d" not in payload(run / "report.html")["lines"][0]  # type: ignore[index]
    (tmp_path / "t.csv").write_text("id,t,y\na,2024-01-01,1\n")
    done("report", run)
    assert "has changed since the run was trained on it" in text_of(run / "report.html")


@pytest.mark.slow
def test_a_run_without_test_windows_has_a_page(tmp_path: Path) -> None:
    done("train", line(tmp_path, split={"val": 0, "test": 0}, training={"epochs": 1, "early_stopping": None}), "--run-dir", tmp_path / "r")  # fmt: skip
    said = text_of(tmp_path / "r" / "report.html")
    assert "No verdict: the run has no validation or test windows." in said
    assert payload(tmp_path / "r" / "report.html")["lines"] == []


def test_what_cannot_be_reported_is_refused(run: Path, tmp_path: Path) -> None:
    assert refused(2, "report", tmp_path / "none").startswith(
        f"{tmp_path / 'none'}: there is no such run directory"
    )
    assert (
        refused(2, "report", run, "--output", tmp_path / "r.pdf")
        == f"{tmp_path / 'r.pdf'}: the report is HTML; use a name that ends in .html"
    )
    other = make_run(tmp_path)
    (other / "forecasts.csv").write_text("changed")
    assert "was changed or cut short since the run was complete" in refused(2, "report", other)
    assert not (other / "report.html").exists()


def test_plot_draws_the_series_that_is_named(run: Path, tmp_path: Path) -> None:
    assert done("plot", run, "--series", "b", "--output", tmp_path / "b.svg") == f"{tmp_path / 'b.svg'}\n"
    ElementTree.parse(tmp_path / "b.svg")
    said = json.loads(done("plot", run, "--json"))
    assert (said["plot"], said["series"], said["target"]) == (str(run / "plots" / "a-y.png"), "a", "y")
    assert (run / "plots" / "a-y.png").read_bytes().startswith(b"\x89PNG")


def test_plot_refuses_names_and_endings_that_it_does_not_know(run: Path, tmp_path: Path) -> None:
    assert (
        refused(2, "plot", run, "--series", "d")
        == "--series d: the forecasts of this run have no such series; it has a, b, c"
    )
    assert (
        refused(2, "plot", run, "--target", "yy")
        == "--target yy: the forecasts of this run have no such target; did you mean y?"
    )
    assert refused(2, "plot", run, "--output", tmp_path / "b.gif").endswith("use one of .png, .svg")


def test_plots_of_odd_names_stay_apart_and_in_their_folder(tmp_path: Path) -> None:
    run = make_run(tmp_path, ids=("../up", "..%up"))
    for name in ("../up", "..%up"):
        done("plot", run, "--series", name)
    drawn = sorted(p.name for p in (run / "plots").iterdir())
    assert len(drawn) == 2
    assert all(re.fullmatch(r"up-y-[0-9a-f]{8}\.png", name) for name in drawn)


def test_plot_does_without_the_table(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    (tmp_path / "t.csv").unlink()
    done("plot", run)
    assert (run / "plots" / "a-y.png").is_file()


def test_the_page_says_what_its_columns_mean_and_how_the_verdict_is_made(run: Path) -> None:
    done("report", run)
    said = text_of(run / "report.html")
    assert "What the columns mean MAE mean absolute error, in the unit of the target RMSE" in said
    assert "Each difference is tested at the 5 % level, on the windows of one test range." in said
    assert "unclear: they cannot be told apart." in said


def test_the_next_horizon_is_the_first_picture_of_the_page(run: Path, tmp_path: Path) -> None:
    done("report", run)
    ahead = payload(run / "report.html")["ahead"]
    assert [line["name"] for line in ahead["lines"]] == ["a", "b", "c"]  # type: ignore[index]
    assert ahead["levels"] == [80, 95]  # type: ignore[index]
    # The past is that of the table: four horizons, with the noise that the context does not have.
    assert ahead["lines"][0]["f"]["past"] == 96  # type: ignore[index]
    page = (run / "report.html").read_text()
    assert re.findall(r'data-chart="([^"]+)"', page)[0] == "ahead"
    assert "The next 24 steps The forecast after the last row of the data (dotted line). Series" in text_of(
        run / "report.html"
    )
    gone = make_run(tmp_path)
    (tmp_path / "t.csv").unlink()
    done("report", gone)
    assert payload(gone / "report.html")["ahead"]["lines"][0]["f"]["past"] == 24  # type: ignore[index]


def test_of_many_series_the_page_says_how_many_it_shows(tmp_path: Path) -> None:
    run = make_run(tmp_path, ids=[f"s{i}" for i in range(300)], origins=1, past=48, levels=())
    done("report", run)
    # 40,000 numbers hold 277 lines of 96 past steps and 24 steps of two numbers.
    assert (
        "277 of 300 series can be chosen here; forecaster plot r --future --series NAME draws any."
        in text_of(run / "report.html")
    )


def test_a_run_without_a_stored_next_horizon_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path, ahead=False)
    done("report", run)
    said = text_of(run / "report.html")
    assert "This run holds no forecast after its last row. forecaster plot r --future draws it." in said
    assert 'data-chart="ahead"' not in (run / "report.html").read_text()


def test_plot_future_draws_what_the_run_holds(run: Path, tmp_path: Path) -> None:
    """A made run has no network: the picture is that of next.csv."""
    said = json.loads(done("plot", run, "--future", "--json"))
    assert said["plot"] == str(run / "plots" / "next.png")
    assert (said["series"], said["all_series"], said["all_targets"]) == ("a", ["a", "b", "c"], ["y"])
    assert said["notes"] == []
    assert (run / "plots" / "next.png").read_bytes().startswith(b"\x89PNG")
    done("plot", run, "--future", "--series", "c", "-o", tmp_path / "c.svg")
    words = "".join(ElementTree.parse(tmp_path / "c.svg").getroot().itertext())
    assert "forecaster" not in words
    assert refused(2, "plot", run, "--future", "--target", "z") == (
        "--target z: the forecasts of this run have no such target; it has y"
    )


def test_plot_draws_several_series_below_each_other(run: Path) -> None:
    said = json.loads(done("plot", run, "--series", "c", "--series", "a", "--series", "c", "--json"))
    assert said["plot"] == str(run / "plots" / "windows.png")
    assert said["all_series"] == ["c", "a"]


def test_plot_future_of_many_says_how_many_it_draws(tmp_path: Path) -> None:
    run = make_run(tmp_path, ids=[f"s{i}" for i in range(5)], origins=1, past=48)
    said = json.loads(done("plot", run, "--future", "--json"))
    path = run / "plots" / "next.png"
    assert said["notes"] == [f"{path} shows 3 of 5 series; choose with --series"]
