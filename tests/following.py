"""Hints, followed: what they propose is tried, and must not end in the message that it came from."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from forecaster.config.experiment import Experiment
from forecaster.config.overrides import apply_overrides
from forecaster.config.parsed_yaml import parse_yaml
from forecaster.data.draft.infer import Guess, infer
from forecaster.data.draft.wishes import Wishes, freq_of
from forecaster.data.reading.sources import TableSource
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import Diagnostic, ForecasterError
from tests.proposals import GROUP, Move, faults_of_words, moves


def wishes_of(options: Sequence[str], before: Wishes | None = None) -> Wishes:
    """Return what `forecaster init` is told by its options, which its own command line reads.

    Args:
        options: The words behind the name of the table.
        before: What it was told already.
    """
    given = GROUP.commands["init"].make_context("init", ["t.csv", *options]).params
    said = {
        "targets": tuple(given["target"] or ()),
        "time": given["time"],
        "time_format": given["time_format"],
        "id": given["series_id"],
        "no_id": given["no_id"],
        "freq": freq_of(given["freq"]),
        "horizon": given["horizon"],
        "seasons": tuple(given["season"] or ()),
        "decimal": given["decimal"],
        "timezone": given["timezone"],
        "sheet": given["sheet"],
    }
    first = before or Wishes()
    if given["no_id"] or given["series_id"]:
        first = replace(first, id=None, no_id=False)
    return Wishes(**{name: value or getattr(first, name) for name, value in said.items()})


def with_setting(settings: dict[str, Any], move: Move) -> dict[str, Any]:
    """Return nested settings with one key changed; `data.csv.decimal` is `csv: {decimal: …}` of its section."""
    _, *path = move.key.split(".")
    made = dict(settings)
    inside = made
    for part in path[:-1]:
        inside[part] = dict(inside.get(part) or {})
        inside = inside[part]
    inside[path[-1]] = move.value
    return made


def follow_init(source: TableSource, wishes: Wishes, answer: Guess | ForecasterError) -> list[str]:
    """Return the hints of init that name what there is not, lead to the same problem again, or settle nothing.

    Args:
        source: The table.
        wishes: What init was told.
        answer: What it guessed, or its error.
    """
    if isinstance(answer, ForecasterError):
        said = [(d.summary, d.hint or "") for d in answer.diagnostics]
    else:
        said = [(choice.summary, option) for choice in answer.choices for option in choice.options]
    found = []
    for summary, hint in said:
        found += [f"{name} in: {hint}" for name in faults_of_words(hint, "init")]
        for move in moves(hint):
            if move.key:
                _check_override(move)
            elif summary in (left := _problems(source, wishes_of(move.options, wishes))):
                found.append(f"{shlex.join(move.options)} leads to: {left}")
    return found


def _problems(source: TableSource, wishes: Wishes) -> list[str]:
    """Return what init says of a table: its error, or its choices."""
    try:
        guess = infer(source, wishes)
    except ForecasterError as error:
        return [diagnostic.summary for diagnostic in error.diagnostics]
    return [choice.summary for choice in guess.choices]


def _check_override(move: Move) -> None:
    """Check that --set reads the value as it is meant. Raises ConfigError where it does not."""
    tree = parse_yaml("{}", "c.yaml")
    faults = apply_overrides(tree, [move.override])
    assert not faults, faults


def follow_data(path: Path, data: dict[str, Any], error: ForecasterError) -> list[str]:
    """Return the hints of an error of reading a table that name what there is not, or lead to the same error."""
    found = []
    for diagnostic in error.diagnostics:
        hint = diagnostic.hint or ""
        found += [f"{name} in: {hint}" for name in faults_of_words(hint)]
        for move in moves(hint):
            if not move.key.startswith("data."):
                continue
            try:
                read_table(DataSpec.model_validate(with_setting(data, move)), path)
            except ForecasterError as again:
                if (diagnostic.path, diagnostic.summary) in [(d.path, d.summary) for d in again.diagnostics]:
                    found.append(f"{move.override} leads to: {diagnostic.summary}")
            except ValidationError as invalid:
                found.append(f"{move.override} is not valid: {invalid}")
    return found


_OF_VALUE = re.compile(
    r"^(?:did you mean (?P<meant>[^?]+)\?$|write (?P<written>[^;]+)$|put it in quotes: (?P<quoted>.+)$|set it to (?P<set>\S+)$)"
)
# No config is longer, and PyYAML falls over a megabyte of brackets.
_LONGEST = 20_000
_HOME = re.compile(r"^it belongs (?:under (?P<home>[\w.]+)|at the top level)$")


def follow_config(text: str, overrides: Sequence[str], error: ForecasterError) -> list[str]:
    """Return the hints of an error of a config that lead to the same error: another value, another key or its place.

    Args:
        text: The config.
        overrides: What --set was given.
        error: Its error.
    """
    if (
        overrides
        or len(text) > _LONGEST
        or any(d.path == "" and d.summary == "duplicate key" for d in error.diagnostics)
    ):
        return []
    found = []
    for diagnostic in error.diagnostics:
        try:
            tree = yaml.safe_load(text)
        except yaml.YAMLError:
            return []
        if not isinstance(tree, dict) or not _changed(tree, diagnostic):
            continue
        try:
            Experiment.from_text(yaml.safe_dump(tree))
        except ForecasterError as again:
            if (diagnostic.path, diagnostic.summary) in [(d.path, d.summary) for d in again.diagnostics]:
                found.append(f"{diagnostic.hint} leads to: {diagnostic}")
    return found


def _changed(tree: dict[str, Any], diagnostic: Diagnostic) -> bool:
    """Change a config as a hint says. Return whether it could be."""
    hint, path = diagnostic.hint or "", [part for part in diagnostic.path.split(".") if part]
    inside: Any = tree
    for part in path[:-1]:
        inside = inside[int(part)] if isinstance(inside, list) else inside.get(part)
        if not isinstance(inside, (dict, list)):
            return False
    value, home = _OF_VALUE.match(hint), _HOME.match(hint)
    if not path:
        return False
    last: Any = int(path[-1]) if isinstance(inside, list) else path[-1]
    if diagnostic.summary == "unknown key" and (last in inside if isinstance(inside, dict) else False):
        if value is not None and value["meant"] is not None:
            inside[value["meant"]] = inside.pop(last)
            return True
        if home is None:
            return False
        moved, target = inside.pop(last), tree
        for part in (home["home"] or "").split(".") if home["home"] else []:
            target = target.setdefault(part, {})
        if isinstance(target, dict):
            target[last] = moved
        return True
    if value is None:
        return False
    written = next(text for text in value.groups() if text is not None)
    inside[last] = yaml.safe_load(written)
    return True
