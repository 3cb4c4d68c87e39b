"""Hints, taken apart: what a message proposes, as its reader would type it.

A move is one thing to do: options that stand together, such as `--time n --freq 1`, or a key with its value, such as
`data.csv.decimal: ','`. A hint may offer several moves, and words that no program can follow.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import typer
import yaml

from forecaster.cli import app
from forecaster.config.spec import ExperimentSpec

GROUP: Any = typer.main.get_command(app)
# Words behind an option or a key that are no value of it.
_WORDS = frozenset(
    {
        "a", "an", "the", "another", "its", "their", "this", "with", "for", "or", "and", "in", "to", "such", "which",
        "where", "without", "that", "is", "itself", "them", "it", "out", "instead", "if", "again", "later", "when", "as", "one", "on",
    }
)  # fmt: skip
_SHELL = r"(?:'[^']*'|\"(?:[^\"\\]|\\.)*\"|[^\s,;()'\"]+)+"
_OPTION = re.compile(rf"(?<![\w`'\"-])--(?P<name>[a-z]+(?:-[a-z]+)*)(?P<value>(?:=| to | ){_SHELL})?")
_SECTIONS = "|".join(
    name for name, field in ExperimentSpec.model_fields.items() if name not in ("name", "seed")
)
_KEY = re.compile(rf"(?<![\w./-])(?P<key>(?:{_SECTIONS})(?:\.[a-z_]+)+)(?P<is>: | to )?")
_YAML = (
    r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|\[(?:[^\]\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*')*\]|\{[^}]*\}|"
    r"[\w%+~-][\w./:%+#~-]*"
)
# A value, and what may stand behind one that is no word of the sentence.
_VALUE = re.compile(rf"(?P<value>{_YAML})(?=$|[,;]| or | for | and | in | steps|\.$)")
# A clause whose options need another table too.
_CHANGES = re.compile(r"^[ ]?(?:or )?(?:leave|write|move|number|complete)\b.* and ")
_AND_MORE = re.compile(r"(?:, or| or|,) (?:to )?")
_EXAMPLE = re.compile(r"[^;]*?\bsuch as ")


@dataclass(frozen=True)
class Move:
    """One thing to do.

    Attributes:
        options: The words behind a command, such as ("--freq", "1"); none where a key is set.
        key: The dotted key of the YAML file; "" where options are given.
        text: Its value, as the hint writes it.
    """

    options: tuple[str, ...] = ()
    key: str = ""
    text: str = ""

    @property
    def value(self) -> Any:
        """The value of the key, as YAML reads it."""
        return yaml.safe_load(self.text)

    @property
    def override(self) -> str:
        """The key and its value behind --set."""
        return f"{self.key}={self.text}"


def moves(hint: str) -> list[Move]:
    """Return what a hint proposes that can be typed as it stands."""
    return [*_of_options(hint), *_of_keys(hint)]


def options_named(hint: str) -> list[str]:
    """Return every option that a hint names, with or without a value."""
    return [f"--{found['name']}" for found in _OPTION.finditer(hint)]


def keys_named(hint: str) -> list[str]:
    """Return every key of the YAML file that a hint names."""
    return [found["key"] for found in _KEY.finditer(hint)]


def _of_options(hint: str) -> Iterator[Move]:
    words: list[str] = []
    end = 0
    for found in _OPTION.finditer(hint):
        if _CHANGES.search(re.split(r";|, or |; or ", hint[: found.start()])[-1]):
            continue
        typed = _typed(found, hint)
        if words and (typed is None or hint[end : found.start()].strip() not in ("", "and")):
            yield Move(options=tuple(words))
            words = []
        words += typed or []
        end = found.end()
        if other := re.match(r"(?: for [^,;]*?)?,? or ('[^']*')", hint[end:]):
            # The same option with another value.
            yield Move(options=(words[0], *shlex.split(other[1])))
    if words:
        yield Move(options=tuple(words))


def _typed(found: re.Match[str], hint: str) -> list[str] | None:
    """Return an option and its value as the shell reads them; None where the hint leaves the value to the reader."""
    name, value = f"--{found['name']}", found["value"]
    if all(is_flag(name, verb) for verb in verbs_of(name)):
        return [name]
    if value is None or value.strip().split(" ")[-1] in _WORDS:
        example = re.match(rf"[^;]*?\bsuch as ({_SHELL})", hint[found.start() :])
        if example is None or "--" in example[0][len(name) :]:
            return None
        value = example[1]
    return [name, *shlex.split(value.removeprefix("=").removeprefix(" to "))]


def _of_keys(hint: str) -> Iterator[Move]:
    for found in _KEY.finditer(hint):
        rest = hint[found.end() :]
        if found["is"] is None:
            continue
        example = re.match(r"(?:a|an|the|another|one of)\b", rest)
        if example is not None:
            skipped = re.match(r"one of ", rest) or _EXAMPLE.match(rest)
            if skipped is None:
                continue
            rest = rest[skipped.end() :]
        for text in _listed(rest):
            yield Move(key=found["key"], text=text)


def _listed(rest: str) -> Iterator[str]:
    """Yield the values that a hint lists, as in `first, second or in_order`."""
    while (found := _VALUE.match(rest)) is not None:
        text = found["value"]
        if text in _WORDS or re.match(rf"(?:{_SECTIONS})\.", text) or text.startswith("--"):
            return
        yield text
        rest = rest[found.end() :]
        meaning = re.match(r" for [^,;]*?(?=,| or |;|$)", rest)
        rest = rest[meaning.end() :] if meaning else rest
        more = _AND_MORE.match(rest)
        if more is None:
            return
        rest = rest[more.end() :]


@cache
def verbs_of(option: str) -> tuple[str, ...]:
    """Return the commands that take an option."""
    return tuple(
        verb
        for verb, command in GROUP.commands.items()
        if any(option in (*p.opts, *p.secondary_opts) for p in command.params)
    )


@cache
def is_flag(option: str, verb: str) -> bool:
    """Return whether an option of a command takes no value."""
    params = GROUP.commands[verb].params
    return any(p.is_flag for p in params if option in (*p.opts, *p.secondary_opts))


@cache
def has_key(key: str) -> bool:
    """Return whether a dotted key is one of the YAML file."""
    node: Any = ExperimentSpec.model_json_schema()
    root = node
    for part in key.split("."):
        node = _inside(node, root).get(part)
        if node is None:
            return False
    return True


def _inside(node: Any, root: Any) -> dict[str, Any]:
    """Return the properties of a part of the schema, and of the choices that it has."""
    if "$ref" in node:
        return _inside(root["$defs"][node["$ref"].rsplit("/", 1)[1]], root)
    found = dict(node.get("properties", {}))
    for way in ("anyOf", "oneOf", "allOf"):
        for choice in node.get(way, []):
            found |= _inside(choice, root)
    return found


def faults_of_words(hint: str, verb: str | None = None) -> list[str]:
    """Return what a hint names that there is not: an option, of one command or of any, or a key of the YAML file."""
    no_options = [
        o for o in options_named(hint) if not (verbs_of(o) if verb is None else verb in verbs_of(o))
    ]
    return [*no_options, *(key for key in keys_named(hint) if not has_key(key))]
