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


def test_help_does_not_offer_it() -> None:
    assert "--json" not in CliRunner().invoke(app, ["schema", "--help"]).stdout
