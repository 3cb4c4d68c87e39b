"""A valid config in few lines, ways to break it, and the message that comes of it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from forecaster.config.experiment import Experiment
from forecaster.errors import ConfigError
from forecaster.model.cells import CELLS
from tests.following import follow_config

VALID = """\
name: a
data: {path: t.csv, time: t, freq: h, targets: [y]}
window: {lookback: 24, horizon: 3}
model: {layers: [{type: gru, units: 8}]}
"""

# The types of a layer, as messages list them.
LAYER_TYPES = ", ".join([*CELLS, "dense", "dropout"])


def swap(line: str) -> str:
    """VALID with the line of the same key replaced."""
    key = line.partition(":")[0] + ":"
    lines = VALID.splitlines()
    assert any(old.startswith(key) for old in lines)
    return "\n".join(line if old.startswith(key) else old for old in lines) + "\n"


def data(more: str) -> str:
    """VALID with more keys in its data section; they begin in column 53 of line 2."""
    return swap("data: {path: t.csv, time: t, freq: h, targets: [y], " + more + "}")


def layer(keys: str) -> str:
    """VALID with another layer; its keys begin in column 19 of line 4."""
    return swap("model: {layers: [{" + keys + "}]}")


def add(lines: str) -> str:
    """VALID with more lines, from line 5 on."""
    return VALID + lines + "\n"


def refusal(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, overrides: Sequence[str] = ()) -> str:
    """The whole text of the error that `c.yaml` with this text gives."""
    monkeypatch.chdir(folder)
    Path("c.yaml").write_text(text, encoding="utf-8")
    return refusal_of_path("c.yaml", overrides)


def refusal_of_path(path: str, overrides: Sequence[str] = ()) -> str:
    """The whole text of the error that loading gives."""
    with pytest.raises(ConfigError) as caught:
        Experiment.from_yaml(Path(path), overrides)
    assert caught.value.exit_code == 2
    assert _not_followed(path, overrides, caught.value) == []
    return str(caught.value)


def _not_followed(path: str, overrides: Sequence[str], error: ConfigError) -> list[str]:
    """Return the hints that lead to the same error once they are followed."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        return []
    return follow_config(text, overrides, error)
