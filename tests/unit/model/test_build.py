"""A head of the YAML file is a module of the same name."""

import pytest

from forecaster.model.build import head_class
from forecaster.model.heads.base import Forecaster
from forecaster.model.spec import HeadSpec

NAMES = HeadSpec.model_json_schema()["properties"]["type"]["enum"]


@pytest.mark.parametrize("name", NAMES)
def test_every_head_has_a_network(name: str) -> None:
    head = head_class(name)
    assert issubclass(head, Forecaster)
    assert head.__module__ == f"forecaster.model.heads.{name}"


def test_heads_differ() -> None:
    assert len({head_class(name) for name in NAMES}) == len(NAMES)
