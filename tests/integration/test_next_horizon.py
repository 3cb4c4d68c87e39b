"""Pictures of the forecast of the next horizon, from `train`, `predict --plot` and `plot --future`."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

import forecaster as fc
from forecaster.stages import next_horizon
from tests.integration.test_report import payload, text_of
from tests.integration.tiny_runs import call, csv_rows, done, hours, line, refused, write_config, write_table

pytestmark = pytest.mark.slow

N = 60
NAMES = ("a", "b", "c", "d", "e")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five series; e ends three hours before the others."""
    folder = tmp_path_factory.mktemp("five")
    rows = [[t, k, i % 24] for k in NAMES for i, t in enumerate(hours(N - 3 * (k == "e")))]
    config = write_config(folder, {"id": "id", "targets": ["y"]}, evaluation={"levels": [80]})
    write_table(folder / "t.csv", "t,id,y", rows)
    done("train", config, "--run-dir", folder / "r", "-q")
    return folder / "r"


def words_of(picture: Path) -> list[str]:
    """The comments of an SVG are the texts that it draws."""
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    root = ElementTree.parse(picture, parser).getroot()
    return [str(e.text).strip() for e in root.iter() if e.tag is ElementTree.Comment]


def test_train_keeps_the_forecast_that_predict_makes(run: Path) -> None:
    kept, made = csv_rows((run / "next.csv").read_text()), csv_rows(done("predict", run))
    assert kept[0] == made[0] == ["id", "t", "forecast", "forecast-lo-80", "forecast-hi-80"]
    assert [row[:2] for row in kept] == [row[:2] for row in made]
    for one, other in zip(kept[1:], made[1:], strict=True):
        assert [float(x) for x in one[2:]] == pytest.approx([float(x) for x in other[2:]], rel=1e-5)


def test_the_report_begins_with_it(run: Path) -> None:
    found = payload(run / "report.html")["ahead"]
    assert [line["name"] for line in found["lines"]] == list(NAMES)  # type: ignore[index]
    first = [line["f"]["from"] - line["f"]["past"] for line in found["lines"]]  # type: ignore[index]
    # 48 steps are shown before the forecast, and e ends three hours earlier.
    assert first[4] == first[0] - 3
    before = (run / "report.html").read_bytes()
    done("report", run)
    assert (run / "report.html").read_bytes() == before


EARLY = (
    "1 of 5 series end a whole horizon or more before the last time of the table, 2024-01-03 11:00:00, and so do their "
    "forecasts: 'e' at 2024-01-03 08:00:00; use --from '2024-01-03 11:00:00' for forecasts that all lie after it"
)


def test_predict_draws_the_first_few_series_and_says_so(run: Path, tmp_path: Path) -> None:
    picture = tmp_path / "p.svg"
    result = call("predict", run, "--plot", picture, "--output", tmp_path / "f.csv")
    assert result.stdout == f"{tmp_path / 'f.csv'}: 15 rows\n"
    assert result.stderr == (
        f"note: {EARLY}\nnote: {picture} shows 3 of 5 series; choose with --series\nplot: {picture}\n"
    )
    words = words_of(picture)
    assert [word for word in words if word in NAMES] == ["a", "b", "c"]
    assert {"forecast", "actual", "80 % interval", "cutoff", "y", "t"} <= set(words)


def test_predict_draws_the_series_that_are_named(run: Path, tmp_path: Path) -> None:
    picture = tmp_path / "p.svg"
    said = json.loads(done("predict", run, "--plot", picture, "--series", "e", "--series", "b", "--json"))
    assert (said["plot"], said["plotted"], said["notes"]) == (str(picture), ["e", "b"], [EARLY])
    assert [word for word in words_of(picture) if word in NAMES] == ["e", "b"]
    assert done("predict", run, "--plot", tmp_path / "p.png") == done("predict", run)
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_refused_before_the_forecast(run: Path, tmp_path: Path) -> None:
    assert refused(2, "predict", run, "--plot", tmp_path / "p.gif") == (
        f"{tmp_path / 'p.gif'}: the ending names no known format; use one of .png, .svg"
    )
    assert refused(2, "predict", run, "--series", "a") == (
        "--series a: chooses what is drawn, and nothing is; name a file with --plot"
    )
    assert refused(2, "predict", run, "--plot", tmp_path / "p.png", "--series", "x") == (
        "--series x: the forecasts of this run have no such series; it has a, b, c, d, e"
    )
    many = [word for _ in range(25) for word in ("--series", "a")]
    assert call("predict", run, "--plot", tmp_path / "p.svg", *many).exit_code == 0
    assert [word for word in words_of(tmp_path / "p.svg") if word in NAMES] == ["a"]


def test_a_series_that_the_run_does_not_keep_is_forecast_again(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_horizon, "MAX_SERIES", 2)
    config = run.parent / "c.yaml"
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    assert {row[0] for row in csv_rows((tmp_path / "r" / "next.csv").read_text())[1:]} == {"a", "e"}
    assert "2 of 5 series can be chosen here" in text_of(tmp_path / "r" / "report.html")
    said = json.loads(done("plot", tmp_path / "r", "--future", "--json"))
    assert said["all_series"] == ["a", "e"]
    done("plot", tmp_path / "r", "--future", "--series", "c", "-o", tmp_path / "c.svg")
    assert "c" in words_of(tmp_path / "c.svg")
    assert "no such series" in refused(2, "plot", tmp_path / "r", "--future", "--series", "x")


def test_python_draws_it_too(run: Path, tmp_path: Path) -> None:
    loaded = fc.load(run)
    plotted = loaded.plot(future=True, series=["d", "a"], output=tmp_path / "two.png")
    assert (plotted.path, plotted.all_series) == (tmp_path / "two.png", ("d", "a"))
    assert loaded.plot(future=True, series="d").all_series == ("d",)
    frame = loaded.predict(plot=tmp_path / "p.svg", series="b")
    assert len(frame) == 15
    assert "b" in words_of(tmp_path / "p.svg")
    with pytest.raises(
        fc.UsageError, match=r"^series a: chooses what is drawn, and nothing is; name a file with plot$"
    ):
        loaded.predict(series="a")
    with pytest.warns(fc.ForecasterWarning, match="shows 3 of 5 series; choose with series$"):
        loaded.predict(plot=tmp_path / "p.svg")
    newest = loaded.next_horizon()
    assert newest is not None
    assert newest.ids == NAMES


def test_new_rows_and_an_earlier_cutoff_are_drawn_from(run: Path, tmp_path: Path) -> None:
    few = write_table(tmp_path / "few.csv", "t,id,y", [[t, "z", 5] for t in hours(9, first=100)])
    done("predict", run, "--data", few, "--plot", tmp_path / "z.svg")
    assert "z" in words_of(tmp_path / "z.svg")
    predicted = fc.load(run).prediction(cutoff=hours(N)[47], plot=tmp_path / "p.png")
    assert predicted.newest is not None
    # What is known after the cutoff is drawn as actual values: hours 48 to 50.
    assert predicted.newest.forecasts.actual[0, 0].tolist() == [0, 1, 2]


def test_a_run_that_scores_nothing_has_the_picture(tmp_path: Path) -> None:
    plain = {"val": 0, "test": 0}
    config = line(tmp_path, split=plain, training={"epochs": 1, "early_stopping": None})
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    found = payload(tmp_path / "r" / "report.html")
    assert found["lines"] == []
    (one,) = found["ahead"]["lines"]  # type: ignore[index]
    assert (one["f"]["past"], len(one["f"]["m"]), one["f"]["b"]) == (48, 3, [])
    done("plot", tmp_path / "r", "--future")
    assert "plot the next horizon with --future" in refused(2, "plot", tmp_path / "r")


def test_without_future_covariates_the_page_says_what_is_missing(tmp_path: Path) -> None:
    rows = [[t, i, i % 2] for i, t in enumerate(hours(N))]
    write_table(tmp_path / "t.csv", "t,y,open", rows)
    config = write_config(tmp_path, {"targets": ["y"], "future_covariates": ["open"]})
    run = tmp_path / "r"
    done("train", config, "--run-dir", run, "-q")
    assert not (run / "next.csv").exists()
    said = text_of(run / "report.html")
    assert "holds no forecast after its last row, because that needs values of open over the horizon." in said
    assert fc.load(run).next_horizon() is None
    text = refused(2, "plot", run, "--future")
    assert text.endswith(
        f"fill in the table of forecaster future {run}, and draw with forecaster predict --plot"
    )
    ahead = [[t, "", 1] for t in hours(3, first=N)]
    write_table(tmp_path / "t.csv", "t,y,open", [*rows, *ahead])
    done("train", config, "--run-dir", run, "--overwrite", "-q")
    assert [row[0] for row in csv_rows((run / "next.csv").read_text())[1:]] == hours(3, first=N)
    # One unknown cell of the horizon is enough to leave it out.
    write_table(tmp_path / "t.csv", "t,y,open", [*rows, *ahead[:2], [ahead[2][0], "", ""]])
    done("train", config, "--run-dir", run, "--overwrite", "-q")
    assert not (run / "next.csv").exists()


def test_several_targets_are_drawn_below_each_other(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", "t,y,z", [[t, i, -i] for i, t in enumerate(hours(N))])
    run = tmp_path / "r"
    done("train", write_config(tmp_path, {"targets": ["y", "z"]}), "--run-dir", run, "-q")
    assert json.loads(done("plot", run, "--future", "--json"))["all_targets"] == ["y", "z"]
    done("plot", run, "--future", "--target", "z", "-o", tmp_path / "z.svg")
    words = words_of(tmp_path / "z.svg")
    assert "z" in words
    assert "y" not in words
    assert [x["target"] for x in payload(run / "report.html")["ahead"]["lines"]] == [0, 1]  # type: ignore[index]
