"""The commands of README.md and docs/getting-started.md work as written, and say what the pages say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
# Their output is a function of the command and the shipped files alone, and quick to have.
COMPARED = ("forecaster validate", "forecaster init")

pytestmark = pytest.mark.slow


def commands(page: Path) -> list[tuple[str, str]]:
    """(command, output shown) of every console block, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    found = [re.split(r"^\$ ", block, flags=re.MULTILINE)[1:] for block in blocks]
    return [(entry.partition("\n")[0], entry.partition("\n")[2]) for block in found for entry in block]


def run(command: str, folder: Path) -> str:
    """What the command says on both streams. A training is a smoke run here."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = re.sub(r"^forecaster (train|tune) .*", r"\g<0> --smoke", command)
    # pipefail: a fault must not hide behind `| head`.
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wrong = "lokback" in command or ("messy" in command and command.startswith("forecaster"))
    # head may go before the rest is written: 141 is what a shell says then.
    allowed = {2} if wrong else {0, 141} if "| head" in command else {0}
    assert done.returncode in allowed, f"$ {command}\n{done.stdout}"
    return done.stdout


def test_commands_of_readme(tmp_path: Path) -> None:
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for command, shown in commands(ROOT / "README.md"):
        said = run(command, tmp_path)
        if command.startswith(COMPARED):
            assert said == shown, f"$ {command}"
    assert (tmp_path / "runs" / "departures" / "metrics.json").is_file()


def test_first_example_of_getting_started(tmp_path: Path) -> None:
    page = ROOT / "docs" / "getting-started.md"
    text = page.read_text(encoding="utf-8")
    [script] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    shutil.copy(ROOT / "configs" / "sine.yaml", tmp_path)
    of_sine = [entry for entry in commands(page) if "sales" not in entry[0]]
    assert len(of_sine) == 3
    for command, shown in of_sine:
        said = run(command, tmp_path)
        if command.startswith(COMPARED):
            assert said == shown, f"$ {command}"


def test_config_shown_in_getting_started_is_the_shipped_one() -> None:
    [shown] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "getting-started.md").read_text(), re.DOTALL)
    assert yaml.safe_load(shown) == yaml.safe_load((ROOT / "configs" / "sine.yaml").read_text())


def test_short_config_of_readme_is_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    [shown] = [block for block in blocks if "sales.csv" in block]
    (tmp_path / "sales.yaml").write_text(shown)
    days = [f"2024-{1 + i // 28:02}-{1 + i % 28:02},{i % 7}" for i in range(336)]
    (tmp_path / "sales.csv").write_text("\n".join(["day,sold", *days]) + "\n")
    assert "sales.yaml is valid" in run("forecaster validate sales.yaml --set data.missing=ffill", tmp_path)


def test_scores_in_the_table_are_those_of_the_output() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    test = text[text.index("\ntest: 5,187 windows") :]
    for shown, name in (
        ("model", "model"),
        ("ridge", "ridge"),
        ("seasonal naive", "seasonal_naive"),
        ("naive:", "naive"),
    ):
        [row] = re.findall(rf"^\| \**{shown}.*\|$", text, re.MULTILINE)
        mae, rmse, mase = (cell.strip(" *") for cell in row.split("|")[2:5])
        [line] = re.findall(rf"^{name} .*$", test, re.MULTILINE)[:1]
        columns = line.split()
        assert (mae, rmse) == (columns[1], columns[2])
        assert float(mase) == pytest.approx(float(columns[5]), abs=5e-4)


@pytest.mark.parametrize(
    "page",
    sorted(p.relative_to(ROOT).as_posix() for d in (".", "docs", "data") for p in (ROOT / d).glob("*.md")),
)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{page} links to {target}"
