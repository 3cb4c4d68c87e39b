"""list, diff, clean and latest: what they say of a folder of runs, and what they leave alone."""

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import forecaster as fc
from forecaster.runs.claim import claim
from tests.integration.tiny_runs import COMMAND, call, done, refused
from tests.unit.runs.small_runs import small_run, unfinished


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six runs: three of sales, one of stock, a backtest, and one that was stopped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    now = time.time()
    folder = Path("runs")
    small_run(folder / "a", mase=0.5, days=40, now=now)
    small_run(folder / "b", mase=1.2, days=35, now=now)
    small_run(folder / "c", mase=0.7, days=1, now=now)
    small_run(folder / "stock", mase=0.9, days=50, name="stock", table="s.csv", now=now)
    small_run(folder / "folds", mase=0.6, days=45, backtest=True, now=now)
    unfinished(folder / "stopped", days=60, now=now)
    return folder


def listed(*arguments: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done("list", "--json", *arguments))["runs"]
    return found


def names(*arguments: object) -> list[str]:
    return [Path(run["run"]).name for run in listed(*arguments)]


def test_the_table_has_a_row_for_each_run_the_newest_first(runs: Path) -> None:
    lines = [line.split() for line in done("list").splitlines()]
    assert lines[0] == ["run", "age", "state", "score", "metric", "verdict", "size", "data"]
    assert [line[0] for line in lines[2:]] == ["c", "b", "a", "folds", "stock", "stopped"]
    assert lines[2][:7] == ["c", "1", "d", "complete", "0.7000", "mase", "better"]
    assert lines[3][-1] == "t.csv"
    assert lines[5][1:7] == ["45", "d", "complete", "0.6000", "mase", "-"]
    assert lines[7][1:7] == ["60", "d", "unfinished", "-", "-", "-"]


def test_json_has_every_fact(runs: Path) -> None:
    first = listed("--name", "c")[0]
    assert first["bytes"] == sum(p.stat().st_size for p in (runs / "c").rglob("*") if p.is_file())
    first = {key: first[key] for key in first if key not in ("bytes", "modified", "sha256", "data")}
    assert first == {
        "run": str(Path("runs/c")),
        "state": "complete",
        "name": "sales",
        "kind": "train",
        "score": 0.7,
        "metric": "mase",
        "split": "test",
        "baseline": "naive",
        "baseline_score": 1.0,
        "verdict": "better",
        "why": None,
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--sort", "name"], ["a", "b", "c", "folds", "stock", "stopped"]),
        (["--sort", "score"], ["a", "folds", "c", "stock", "b", "stopped"]),
        (["--name", "s*", "--sort", "score"], ["a", "folds", "c", "stock", "b", "stopped"]),
        (["--name", "sto*"], ["stock", "stopped"]),
        (["--state", "unfinished", "--state", "damaged"], ["stopped"]),
        (["--data", "s.csv"], ["stock"]),
        (["--data", b"t.csv".hex()], ["c", "b", "a", "folds"]),
        (["--limit", "2"], ["c", "b"]),
    ],
)
def test_runs_are_sorted_and_filtered(runs: Path, options: list[str], expected: list[str]) -> None:
    assert names(*options) == expected


def test_what_is_unknown_is_refused(runs: Path) -> None:
    assert refused(2, "list", "none") == "none: there is no such folder; name a folder that holds runs"
    assert refused(2, "list", "--sort", "x") == (
        "--sort x: there is no such order; use age, name, score, size"
    )
    assert refused(2, "list", "--state", "x") == (
        "--state x: there is no such state; use complete, running, unfinished, damaged"
    )


def test_lines_fit_50_columns(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    text = done("list")
    assert max(len(line) for line in text.splitlines()) <= 50
    assert text.count("stopped") == 2


def test_damaged_runs_are_named_with_a_reason_and_steer_no_terminal(runs: Path) -> None:
    odd = runs / "\x1b[31mred\nline\u202e"
    shutil.copytree(runs / "a", odd)
    (odd / "metrics.json").write_text("{}")
    (runs / "b" / "manifest.json").write_text("[1")
    result = call("list", "--name", "*", "--sort", "name")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert (
        "\\x1b[31mred\\nline\\u202e: metrics.json: was changed or cut short since the run was complete"
        in (result.stdout)
    )
    assert "b: manifest.json: Invalid JSON" in result.stdout
    assert {run["state"] for run in listed("--state", "damaged")} == {"damaged"}


def test_scores_of_another_form_are_damage(runs: Path) -> None:
    with claim(runs / "wrong") as run:
        run.event("started", command="train", smoke=False)
        run.file("metrics.json").write_text('{"splits": {"test": {"windows": -1}}}')
        data = {"path": "t.csv", "sha256": "0" * 64, "rows": 1}
        run.seal({"name": "x", "seed": 1, "versions": {}, "data": data})
    found = listed("--state", "damaged")[0]
    assert found["why"] == "metrics.json: format_version: Field required"


def test_the_python_api_gives_the_same(runs: Path) -> None:
    assert [run.path.name for run in fc.list_runs(sort="score", state="complete")] == names(
        "--sort", "score", "--state", "complete"
    )
    with pytest.raises(fc.UsageError) as caught:
        fc.list_runs(state=["x"])
    assert str(caught.value).startswith("state x: there is no such state")


def test_diff_names_the_keys_the_data_and_the_scores(runs: Path) -> None:
    found = json.loads(done("diff", runs / "a", runs / "c", "--json"))
    assert (found["same"], found["comparable"], found["config"], found["data"]) == (False, True, {}, {})
    assert found["scores"] == {"mase": [0.5, 0.7], "mae": [2.0, 2.0]}
    text = done("diff", runs / "a", runs / "stock")
    assert ["name", "sales", "stock"] in [line.split() for line in text.splitlines()]
    assert "t.csv" in text
    assert "s.csv" in text
    assert "The scores are not of the same windows, so their difference says little." in text


def test_diff_names_tables_by_paths_that_lead_to_them_and_by_addresses(runs: Path) -> None:
    small_run(runs / "far", table="s3://shop/s.csv")
    found = json.loads(done("diff", runs / "a", runs / "stock", "--json"))
    assert (
        found["data"]["path"]
        == found["config"]["data.path"]
        == [str(Path.cwd() / t) for t in ("t.csv", "s.csv")]
    )
    found = json.loads(done("diff", runs / "stock", runs / "far", "--json"))
    assert found["data"]["path"] == [str(Path.cwd() / "s.csv"), "s3://shop/s.csv"]
    assert found["config"]["data.path"] == found["data"]["path"]


def test_diff_of_a_run_with_itself_is_nothing_and_exit_code_says_so(runs: Path) -> None:
    assert done("diff", runs / "a", runs / "a", "--exit-code").endswith(
        "Config, data and scores are the same.\n"
    )
    result = call("diff", runs / "a", runs / "b", "--exit-code")
    assert (result.exit_code, result.stderr) == (1, "")
    assert call("diff", runs / "a", runs / "b").exit_code == 0


def test_diff_takes_two_backtests_and_refuses_what_is_not_complete(runs: Path) -> None:
    assert json.loads(done("diff", runs / "folds", runs / "folds", "--json"))["split"] == "folds"
    assert json.loads(done("diff", runs / "folds", runs / "a", "--json"))["split"] is None
    assert refused(2, "diff", runs / "a", runs / "stopped").startswith(
        f"{runs / 'stopped'}: this run is not complete"
    )
    (runs / "a" / "resolved.yaml").write_text("{")
    assert "was changed or cut short" in refused(2, "diff", runs / "a", runs / "b")


def test_latest_stands_for_the_newest_run_and_says_which(runs: Path) -> None:
    result = call("diff", "runs/a", "latest")
    assert result.exit_code == 0
    assert result.stderr == f"latest: {runs / 'c'}\n"
    assert fc.diff("runs/a", "latest").runs == (runs / "a", runs / "c")


def test_clean_needs_to_be_told_what_and_whether(runs: Path) -> None:
    assert refused(2, "clean", "--yes") == (
        "nothing says which runs to remove; give --older-than, such as 30d, or --keep-best, or both"
    )
    assert refused(2, "clean", "--older-than", "30", "--yes") == (
        "--older-than 30: is no age; write one such as 90m, 12h, 30d or 8w"
    )
    assert refused(2, "clean", "--older-than", "30d").endswith(
        "would be removed, and nobody can be asked; add --yes to remove them, or --dry-run to see which"
    )
    assert refused(2, "clean", runs / "a", "--older-than", "30d", "--yes") == (
        f"{runs / 'a'}: is a run; name the folder that it lies in"
    )
    assert len(names()) == 6


def cleaned(*options: str) -> list[str]:
    """The names of the runs that would be removed."""
    found = json.loads(done("clean", "--dry-run", "--json", *options))
    assert found["dry_run"] is True
    return [Path(run["run"]).name for run in found["removed"]]


def test_clean_takes_the_old_ones_that_are_not_among_the_best(runs: Path) -> None:
    assert cleaned("--older-than", "30d") == ["stock", "folds", "a", "b"]
    assert cleaned("--older-than", "30d", "--keep-best", "1") == ["b"]
    assert cleaned("--older-than", "42d") == ["stock", "folds"]
    assert cleaned("--keep-best", "1") == ["b"]
    assert cleaned("--keep-best", "1", "--latest") == ["b", "c"]
    assert cleaned("--older-than", "30d", "--unfinished") == ["stopped", "stock", "folds", "a", "b"]
    assert len(names()) == 6


def test_a_quick_check_is_none_of_the_best(runs: Path) -> None:
    small_run(runs / "quick", mase=0.01, days=40, smoke=True, now=time.time())
    assert cleaned("--older-than", "30d", "--keep-best", "1") == ["quick", "b"]


def test_clean_removes_what_it_says_and_nothing_else(runs: Path) -> None:
    (runs / "data").mkdir()
    (runs / "data" / "t.csv").write_text("t,y\n")
    text = done("clean", "--older-than", "30d", "--keep-best", "1", "--yes")
    assert text.splitlines()[0] == f"removed: {runs / 'b'}"
    assert text.splitlines()[-1].endswith(" removed, 5 kept (-v says why)")
    assert sorted(path.name for path in runs.iterdir()) == ["a", "c", "data", "folds", "stock", "stopped"]


def test_clean_leaves_the_newest_the_held_and_the_damaged(runs: Path) -> None:
    (runs / "b" / "manifest.json").write_text("{")
    os.utime(runs / "b" / "manifest.json", (1, 1))
    small_run(runs / "a" / "plots" / "inner", days=90)
    with claim(runs / "stock", resume=True):
        text = done("clean", "--older-than", "1m", "--yes", "-v")
    assert f"kept: {runs / 'b'} is damaged (manifest.json: Invalid JSON: EOF" in text
    assert f"kept: {runs / 'stock'} a process is working on it" in text
    assert f"kept: {runs / 'a'} holds another run" in text
    assert f"kept: {runs / 'c'} is the newest run" in text
    assert f"kept: {runs / 'stopped'} is unfinished, and can be continued" in text
    assert names() == ["c", "a", "stock", "stopped", "b"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_clean_never_follows_a_link(runs: Path, tmp_path: Path) -> None:
    other = small_run(tmp_path / "elsewhere" / "r", days=90)
    (runs / "away").symlink_to(other)
    done("clean", "--older-than", "30d", "--yes")
    assert (other / "manifest.json").is_file()
    assert (runs / "away").is_symlink()


def test_clean_asks_the_program_that_calls_it(runs: Path) -> None:
    asked: list[int] = []

    def never(plan: Any) -> bool:
        asked.append(len(plan.removed))
        return False

    assert fc.clean(older_than="30d", confirm=never).dry_run
    assert asked == [4]
    assert len(names()) == 6
    assert [run.path.name for run in fc.clean(older_than="42d").removed] == ["stock", "folds"]
    assert len(names()) == 4


def test_what_cannot_be_removed_is_an_error_of_the_environment(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    said = refused(3, "clean", "--older-than", "42d", "--yes")
    assert said.startswith(f"{runs / 'stock'}: cannot be written: Permission denied")
    assert len(names()) == 6


def test_an_empty_folder_and_a_filter_without_a_match_say_so(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert done("list", tmp_path / "none") == f"no runs in {tmp_path / 'none'}\n"
    assert done("list", "--name", "x*") == "no such runs in runs\n"


def test_every_command_that_takes_a_run_takes_latest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a run each says that there is none, and not that there is no directory of that name."""
    monkeypatch.chdir(tmp_path)
    Path("runs").mkdir()
    commands = [
        *(
            ["predict"],
            ["future"],
            ["refit"],
            ["report"],
            ["explain"],
            ["plot"],
            ["show"],
            ["evaluate"],
            ["update"],
        ),
        *(["monitor"], ["diff"], ["export"], ["serve"]),
    ]
    more = {"diff": ["latest"], "export": ["-o", "out"], "monitor": ["--data", "t.csv"]}
    for command in commands:
        said = refused(2, *command, "latest", *more.get(command[0], []))
        assert said.startswith("runs: holds no complete run, so none is the latest"), command
    taking = {
        name
        for name, verb in COMMAND.commands.items()  # type: ignore[attr-defined]
        if any((option.metavar or "") == "RUN" for option in verb.params)
    }
    assert taking == {command for [command] in commands}


def test_fc_load_takes_latest(runs: Path) -> None:
    with pytest.raises(fc.ConfigError) as caught:
        fc.load("latest")
    # The made run has no more than a score: what is opened is the right one.
    assert str(caught.value).startswith(f"{runs / 'c'}")
