"""What is written reads back as it was."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from forecaster.config.dump import dump
from forecaster.config.parsed_yaml import parse_yaml

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.from_regex(r"[-+]?[0-9_:.eoxn]{1,6}", fullmatch=True)
    | st.sampled_from(
        ["on", "no", "null", "~", "1e-4", "12:30", "0o17", "2013-10-01", "<<", "=", "- a", "a: b"]
    )
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(st.dictionaries(st.text(), VALUES))
def test_round_trip(values):
    tree = parse_yaml(dump(values), "c.yaml")
    assert tree.problems == []
    assert tree.values == values
    assert repr(tree.values).count("True") == repr(values).count("True")


def test_other_readers_see_the_same_text():
    values = {"a": "no", "b": "12:30", "c": "1e-4", "d": "2013-10-01", "e": "0o17"}
    assert yaml.safe_load(dump(values)) == values


def test_type_comes_first_and_order_stays():
    assert dump({"b": 1, "a": [{"units": 8, "type": "gru"}]}) == "b: 1\na:\n  - type: gru\n    units: 8\n"
