"""`make mutants` runs seldom; what it names must not be gone by then."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tools.mutants import KINDS, Mutant, change_of, compare, kinds_of

ROOT = Path(__file__).parents[2]
MODULES = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text(encoding="utf-8"))["module"]


@pytest.mark.parametrize("module", MODULES, ids=[module["path"] for module in MODULES])
def test_what_is_named_is_there(module: dict) -> None:
    source = (ROOT / module["path"]).read_text(encoding="utf-8")
    if "only" in module:
        assert f"class {module['only']}:" in source
    for test in module["tests"]:
        assert (ROOT / test).is_file(), test
    for entry in module.get("survivors", []):
        assert f"def {entry['function'].rpartition('.')[2]}(" in source
        assert entry["changes"]
        kind, _, reason = entry["reason"].partition(": ")
        assert kind in KINDS
        assert reason


def test_page_has_a_row_for_every_module() -> None:
    page = (ROOT / "docs" / "mutation.md").read_text(encoding="utf-8")
    for module in MODULES:
        assert page.count(f"\n| `{module['path']}`") == 1


LISTED = {
    "survivors": [
        {"function": "f", "reason": "equivalent: 0 is 0", "changes": ["x = -0", "x = 0.0"]},
        {"function": "A.g", "reason": "speed: a copy", "changes": ["y = x.copy()"]},
    ]
}


def test_survivors_are_counted_by_the_kind_of_their_reason() -> None:
    """The last one is a change of another function than that which may be made."""
    alive = [
        Mutant("1", "f", "x = -0"),
        Mutant("2", "A.g", "y = x.copy()"),
        Mutant("3", "g", "y = x.copy()"),
    ]
    assert kinds_of(LISTED, alive) == Counter({"equivalent": 1, "speed": 1, "unlisted": 1})
    assert compare(LISTED, alive) == [
        "survives: g: y = x.copy()",
        "is listed and does not survive: f: x = 0.0",
    ]


def test_each_of_two_equal_changes_is_listed() -> None:
    twice = {"survivors": [{"function": "f", "reason": "speed: slow", "changes": ["x = 1", "x = 1"]}]}
    assert compare(twice, [Mutant("1", "f", "x = 1")]) == ["is listed and does not survive: f: x = 1"]
    assert compare(twice, [Mutant(n, "f", "x = 1") for n in "12"]) == []


def test_reason_without_a_kind_is_refused() -> None:
    vague = {"survivors": [{"function": "f", "reason": "does not matter", "changes": ["x = 1"]}]}
    with pytest.raises(
        SystemExit, match=r"begins with one of equivalent, wording, speed and a colon, not 'does not matter'$"
    ):
        kinds_of(vague, [])


def test_change_is_what_is_written_or_else_what_is_dropped() -> None:
    assert change_of(["@@ -1 +1 @@", "-    x = 1", "+    x =  2"]) == "x = 2"
    assert change_of(["@@ -1 +0 @@", "-    pad=True,"]) == "-pad=True,"
