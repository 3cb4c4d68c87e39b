"""A run is what its manifest lists: every changed byte, every exchange and every other run is found."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import forecaster as fc
from forecaster.errors import DataError, ForecasterError
from forecaster.runs import directory, reading
from forecaster.runs.directory import RunDir, RunReplacedError
from forecaster.terminal.again import again_if_replaced
from tests.integration.hostile_runs import BUNDLE, READERS, SAMPLES, reseal, what_predict_reads
from tests.integration.tiny_runs import refused

RELEASES = ("0.1.0", "0.2.0", "today")


@pytest.mark.parametrize("name", BUNDLE)
def test_a_flipped_byte_is_refused_or_changes_no_forecast(tmp_path: Path, name: str) -> None:
    """Every 97th byte; `benchmarks/torture_bundle.py` flips them all."""
    shutil.copytree(SAMPLES / "today", tmp_path / "r")
    whole, expected = (tmp_path / "r" / name).read_bytes(), what_predict_reads(tmp_path / "r")
    for at in range(0, len(whole), 97):
        content = bytearray(whole)
        content[at] ^= 0xFF if at % 2 else 0x01
        (tmp_path / "r" / name).write_bytes(content)
        try:
            found = what_predict_reads(tmp_path / "r")
        except DataError:
            continue
        # The manifest also says which versions and which table a run was made with, which forecasts do not use.
        assert name == "manifest.json", at
        assert found == expected, at


class Exchange:
    """Puts another run in the place of one when a file is read for the n-th time."""

    def __init__(self, path: Path, other: Path, *, at: int) -> None:
        self.path, self.other, self.left, self.n_reads = path, other, at, 0

    def __call__(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            self.n_reads += 1
            if self.left == 0:
                shutil.rmtree(self.path)
                shutil.copytree(self.other, self.path)
            self.left -= 1
            return read(*arguments, **named)

        return step


def other_run(folder: Path) -> Path:
    """A run of the same experiment with other weights and another config, as it would be after another training."""
    from forecaster.runs.arrays import load_arrays, save_arrays

    shutil.copytree(SAMPLES / "today", folder)
    arrays, _ = load_arrays(folder / "model/weights.safetensors")
    save_arrays(folder / "model/weights.safetensors", {name: a + 1 for name, a in arrays.items()})
    path = folder / "resolved.yaml"
    path.write_text(path.read_text().replace("seed: 42", "seed: 43"))
    reseal(folder)
    return folder


def test_a_run_that_is_exchanged_while_it_is_read_is_one_or_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = other_run(tmp_path / "other")
    one = [what_predict_reads(SAMPLES / "today"), what_predict_reads(other)]
    assert one[0] != one[1]
    outcomes = []
    for at in range(40):
        shutil.rmtree(tmp_path / "r", ignore_errors=True)
        shutil.copytree(SAMPLES / "today", tmp_path / "r")
        with monkeypatch.context() as patch:
            exchange = Exchange(tmp_path / "r", other, at=at)
            for module in (directory, reading):
                for name in ("read_file", "digest_file"):
                    patch.setattr(module, name, exchange(getattr(reading, name)))
            try:
                outcomes.append(one.index(what_predict_reads(tmp_path / "r")))
            except RunReplacedError:
                outcomes.append(2)
    assert outcomes[0] == 1
    assert outcomes[-1] == 0
    assert outcomes.count(2) > 3


def test_a_command_reads_the_new_run_where_the_old_one_was_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = other_run(tmp_path / "other")
    one = [what_predict_reads(SAMPLES / "today"), what_predict_reads(other)]
    outcomes = []
    for at in range(0, 40, 3):
        shutil.rmtree(tmp_path / "r", ignore_errors=True)
        shutil.copytree(SAMPLES / "today", tmp_path / "r")
        with monkeypatch.context() as patch:
            exchange = Exchange(tmp_path / "r", other, at=at)
            for module in (directory, reading):
                for name in ("read_file", "digest_file"):
                    patch.setattr(module, name, exchange(getattr(reading, name)))
            outcomes.append(one.index(again_if_replaced(lambda: what_predict_reads(tmp_path / "r"))))
    assert set(outcomes) == {0, 1}


def test_a_run_that_was_replaced_since_it_was_loaded_is_not_used(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "today", tmp_path / "r")
    run = fc.load(tmp_path / "r")
    other = other_run(tmp_path / "other")
    shutil.rmtree(tmp_path / "r")
    shutil.move(other, tmp_path / "r")
    with pytest.raises(DataError) as caught:
        run.show()
    assert str(caught.value) == (
        f"{tmp_path / 'r'}: was replaced by another run since it was loaded; load it again"
    )
    assert fc.load(tmp_path / "r").show()["seed"] == 42


@pytest.mark.parametrize("release", RELEASES)
def test_runs_of_every_release_are_read(release: str) -> None:
    run = RunDir(SAMPLES / release)
    for reader in READERS:
        assert reader(run) is not None or release != "today"


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_runs_of_every_release_forecast_what_they_forecast_then(release: str) -> None:
    import pandas as pd

    found = fc.load(SAMPLES / release).predict()
    then = pd.read_csv(SAMPLES / f"{release}.csv", dtype={"id": str}, parse_dates=["t"])
    assert found.columns.tolist() == then.columns.tolist()
    assert found["id"].tolist() == then["id"].tolist()
    for column in then.columns[2:]:
        assert found[column].to_numpy() == pytest.approx(then[column].to_numpy(), rel=1e-5)


def test_a_run_is_named_by_its_sha256() -> None:
    path = SAMPLES / "today"
    run = fc.load(path)
    assert run.sha256 == fc.load(path, expect_sha256=run.sha256.upper()).sha256 == run.show()["sha256"]
    assert len(run.sha256) == 64
    with pytest.raises(ForecasterError) as caught:
        fc.load(path, expect_sha256="abc")
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        f"{path}: has sha256 {run.sha256}, and abc is expected; use the run that was meant, or forecaster show "
        f"{path} to see what it is"
    )


def test_predict_refuses_a_run_with_another_sha256() -> None:
    path = SAMPLES / "today"
    text = refused(2, "predict", path, "--expect-sha256", "0" * 64)
    assert f"has sha256 {fc.load(path).sha256}, and {'0' * 64} is expected" in text


def test_deep_json_is_refused_and_no_recursion_error(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "today", tmp_path / "r")
    for name in ("manifest.json", "metrics.json"):
        (tmp_path / "r" / name).write_text("[" * 1_000_000)
        with pytest.raises(DataError, match=r"recursion limit|was changed"):
            fc.load(tmp_path / "r")
