"""docs/networks.md says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forecaster.config.experiment import Experiment
from forecaster.errors import ConfigError
from forecaster.model import heads
from forecaster.model.cells import CELLS
from forecaster.model.spec import HEADS
from tests.heads import BOTH_WAYS_HEADS

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
SHAPES = re.findall(r"^\| ([^|]+) \| `(\{lookback[^`]*\})` \| `(\{.*\})` \|$", PAGE, re.MULTILINE)
TABLE = re.findall(
    r"^\| (\w+) \| [^|]+ \| [^|]+ \| (yes|no)[^|]* \| (yes|no|needed)[^|]* \|$", PAGE, re.MULTILINE
)


def warnings(folder: Path, window: str, model: str, layer: str = "{type: gru, units: 2}") -> list[str]:
    path = folder / "c.yaml"
    path.write_text(
        "name: a\ndata: {path: t.csv, time: t, freq: h, targets: [y]}\n"
        f"window: {window}\nmodel: {{layers: [{layer}], {model[1:]}\n"
    )
    return [str(w) for w in Experiment.from_yaml(path).warnings]


def test_the_tables_are_found() -> None:
    assert len(SHAPES) == 10


def test_the_config_the_modules_and_the_page_have_the_same_heads() -> None:
    """A module whose name is not in `HeadSpec.type` could never be chosen; a name without one could not be built."""
    rows, names = sorted(head for head, *_ in TABLE), sorted(HEADS)
    defined = re.compile(r"^HEAD\b", re.MULTILINE)
    modules = [p.stem for p in Path(heads.__path__[0]).glob("*.py") if defined.search(p.read_text("utf-8"))]
    assert rows == names
    assert sorted(modules) == names


def test_heads_of_both_ways_are_those_of_the_page() -> None:
    assert sorted(BOTH_WAYS_HEADS) == sorted(head for head, both_ways, _ in TABLE if both_ways == "yes")


@pytest.mark.parametrize(("window", "model"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES])
def test_every_shape_is_a_config(tmp_path: Path, window: str, model: str) -> None:
    assert warnings(tmp_path, window, model) == []


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("head", "both_ways", "patch"), TABLE, ids=[row[0] for row in TABLE])
def test_every_pair_of_head_and_layer(
    tmp_path: Path, head: str, both_ways: str, patch: str, cell: str
) -> None:
    plain, ways = f"{{type: {cell}, units: 2}}", f"{{type: {cell}, units: 2, bidirectional: true}}"
    model = f"{{head: {{type: {head}}}, normalization: none"
    without, with_patch = model + "}", model + ", patch: 3}"
    cases = [
        (plain, with_patch, patch != "no"),
        (plain, without, patch != "needed"),
        (ways, with_patch if patch == "needed" else without, both_ways == "yes"),
    ]
    for layer, text, fits in cases:
        if fits:
            assert warnings(tmp_path, "{lookback: 24, horizon: 6}", text, layer) == []
            continue
        with pytest.raises(ConfigError, match=f"head {head}|segments needs"):
            warnings(tmp_path, "{lookback: 24, horizon: 6}", text, layer)
