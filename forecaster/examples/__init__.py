"""Example tables and configs that ship with the package, for `forecaster init --example`.

The wheel holds them in this folder, as `configs/` and `data/`; in a checkout, and so in an editable install,
they are the folders of these names at its top. pyproject.toml says which files ship.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Example:
    """A shipped table and the config that forecasts it.

    Attributes:
        config: The file name in configs/.
        table: The file name in data/.
        about: What is forecast, as a noun phrase.
    """

    config: str
    table: str
    about: str

    def read_table(self) -> bytes:
        """Return the table as it ships, CSV."""
        return _root().joinpath("data", self.table).read_bytes()

    def read_config(self) -> str:
        """Return the config, for a folder that holds the table too: paths are relative to that folder."""
        text = _root().joinpath("configs", self.config).read_text(encoding="utf-8")
        return text.replace(f"../data/{self.table}", self.table).replace("dir: ../runs", "dir: runs")


# By the name that `forecaster init --example` takes.
SHIPPED = {
    "departures": Example(
        config="quickstart.yaml",
        table="nyc_departures.csv",
        about="hourly departures from New York's three airports in 2013, a day ahead",
    ),
    "sunspots": Example(
        config="sunspots.yaml",
        table="sunspots.csv",
        about="monthly sunspot numbers since 1749, two years ahead",
    ),
}


def _root() -> Traversable:
    """Return the folder that holds configs/ and data/."""
    from importlib import resources

    packaged = resources.files(__name__)
    return packaged if packaged.joinpath("data").is_dir() else Path(__file__).parents[2]
