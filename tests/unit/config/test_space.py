"""Search nodes: what is lifted, what is left, and the ends of ranges."""

import pytest
from pydantic import ValidationError

from forecaster.config.dimensions import Boolean, Choice, FloatRange, IntRange
from forecaster.config.positions import Positions
from forecaster.config.space import lift, substitute

NOWHERE = Positions("c.yaml")


def test_nodes_become_dimensions_and_defaults():
    node = {"int": {"min": 32, "max": 256, "step": 32, "default": 64}}
    given = {"layers": [{"units": node}, {"bidirectional": {"boolean": {"default": True}}}], "rate": 1}
    lifted = lift(given, NOWHERE)
    assert lifted.values == {"layers": [{"units": 64}, {"bidirectional": True}], "rate": 1}
    assert [(d.name, d.path, d.kind, d.default) for d in lifted.dimensions] == [
        ("layers.0.units", ("layers", 0, "units"), "int", 64),
        ("layers.1.bidirectional", ("layers", 1, "bidirectional"), "boolean", True),
    ]
    assert lifted.dimensions[0].range == IntRange(min=32, max=256, step=32, default=64)
    assert given["layers"][0]["units"] is node


def test_repeat_may_be_searched():
    lifted = lift({"repeat": {"int": {"min": 1, "max": 4, "default": 2}}}, NOWHERE)
    assert lifted.dimensions[0].name == "repeat"


def test_columns_named_like_nodes_are_no_nodes():
    given = {"data": {"categorical": {"int": "one_hot", "choice": "embedding"}}}
    lifted = lift(given, NOWHERE)
    assert (lifted.values, lifted.dimensions, lifted.faults) == (given, [], [])


def test_the_value_of_such_a_column_may_be_searched():
    node = {"choice": {"values": ["one_hot", "embedding"], "default": "one_hot"}}
    lifted = lift({"data": {"categorical": {"int": node}}}, NOWHERE)
    assert lifted.values == {"data": {"categorical": {"int": "one_hot"}}}
    assert lifted.dimensions[0].name == "data.categorical.int"


def test_faulty_node_leaves_a_hole():
    lifted = lift({"a": {"int": {"min": 1}}}, NOWHERE)
    assert lifted.holes == {("a",)}
    assert [d.path for d in lifted.faults] == ["a.int.max", "a.int.default"]


def test_substitute_copies():
    tree = {"a": [{"b": 1}, 2]}
    assert substitute(tree, {("a", 0, "b"): 5, ("a", 1): 6}) == {"a": [{"b": 5}, 6]}
    assert tree == {"a": [{"b": 1}, 2]}


@pytest.mark.parametrize(
    ("node", "ends"),
    [
        (IntRange(min=32, max=256, default=64), [32, 256]),
        # 10, 40, 70: the next step would be 100.
        (IntRange(min=10, max=99, step=30, default=10), [10, 70]),
        (FloatRange(min=0.0, max=0.5, step=0.1, default=0.2), [0.0, 0.5]),
        (FloatRange(min=0.0, max=0.55, step=0.1, default=0.3), [0.0, 0.5]),
        (FloatRange(min=1e-4, max=1e-2, sampling="log", default=1e-3), [1e-4, 1e-2]),
        (Choice(values=["tanh", None, 3], default=None), ["tanh", None, 3]),
        (Boolean(default=False), [True]),
    ],
)
def test_ends(node, ends):
    assert list(node.ends().values()) == ends


def test_choice_tells_true_from_one():
    with pytest.raises(ValidationError):
        Choice(values=[1, 2], default=True)
    assert Choice(values=[1, True, 1.0], default=True).default is True


@pytest.mark.parametrize("default", [0.1, 0.2, 0.3, 0.7, 0.9])
def test_float_defaults_on_a_step(default):
    assert FloatRange(min=0.0, max=1.0, step=0.1, default=default).default == default
