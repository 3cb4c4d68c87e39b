"""Configs that init writes for small tables, and their errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.reading.table import read_table
from forecaster.data.transforms.fill import fill
from forecaster.data.transforms.split import split
from forecaster.errors import DataError
from forecaster.pipeline.inspect import write_draft

Write = Callable[..., Path]


def config_of(table: Path) -> ExperimentSpec:
    return config_at(table, table.parent / "config.yaml")


def config_at(table: Path, output: Path) -> ExperimentSpec:
    """The config that init writes for a table: it loads, it reads the table, and every range holds a window."""
    result = write_draft(table, output)
    assert output.read_text(encoding="utf-8") == result.text
    loaded = Experiment.from_yaml(output)
    config = loaded.spec
    panel, _ = read_table(config.data, loaded.data_path)
    split_bounds = split(panel, config.split)
    fill(
        panel, config.data.missing, barriers=np.stack([split_bounds.train_end, split_bounds.val_end], axis=1)
    )
    first, end = split_bounds.range("train")
    padded = config.window.short == "pad"
    assert (end - first >= (1 if padded else config.window.lookback) + config.window.horizon).all()
    first, end = split_bounds.range("val")
    assert (end - first >= config.window.horizon).all()
    if config.split.test:
        first, end = split_bounds.range("test")
        assert (end - first >= config.window.horizon).all()
    return config


def days(n: int, first: date = date(2024, 1, 1)) -> list[date]:
    return [first + timedelta(days=i) for i in range(n)]


def hours(n: int) -> list[datetime]:
    return [datetime(2024, 3, 1) + timedelta(hours=i) for i in range(n)]


def problem_of(table: Path) -> str:
    with pytest.raises(DataError) as caught:
        write_draft(table, table.parent / "config.yaml")
    assert not (table.parent / "config.yaml").exists()
    return str(caught.value).replace(str(table), "TABLE")
