"""Hints of reading a table that was named beside a run or to `init`, where no key of a config can be changed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace

from forecaster.errors import Diagnostic, ForecasterError
from forecaster.text import joined

_KEY = re.compile(
    r"\b(?:data|split|window|scaling|model|training|evaluation|runtime)\.[a-z_]+(?:\.[a-z_]+)*\b"
)
# The reader speaks of the file that data.path names; here it was named by an option or an argument.
_OF_THE_PATH = (
    ("; data.path is relative to the YAML file", ""),
    ("data.path is relative to the YAML file", "check the path"),
    ("point data.path elsewhere", "name another table"),
    ("point data.path to", "name"),
)


@contextlib.contextmanager
def named_table() -> Iterator[None]:
    """Let errors of the block speak of a table that was named directly, not of data.path."""
    with _reworded(keys=False):
        yield


@contextlib.contextmanager
def settings_of_a_run(*, takes_rows: bool = True) -> Iterator[None]:
    """Let errors of the block say what can be done where the settings are those of a complete run.

    A hint that would change a key, such as data.missing, becomes one to correct the table or to train again.

    Args:
        takes_rows: Whether rows and a cutoff can be given, as to `predict`; if not, hints that need them say where.
    """
    with _reworded(keys=True, takes_rows=takes_rows):
        yield


@contextlib.contextmanager
def _reworded(*, keys: bool, takes_rows: bool = True) -> Iterator[None]:
    try:
        yield
    except ForecasterError as error:
        error.diagnostics = [_followable(d, keys=keys, takes_rows=takes_rows) for d in error.diagnostics]
        raise


def _followable(diagnostic: Diagnostic, *, keys: bool, takes_rows: bool) -> Diagnostic:
    hint = diagnostic.hint
    if hint is None:
        return diagnostic
    for of_the_config, of_a_name in _OF_THE_PATH:
        hint = hint.replace(of_the_config, of_a_name)
    named = list(dict.fromkeys(_KEY.findall(hint)))
    # A hint that tells what the network was trained on, or to train another, is right as it is.
    if keys and named and not hint.startswith(("train", "the network was trained")):
        hint = f"correct the table, or train a run with another {joined(named, word='or')}"
    if not takes_rows and "forecaster predict" not in hint and re.search("--(data|from)\\b", hint):
        hint += ", with forecaster predict"
    return replace(diagnostic, hint=hint)
