"""What answers at once must not load what takes seconds. Timed in benchmarks/startup.py."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.made_runs import make_run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROBE = """
import atexit, sys
from forecaster.cli import main
sys.argv = ["forecaster", *sys.argv[1:]]
def tell():
    print("modules:", *sorted({name.partition(".")[0] for name in sys.modules}), flush=True)
atexit.register(tell)
main()
"""
SLOW = {"tensorflow", "keras", "keras_tuner", "sklearn", "scipy", "matplotlib", "jinja2", "safetensors"}


def modules(*arguments: str) -> set[str]:
    """Top-level modules in a fresh process after a command."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_help_loads_no_library_for_data() -> None:
    loaded = modules("--help")
    assert "typer" in loaded
    assert not loaded & (SLOW | {"numpy", "pandas", "pyarrow", "pydantic", "yaml", "rich"})


@pytest.mark.parametrize("command", ["train", "tune", "predict", "validate"])
def test_help_of_a_command_is_as_light(command: str) -> None:
    assert not modules(command, "--help") & (SLOW | {"numpy", "pandas", "pyarrow"})


@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_validate_loads_no_keras(scaling: str) -> None:
    # pandas is there because pyarrow loads it with its first scalar.
    overrides = ["scaling.method=" + scaling, "data.past_covariates=[temp]", "data.missing=ffill"]
    arguments = [word for override in overrides for word in ("--set", override)]
    assert not modules("validate", "configs/quickstart.yaml", *arguments) & SLOW


@pytest.mark.parametrize("command", [["schema"], ["init", "--example", "sunspots", "--output"], ["show"]])
def test_commands_that_only_read_or_write_text_load_none_either(command: list[str], tmp_path: Path) -> None:
    place = {"init": [str(tmp_path / "c.yaml")], "show": [str(make_run(tmp_path / "run"))]}
    assert not modules(*command, *place.get(command[0], [])) & SLOW


@pytest.mark.parametrize("command", [["list"], ["clean", "--keep-best", "1", "--dry-run"], ["diff"]])
def test_commands_on_a_folder_of_runs_load_no_numpy_either(command: list[str], tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs")
    place = [str(run), str(run)] if command == ["diff"] else [str(run.parent)]
    assert not modules(*command, *place) & (SLOW | {"numpy", "pandas", "pyarrow"})


def test_config_error_comes_before_the_table_is_read(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("version: 2\n")
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "train", str(config)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert not set(done.stdout.splitlines()[-1].split()[1:]) & (SLOW | {"pandas", "pyarrow"})
