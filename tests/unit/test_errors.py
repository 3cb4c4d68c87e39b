import tomllib
from pathlib import Path

import pytest

from forecaster.errors import DISTRIBUTION, ConfigError, Diagnostic, Location, install_hint

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_hint_names_the_distribution_that_pyproject_builds() -> None:
    assert PROJECT["name"] == DISTRIBUTION == "keras-forecaster"


@pytest.mark.parametrize("extra", ["holidays", "mlflow", "ray", "stats"])
def test_an_extra_is_installed_by_its_name(extra: str) -> None:
    assert install_hint(extra) == f"pip install 'keras-forecaster[{extra}]'"
    assert extra in PROJECT["optional-dependencies"]


def test_at_most_thirty_faults_are_shown_and_the_rest_is_counted() -> None:
    error = ConfigError.of([Diagnostic(f"fault {i}") for i in range(10_000)])
    lines = str(error).splitlines()
    assert lines[0] == "fault 0"
    assert lines[29:] == ["fault 29", "and 9,970 more"]
    assert len(error.diagnostics) == 10_000


def test_long_messages_are_cut_in_the_middle_and_few_of_them_are_shown() -> None:
    long = Diagnostic("s" * 10**6, "h" * 10**6, Location("f" * 10**6, 3), "p" * 10**6)
    assert len(str(long)) < 2_700
    assert len(str(ConfigError.of([long] * 10_000))) < 4_100
    assert str(long).startswith("f" * 200 + "…" + "f" * 199 + ":3: ppp")


def test_a_message_is_one_line_without_characters_that_steer_a_terminal() -> None:
    odd = Diagnostic("s\n\x1b[2J", "h\u202e", Location("f\x9b", 1, 2), "p\r")
    assert str(odd) == "f\\x9b:1:2: p\\r: s\\n\\x1b[2J; h\\u202e"
