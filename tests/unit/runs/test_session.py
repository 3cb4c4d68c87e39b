import json
import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forecaster.errors import DataError, ForecasterError, RunTakenError, UsageError
from forecaster.runs.directory import OVERWRITING, RunDir
from forecaster.runs.session import Inputs, Session, check_same_inputs, open_session
from tests.unit.runs.sealed_runs import DONE

INPUTS = Inputs("train", "seed: 1\n", "seed: 1  # as given\n", "abc")
BACKTEST = Inputs("backtest", "seed: 1\n", "seed: 1\n", "abc", options=("--folds", "3"))
SEARCH = Inputs("tune", None, "units: {int: {}}\n", "abc", config="/configs/search.yaml")
FACTS = DONE


def begun(path: Path, inputs: Inputs = INPUTS) -> Path:
    """A run that was stopped at its first checkpoint."""
    with open_session(path, inputs) as session:
        session.begin()
        session.checkpoints(0).save({}, {"epoch": 1})
    return path


def complete(path: Path, inputs: Inputs = INPUTS) -> Path:
    with open_session(path, inputs) as session:
        session.begin(lambda run: run.file("splits.json").write_text("{}"))
        session.seal(FACTS, notes=["a remark"])
    return path


def names(path: Path) -> list[str]:
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())


def refused(
    kind: type[ForecasterError], path: Path, inputs: Inputs = INPUTS, *, code: int, **how: bool
) -> str:
    """The message, as the command line shows it; the directory is as it was."""
    before = {name: (path / name).read_bytes() for name in names(path)} if path.is_dir() else {}
    with pytest.raises(kind) as caught, open_session(path, inputs, **how):
        pytest.fail("the session was opened")
    assert type(caught.value) is kind
    assert caught.value.exit_code == code
    now = {name: (path / name).read_bytes() for name in names(path)} if path.is_dir() else {}
    now.pop(".lock", None)
    before.pop(".lock", None)
    assert now == before
    (diagnostic,) = caught.value.diagnostics
    return str(diagnostic).removeprefix(f"{path}: ")


def events(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in (path / "events.jsonl").read_text().splitlines()]


# -- the inputs ---------------------------------------------------------------------


def test_facts_name_only_what_the_run_depends_on() -> None:
    assert INPUTS.facts() == {"command": "train", "data_sha256": "abc", "smoke": False}
    assert replace(BACKTEST, smoke=True).facts() == {
        "command": "backtest",
        "data_sha256": "abc",
        "smoke": True,
        "options": ["--folds", "3"],
    }
    assert SEARCH.facts() == {
        "command": "tune",
        "data_sha256": "abc",
        "smoke": False,
        "config": "/configs/search.yaml",
    }


# -- a new run ----------------------------------------------------------------------


def test_new_run_has_its_inputs_before_the_event_that_it_began(tmp_path: Path) -> None:
    seen = []

    def write_more(run: RunDir) -> None:
        seen.append((names(run.path), run.started()))

    with open_session(tmp_path / "folder" / "r", INPUTS) as session:
        assert (session.started, session.complete) == (None, False)
        assert names(session.run.path) == [".lock"]
        session.begin(write_more)
        assert session.run.file("resolved.yaml").read_text() == "seed: 1\n"
        assert session.run.file("config.yaml").read_text() == "seed: 1  # as given\n"
        started = session.run.started()
        assert started is not None
        assert started.items() >= INPUTS.facts().items()
    assert seen == [([".lock", "config.yaml", "resolved.yaml"], None)]


def test_command_that_compares_its_inputs_itself_writes_no_settings(tmp_path: Path) -> None:
    begun(tmp_path / "r", SEARCH)
    assert names(tmp_path / "r") == [".lock", "checkpoints/member-0.safetensors", "events.jsonl"]


def test_sealed_run_is_complete_and_its_files_are_checked(tmp_path: Path) -> None:
    path = complete(tmp_path / "r")
    manifest = RunDir(path).manifest()
    assert manifest.items() >= FACTS.items()
    assert sorted(manifest["files"]) == ["config.yaml", "events.jsonl", "resolved.yaml", "splits.json"]
    assert events(path) == ["started", "done"]


@pytest.mark.parametrize(
    "left", [[], [".lock"], [".lock", ".resolved.yaml.part"], [".lock", OVERWRITING]], ids=len
)
@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}], ids=str)
def test_directory_in_which_no_run_began_is_as_good_as_empty(
    tmp_path: Path, left: list[str], how: dict[str, bool]
) -> None:
    for name in left:
        (tmp_path / name).write_text("left by a kill")
    with open_session(tmp_path, INPUTS, **how) as session:
        assert session.started is None
        session.begin()
        session.seal(FACTS, notes=[])
    assert names(tmp_path) == [".lock", "config.yaml", "events.jsonl", "manifest.json", "resolved.yaml"]


# -- a run that goes on -------------------------------------------------------------


@pytest.mark.parametrize("inputs", [INPUTS, BACKTEST, SEARCH], ids=lambda inputs: inputs.command)
def test_stopped_run_goes_on_from_its_checkpoints(tmp_path: Path, inputs: Inputs) -> None:
    path = begun(tmp_path / "r", inputs)
    with open_session(path, inputs, resume=True) as session:
        assert session.started is not None
        assert session.started.items() >= inputs.facts().items()
        assert not session.complete
        session.begin(lambda run: pytest.fail("the inputs were written again"))
        assert session.checkpoints(0).load() == ({}, {"epoch": 1})
        assert session.checkpoints(0, "fold-1").load() is None
    assert events(path) == ["started", "resumed"]


def test_run_that_was_stopped_before_it_began_may_have_other_inputs(tmp_path: Path) -> None:
    with open_session(tmp_path, INPUTS) as session:
        session.write_inputs()
        (tmp_path / "events.jsonl").write_text('{"time": "20')
    other = replace(INPUTS, resolved="seed: 2\n", data_sha256="def")
    with open_session(tmp_path, other, resume=True) as session:
        assert session.started is None
        session.begin()
    with open_session(tmp_path, other, resume=True) as session:
        assert session.started is not None
    assert (tmp_path / "resolved.yaml").read_text() == "seed: 2\n"


def test_comments_of_the_config_may_change(tmp_path: Path) -> None:
    path = begun(tmp_path / "r")
    with open_session(path, replace(INPUTS, given="seed: 1  # and why\n"), resume=True) as session:
        session.begin()
    assert (path / "config.yaml").read_text() == "seed: 1  # as given\n"


def test_complete_run_has_nothing_left_to_do_and_nothing_left_of_a_kill(tmp_path: Path) -> None:
    path = complete(tmp_path / "r")
    RunDir(path).checkpoints(0).save({}, {})
    (path / ".report.html.part").write_text("<html>")
    (path / "model").mkdir()
    (path / "model" / ".state.json.part").write_text("{")
    with open_session(path, INPUTS, resume=True) as session:
        assert session.complete
    assert not (path / "checkpoints").exists()
    assert names(path) == [
        ".lock", "config.yaml", "events.jsonl", "manifest.json", "resolved.yaml", "splits.json",
    ]  # fmt: skip
    assert events(path) == ["started", "done"]
    RunDir(path).check(*RunDir(path).manifest()["files"])


def test_search_that_is_complete_may_go_on(tmp_path: Path) -> None:
    path = complete(tmp_path / "r", SEARCH)
    with open_session(path, SEARCH, resume=True) as session:
        assert session.complete
        session.reopen()
        assert not session.complete
        with pytest.raises(DataError, match="this run is not complete"):
            session.run.manifest()
        session.reopen()


def test_a_run_of_before_there_were_commands_is_one_of_train(tmp_path: Path) -> None:
    path = begun(tmp_path / "r")
    text = (path / "events.jsonl").read_text().replace('"command": "train", ', "")
    (path / "events.jsonl").write_text(text)
    with open_session(path, INPUTS, resume=True) as session:
        assert session.started is not None
    assert refused(UsageError, path, BACKTEST, code=2, resume=True) == (
        "is a run of `forecaster train`, not a backtest; choose another --run-dir"
    )


# -- a run that is begun again --------------------------------------------------------


@pytest.mark.parametrize(("make", "left"), [(begun, set()), (complete, {".replaced"})])
@pytest.mark.parametrize("inputs", [INPUTS, BACKTEST, SEARCH], ids=lambda inputs: inputs.command)
def test_overwriting_keeps_a_complete_run_only_whatever_it_is_of(
    tmp_path: Path, make: Any, left: set[str], inputs: Inputs
) -> None:
    path = make(tmp_path / "r", inputs)
    with open_session(path, INPUTS, overwrite=True) as session:
        assert (session.started, session.complete) == (None, False)
        assert {p.name for p in path.iterdir()} == {".lock"} | left


@pytest.mark.parametrize("how", ["resume", "overwrite"])
def test_what_an_unfinished_overwriting_left_is_removed_first(tmp_path: Path, how: str) -> None:
    path = begun(tmp_path / "r")
    (path / "resolved.yaml").rename(path / OVERWRITING)
    with open_session(path, replace(INPUTS, resolved="seed: 2\n"), **{how: True}) as session:
        assert session.started is None
        assert [p.name for p in path.iterdir()] == [".lock"]


def test_what_an_unfinished_overwriting_left_is_no_run(tmp_path: Path) -> None:
    path = begun(tmp_path / "r")
    (path / "resolved.yaml").rename(path / OVERWRITING)
    assert refused(RunTakenError, path, code=4) == (
        "already exists; add --resume to continue it, --overwrite to replace it, or choose another --run-dir"
    )
    with pytest.raises(DataError) as caught:
        RunDir(path).manifest()
    assert str(caught.value.diagnostics[0]) == (
        f"{path}: this run is not complete; repeat the command that was to make it, with --resume"
    )


# -- what is refused ------------------------------------------------------------------


@pytest.mark.parametrize("make", [begun, complete])
def test_directory_of_a_run_is_taken(tmp_path: Path, make: Any) -> None:
    assert refused(RunTakenError, make(tmp_path / "r"), code=4) == (
        "already exists; add --resume to continue it, --overwrite to replace it, or choose another --run-dir"
    )


def test_there_must_be_something_to_resume(tmp_path: Path) -> None:
    assert refused(DataError, tmp_path / "r", code=2, resume=True) == (
        "there is no run to resume; leave out --resume to start it"
    )
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("how", ["resume", "overwrite"])
def test_folder_that_is_no_run_is_never_touched(tmp_path: Path, how: str) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "checkpoints").mkdir()
    assert refused(RunTakenError, tmp_path, code=4, **{how: True}) == (
        "is not a run directory, so nothing in it is changed; choose another --run-dir"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoints", "thesis.txt"]


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}], ids=str)
def test_file_is_no_directory(tmp_path: Path, how: dict[str, bool]) -> None:
    (tmp_path / "r").write_text("years of work")
    kind, code, message = (
        (DataError, 2, "there is no run to resume; leave out --resume to start it")
        if how.get("resume")
        else (RunTakenError, 4, "is a file; choose another --run-dir")
    )
    assert refused(kind, tmp_path / "r", code=code, **how) == message
    assert (tmp_path / "r").read_text() == "years of work"


@pytest.mark.parametrize(
    ("made", "asked", "message"),
    [
        (INPUTS, BACKTEST, "is a run of `forecaster train`, not a backtest"),
        (INPUTS, SEARCH, "is a run of `forecaster train`, not a search of `forecaster tune`"),
        (BACKTEST, INPUTS, "is a backtest, not a run of `forecaster train`"),
        (BACKTEST, SEARCH, "is a backtest, not a search of `forecaster tune`"),
        (SEARCH, INPUTS, "is a search of `forecaster tune`, not a run of `forecaster train`"),
        (SEARCH, BACKTEST, "is a search of `forecaster tune`, not a backtest"),
    ],
)
@pytest.mark.parametrize("make", [begun, complete])
def test_run_of_one_command_is_not_resumed_by_another(
    tmp_path: Path, make: Any, made: Inputs, asked: Inputs, message: str
) -> None:
    path = make(tmp_path / "r", made)
    assert refused(UsageError, path, asked, code=2, resume=True) == f"{message}; choose another --run-dir"


def test_run_of_a_command_that_this_version_does_not_know_is_named(tmp_path: Path) -> None:
    path = begun(tmp_path / "r")
    text = (path / "events.jsonl").read_text().replace('"train"', '"distil"')
    (path / "events.jsonl").write_text(text)
    assert refused(UsageError, path, code=2, resume=True) == (
        "is distil, not a run of `forecaster train`; choose another --run-dir"
    )


@pytest.mark.parametrize(
    ("made", "changes", "what"),
    [
        (INPUTS, {"resolved": "seed: 2\n"}, "the config (resolved.yaml)"),
        (INPUTS, {"data_sha256": "def"}, "the data"),
        (INPUTS, {"smoke": True}, "--smoke"),
        (BACKTEST, {"options": ("--folds", "4")}, "--folds, --step, --refit or --window"),
        (
            BACKTEST,
            {"resolved": "seed: 2\n", "data_sha256": "def", "smoke": True, "options": ("--folds", "4")},
            "the config (resolved.yaml) and the data and --smoke and --folds, --step, --refit or --window",
        ),
    ],
    ids=["config", "data", "smoke", "options", "all"],
)
@pytest.mark.parametrize("make", [begun, complete])
def test_run_is_resumed_with_its_own_inputs_only(
    tmp_path: Path, make: Any, made: Inputs, changes: dict[str, Any], what: str
) -> None:
    path = make(tmp_path / "r", made)
    assert refused(DataError, path, replace(made, **changes), code=2, resume=True) == (
        f"was started with other inputs; {what} changed since; resume with the same inputs, or start over with "
        "--overwrite"
    )


def test_search_may_go_on_with_what_its_own_log_allows(tmp_path: Path) -> None:
    path = begun(tmp_path / "r", SEARCH)
    other = replace(SEARCH, data_sha256="def", smoke=True, options=("--set seed=2",), given="")
    with open_session(path, other, resume=True) as session:
        assert session.started is not None


def test_run_whose_settings_are_gone_is_damaged(tmp_path: Path) -> None:
    path = begun(tmp_path / "r")
    (path / "resolved.yaml").unlink()
    assert refused(DataError, path, code=2, resume=True) == (
        f"{path}/resolved.yaml: the file is missing; restore the run directory from a copy, or train again"
    )


def test_settings_in_no_encoding_are_other_settings(tmp_path: Path) -> None:
    run = RunDir(begun(tmp_path / "r"))
    started = run.started()
    assert started is not None
    check_same_inputs(run, started, INPUTS)
    run.file("resolved.yaml").write_bytes(b"seed: 1\xff\n")
    with pytest.raises(DataError, match=r"the config \(resolved.yaml\) changed since"):
        check_same_inputs(run, started, INPUTS)


def _hold(path: Path, ready: Any, go: Any) -> None:
    with open_session(path, INPUTS) as session:
        session.begin()
        ready.put(None)
        go.get(timeout=60)


def test_another_process_holds_it_until_its_session_ends(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    ready, go = fork.Queue(), fork.Queue()
    holder = fork.Process(target=_hold, args=(tmp_path / "r", ready, go))
    holder.start()
    ready.get(timeout=60)
    for how in ("resume", "overwrite"):
        assert refused(RunTakenError, tmp_path / "r", code=4, **{how: True}) == (
            "another process is working on it; wait for it, or choose another --run-dir"
        )
    go.put(None)
    holder.join(timeout=60)
    with open_session(tmp_path / "r", INPUTS, resume=True) as session:
        assert session.started is not None


def test_session_that_fails_lets_go_of_the_directory(tmp_path: Path) -> None:
    def fails(session: Session) -> None:
        session.begin()
        raise MemoryError

    with pytest.raises(MemoryError), open_session(tmp_path / "r", INPUTS) as session:
        fails(session)
    with open_session(tmp_path / "r", INPUTS, resume=True) as session:
        assert session.started is not None
