"""`forecaster schema` prints JSON, with and without the option that older scripts give it."""

import json

from typer.testing import CliRunner

from forecaster.cli import app
from forecaster.config.schema import json_schema


def test_json_is_accepted_and_changes_nothing() -> None:
    plain, asked = (CliRunner().invoke(app, ["schema", *options]) for options in ([], ["--json"]))
    assert (plain.exit_code, asked.exit_code) == (0, 0)
    assert plain.stdout == asked.stdout
    assert json.loads(plain.stdout) == json_schema()


def test_the_options_of_every_command_are_taken() -> None:
    plain = CliRunner().invoke(app, ["schema"]).stdout
    for option in ("-q", "--quiet", "-v", "--verbose", "--no-color"):
        found = CliRunner().invoke(app, ["schema", option])
        assert (found.exit_code, found.stdout) == (0, plain)


def test_help_does_not_offer_it() -> None:
    assert "--json" not in CliRunner().invoke(app, ["schema", "--help"]).stdout
