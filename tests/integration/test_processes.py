"""What only a process of its own shows: imports, signals, pipes, exit statuses."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.tiny_runs import call, done, hours, line, read, refused, write_config, write_table

pytestmark = [pytest.mark.slow, pytest.mark.faults]

PROGRAM = [sys.executable, "-m", "forecaster.cli"]
FORBIDDEN = ("tensorflow", "keras", "keras_tuner", "sklearn", "matplotlib", "scipy")


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def stop_at(text: str, sent: signal.Signals, *arguments: object) -> tuple[int, str]:
    """Start a command and send it a signal as soon as a line of its stderr begins with this text."""
    process = start(*arguments)
    assert process.stderr is not None
    said = []
    for words in process.stderr:
        said.append(words)
        if words.startswith(text):
            process.send_signal(sent)
            break
    _, rest = process.communicate(timeout=180)
    return process.returncode, "".join(said) + rest


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["validate", "c.yaml"], ["schema"]])
def test_no_heavy_package_is_imported(tmp_path: Path, arguments: list[str]) -> None:
    line(tmp_path)
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print([m for m in {FORBIDDEN!r} if m in sys.modules], file=sys.stderr))\n"
        f"sys.argv = ['forecaster', *{arguments!r}]\n"
        "from forecaster.cli import main\n"
        "main()\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.splitlines()[-1] == "[]"
    assert ran.stdout


@pytest.mark.timeout(600)  # TensorFlow starts three times, which a busy machine makes long
def test_run_that_is_stopped_three_ways_ends_in_the_bytes_of_one_that_is_not(tmp_path: Path) -> None:
    """SIGTERM, then an interrupt, then SIGKILL, each some epochs further on; then it may finish."""
    training = {"epochs": 20, "batch_size": 8, "early_stopping": {"patience": 19}, "optimizer": {"ema": 0.9}}
    model = {"layers": [{"type": "simple_rnn", "units": 3, "dropout": 0.2}]}
    config = line(tmp_path, training=training, model=model)
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"

    code, said = stop_at("epoch 3/", signal.SIGTERM, "train", config, "--run-dir", stopped)
    assert code == 143
    assert said.endswith("terminated; continue an unfinished run with --resume\n")
    assert "Traceback" not in said
    assert "this run is not complete; finish it with: forecaster train" in refused(2, "predict", stopped)
    assert refused(4, "train", config, "--run-dir", stopped).startswith(f"{stopped}: already exists; ")

    again = ("train", config, "--run-dir", stopped, "--resume")
    code, said = stop_at("epoch 5/", signal.SIGINT, *again)
    assert code == 130
    assert said.endswith("interrupted; continue an unfinished run with --resume\n")
    assert "epoch 2/" not in said
    code, said = stop_at("epoch 7/", signal.SIGKILL, *again)
    assert code == -signal.SIGKILL
    assert "epoch 4/" not in said

    done(*again, "-q")
    done("train", config, "--run-dir", whole, "-q")
    for name in ("model/weights.safetensors", "model/state.json", "forecasts.csv", "metrics.json"):
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()
    seconds = 4
    histories = [
        [row.split(",")[:seconds] + row.split(",")[seconds + 1 :] for row in text.splitlines()]
        for text in ((stopped / "history.csv").read_text(), (whole / "history.csv").read_text())
    ]
    assert histories[0] == histories[1]
    assert len(histories[0]) == 21
    assert not (stopped / "checkpoints").exists()
    assert not list(stopped.rglob("*.part"))
    assert "The run was already complete; nothing was trained." in done(*again)


def test_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    process = start("schema")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE


def test_nan_loss_exits_with_1_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    training = {"epochs": 3, "loss": "mse", "optimizer": {"type": "sgd", "learning_rate": 1e10}}
    model = {"layers": [{"type": "simple_rnn", "units": 3, "activation": "relu"}]}
    config = line(tmp_path, training=training, model=model)
    text = refused(1, "train", config, "--run-dir", tmp_path / "r")
    assert "epoch 1: the loss became " in text
    assert "try training.optimizer.learning_rate=1e+09" in text
    assert not (tmp_path / "r" / "manifest.json").exists()


def test_usage_config_and_data_exit_with_2(tmp_path: Path) -> None:
    config = line(tmp_path)
    assert "use one of them" in refused(2, "train", config, "--resume", "--overwrite")
    assert "--resume needs --run-dir" in refused(2, "train", config, "--resume")
    assert "there is no run to resume" in refused(
        2, "train", config, "--run-dir", tmp_path / "no", "--resume"
    )
    assert call("train").exit_code == 2
    assert call("train", config, "--no-such-option").exit_code == 2
    assert "nothing.yaml" in refused(2, "train", tmp_path / "nothing.yaml")
    assert "model.layers.0.unit" in refused(2, "train", config, "--set", "model.layers.0.unit=4")
    assert "there is no such run directory" in refused(2, "predict", tmp_path / "no")
    assert not (tmp_path / "runs").exists()
    (tmp_path / "t.csv").unlink()
    assert "t.csv" in refused(2, "train", config, "--run-dir", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_environment_exits_with_3(tmp_path: Path) -> None:
    config = line(tmp_path / "in")
    (tmp_path / "file").write_text("")
    text = refused(3, "train", config, "--run-dir", tmp_path / "file" / "r")
    assert text.startswith(f"{tmp_path}/file/r: ")
    assert "choose another folder" in text


def test_full_disk_exits_with_3(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    config = line(tmp_path / "in")
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        text = refused(3, "train", config, "--run-dir", disk / "r", "-q")
        assert "No space left on device" in text
        assert not list(disk.rglob("*.part"))
        assert not (disk / "r" / "manifest.json").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_taken_directories_exit_with_4(tmp_path: Path) -> None:
    config = line(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    text = refused(4, "train", config, "--run-dir", tmp_path / "mine", "--overwrite")
    assert text.startswith(f"{tmp_path}/mine: is not a run directory, so nothing in it is changed")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_overwriting_trains_again_and_resuming_refuses_other_inputs(tmp_path: Path) -> None:
    config, run = line(tmp_path), tmp_path / "r"
    done("train", config, "--run-dir", run, "-q", "--smoke")
    text = refused(2, "train", config, "--run-dir", run, "--resume")
    assert text == (
        f"{run}: was started with other inputs; --smoke changed since; resume with the same inputs, or start over "
        "with --overwrite"
    )
    text = refused(2, "train", config, "--run-dir", run, "--resume", "--smoke", "--set", "seed=7")
    assert "the config (resolved.yaml) changed since" in text
    before = (run / "model" / "weights.safetensors").read_bytes()
    done("train", config, "--run-dir", run, "-q", "--overwrite", "--set", "seed=7", "--set", "name=seven")
    assert (run / "model" / "weights.safetensors").read_bytes() != before
    manifest = read(run, "manifest.json")
    assert (manifest["seed"], manifest["name"]) == (7, "seven")
    assert "name: seven" in (run / "resolved.yaml").read_text()
    with (tmp_path / "t.csv").open("a") as table:
        table.write(f"{hours(61)[60]},60\n")
    text = refused(2, "train", config, "--run-dir", run, "--resume", "--set", "seed=7", "--set", "name=seven")
    assert "the data changed since" in text


def test_smoke_run_is_one_epoch_of_few_windows(tmp_path: Path) -> None:
    config = line(tmp_path, n=400, training={"epochs": 50, "batch_size": 16})
    found = json.loads(done("train", config, "--smoke", "--json"))
    assert found["splits"]["test"]["windows"] == 16
    run = Path(found["run"])
    assert run.parent == tmp_path / "runs"
    assert run.name.startswith("tiny-20")
    assert len((run / "history.csv").read_text().splitlines()) == 2


def test_quiet_says_only_the_result(tmp_path: Path) -> None:
    config = line(tmp_path)
    loud = call("train", config, "--run-dir", tmp_path / "a")
    assert "epoch 2/2" in loud.stderr
    quiet = call("train", config, "--run-dir", tmp_path / "b", "-q")
    assert quiet.stderr == ""
    assert quiet.stdout.replace("/b", "/a") == loud.stdout


def test_order_of_rows_and_unused_columns_change_nothing(tmp_path: Path) -> None:
    rows = [(time, name, (i * 7 + k) % 11) for k, name in enumerate("ab") for i, time in enumerate(hours(40))]
    kept = ["model/weights.safetensors", "model/state.json", "forecasts.csv", "metrics.json", "splits.json"]
    outcomes = []
    for name, header, table in (
        ("plain", "t,id,y", rows),
        ("mixed", "t,id,y", [rows[i * 37 % 80] for i in range(80)]),
        ("wide", "note,y,t,more,id", [("x", y, time, 1, name) for time, name, y in reversed(rows)]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        write_table(folder / "t.csv", header, table)
        config = write_config(folder, {"id": "id", "targets": ["y"]})
        done("train", config, "--run-dir", folder / "r", "-q")
        outcomes.append({file: (folder / "r" / file).read_bytes() for file in [*kept, "model/context.csv"]})
    assert outcomes[0] == outcomes[1] == outcomes[2]
