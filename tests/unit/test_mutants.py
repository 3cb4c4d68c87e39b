"""`make mutants` runs seldom; what it names must not be gone by then."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_modules_and_tests_that_are_named_are_there() -> None:
    modules = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text(encoding="utf-8"))["module"]
    assert modules
    for module in modules:
        source = ROOT / module["path"]
        assert source.is_file(), source
        if "only" in module:
            assert f"class {module['only']}:" in source.read_text(encoding="utf-8")
        for test in module["tests"]:
            assert (ROOT / test).is_file(), test
