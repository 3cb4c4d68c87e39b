"""YAML as plain values, with the line and column of every key and value.

Scalars follow the core schema of YAML 1.2: `1e-4` is a number; `on`, `no` and `12:30` are text; `0123` is
123. Anchors, aliases, merge keys, tags, duplicate keys, keys that are not text and second documents are
problems, because they make a file mean something else than it seems to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from forecaster.config.nearest import nearest
from forecaster.config.positions import KeyPath, Positions, dotted, quoted
from forecaster.config.syntax import explain_syntax, unprintable
from forecaster.errors import NO_PATH, ConfigError, Diagnostic, EnvironmentError_, Location
from forecaster.system import open_at_once

MAX_BYTES = 1024 * 1024
# Deeper than any config, and far below Python's recursion limit.
MAX_DEPTH = 32
# Far more than any config has: most have a hundred.
MAX_VALUES = 100_000
# More problems would not be read, and a file of 1 MiB could have enough of them to take a minute.
MAX_PROBLEMS = 100

NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
# An escape such as "\ud83d" makes one, and no file in UTF-8 can hold it.
SURROGATE = re.compile("[\ud800-\udfff]")
NAN = re.compile(r"\.(nan|NaN|NAN)")


class NumberError(ValueError):
    """A number that does not fit into a 64-bit integer or float."""


@dataclass
class ParsedYaml:
    """The values of a YAML file, and where they are.

    Attributes:
        values: The values: mappings, lists and scalars.
        positions: The line and column of every key and value.
        text: The file as it was given.
        problems: Problems that leave the rest of the file readable, in the order of the file.
        holes: Paths whose value is lost because of such a problem, and which get no further message.
    """

    values: Any
    positions: Positions
    text: str
    problems: list[Diagnostic] = field(default_factory=list)
    holes: set[KeyPath] = field(default_factory=set)


def read_yaml(path: Path) -> ParsedYaml:
    """Read one YAML file of at most 1 MiB, in UTF-8, that holds one mapping.

    Raises:
        ConfigError: When the file holds no mapping; lists every problem found so far.
        EnvironmentError_: When the file cannot be opened, for example without permission.
    """
    return parse_file(read_bytes(path), path)


def parse_file(content: bytes, path: Path) -> ParsedYaml:
    """Parse the content of a YAML file that holds one mapping. Raises ConfigError as `read_yaml`."""
    file = str(path)
    text = decode(content, file)
    tree = parse_yaml(text, file)
    if not isinstance(tree.values, dict):
        hint = "write 'key: value' lines"
        if path.suffix.lower() not in (".yaml", ".yml"):
            hint = "give a YAML file; the table is named in it, under data.path"
        what = "is empty" if tree.values is None else f"holds {kind_of(tree.values)}, needs a mapping"
        where = Location(file) if tree.values is None else tree.positions.of_value(())
        raise ConfigError.of([*tree.problems, Diagnostic(f"the file {what}", hint, where)])
    return tree


def read_bytes(path: Path) -> bytes:
    """Read a file of at most 1 MiB. Raises ConfigError or EnvironmentError_, as `read_yaml` does."""
    where = Location(str(path))
    try:
        with open(path, "rb", opener=open_at_once) as f:
            raw = f.read(MAX_BYTES + 1)
    except ValueError:
        raise ConfigError(
            "the path holds a character that no path can", hint="check the path", location=where
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        beside = _yaml_files(path.parent)
        near = nearest(path.stem, list(beside))
        hint = f"did you mean {beside[near]}?" if near else "check the path"
        raise ConfigError("no such file", hint=hint, location=where) from None
    except IsADirectoryError:
        raise ConfigError("is a folder", hint="give a YAML file", location=where) from None
    except OSError as e:
        if e.errno in NO_PATH:
            raise ConfigError(f"cannot be read: {e.strerror}", hint="check the path", location=where) from e
        raise EnvironmentError_(
            f"cannot be read: {e.strerror}", hint="check its permissions and the disk", location=where
        ) from e
    if len(raw) > MAX_BYTES:
        raise ConfigError(
            "is larger than 1 MiB", hint="a config is a few kilobytes; is this the data?", location=where
        )
    return raw


def _yaml_files(folder: Path) -> dict[str, Path]:
    """Return the YAML files of a folder, by name without extension."""
    try:
        return {p.stem: p for p in sorted(folder.iterdir()) if p.suffix in (".yaml", ".yml")}
    except OSError:
        # The folder is absent, or its names may not be read: there is nothing to suggest.
        return {}


def decode(raw: bytes, file: str) -> str:
    """Decode UTF-8. Raises ConfigError with the location of the first byte or character that is not text."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ConfigError("the file is UTF-16", hint="save it as UTF-8", location=Location(file))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        # Positions are counted in e.object, which lacks the byte order mark that raw may begin with.
        before = e.object[: e.start].decode("utf-8")
        where = Location(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise ConfigError(
            f"byte 0x{e.object[e.start]:02x} is not UTF-8", hint="save the file as UTF-8", location=where
        ) from None
    if fault := unprintable(text, file):
        raise ConfigError.of([fault])
    return text


def parse_yaml(text: str, file: str) -> ParsedYaml:
    """Parse text that may hold any value. Raises ConfigError when the syntax is not valid."""
    return _Builder(text, file).build()


def resolve(text: str) -> str | int | float | bool | None:
    """Return the value of a plain (unquoted) scalar in YAML 1.2. Raises NumberError."""
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if INTEGER.fullmatch(text):
        # No 64-bit number is this long, and Python refuses to convert thousands of digits.
        number = 2**63 if len(text) > 80 else int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        if not -(2**63) <= number < 2**63:
            raise NumberError(f"{quoted(text)} is too large for a whole number")
        return number
    if INFINITY.fullmatch(text):
        return float(text.replace(".", ""))
    if NAN.fullmatch(text):
        return float("nan")
    if FLOAT.fullmatch(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise NumberError(f"{quoted(text)} is too large for a number")
        return value
    return text


def kind_of(value: Any) -> str:
    """Return the kind of a value in plain words, such as "a list"."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a mapping"


class _Builder:
    """A parser on top of PyYAML's events, which expands no aliases and limits nesting."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.tree = ParsedYaml(None, Positions(file), text)
        self.events: Iterator[Any] = iter(())

    def build(self) -> ParsedYaml:
        """Parse the text. Raises ConfigError when the syntax is not valid."""
        if fault := unprintable(self.tree.text, self.file):
            raise ConfigError.of([fault])
        try:
            # The parser in C is twenty times as fast, and its messages are not those that `explain_syntax` knows.
            return self._built(getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.YAMLError:
            self.tree = ParsedYaml(None, Positions(self.file), self.tree.text)
            return self._built_in_python()

    def _built(self, loader: Any) -> ParsedYaml:
        self.events = yaml.parse(self.tree.text, Loader=loader)
        n_documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                n_documents += 1
                if n_documents > 1:
                    self.problem(event, (), "a second document starts here", "keep one per file")
                    break
                self.tree.values = self.value(next(self.events), ())
        return self.tree

    def _built_in_python(self) -> ParsedYaml:
        try:
            return self._built(yaml.SafeLoader)
        except yaml.YAMLError as e:
            raise ConfigError.of([*self.tree.problems, explain_syntax(e, self.file)]) from None

    def place(self, event: Any) -> Location:
        """Return the location of an event."""
        mark = event.start_mark
        return Location(self.file, mark.line + 1, mark.column + 1)

    def problem(self, event: Any, path: KeyPath, summary: str, hint: str | None = None) -> None:
        """Add a problem. Raises ConfigError when there are too many."""
        self.tree.problems.append(Diagnostic(summary, hint, self.place(event), dotted(path)))
        if len(self.tree.problems) >= MAX_PROBLEMS:
            raise ConfigError.of(self.tree.problems)

    def hole(self, event: Any, path: KeyPath, summary: str, hint: str) -> None:
        """Add a problem because of which a value is lost."""
        self.problem(event, path, summary, hint)
        self.tree.holes.add(path)

    def value(self, event: Any, path: KeyPath) -> Any:
        """Return the value that begins with an event, and record its location."""
        values = self.tree.positions.values
        values[path] = self.place(event)
        if len(values) > MAX_VALUES:
            fault = Diagnostic(
                f"holds more than {MAX_VALUES:,} values", "is this the data?", self.place(event)
            )
            raise ConfigError.of([*self.tree.problems, fault])
        if isinstance(event, yaml.AliasEvent):
            self.hole(event, path, f"alias *{event.anchor} is not allowed", "write the value out")
            return None
        if event.anchor is not None:
            self.problem(event, path, f"anchor &{event.anchor} is not allowed", "remove it")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.hole(event, path, f"tag {tag} is not allowed", "write the plain value")
        if len(path) > MAX_DEPTH:
            where = self.place(event)
            fault = Diagnostic(f"nested more than {MAX_DEPTH} deep", "check the brackets", where)
            raise ConfigError.of([*self.tree.problems, fault])
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(path)
        return self.scalar(event, path)

    def scalar(self, event: Any, path: KeyPath) -> Any:
        """Return the value of a scalar."""
        if half := SURROGATE.search(event.value):
            name = f"U+{ord(half[0]):04X}"
            self.hole(event, path, f"{name} is half of a character", "write the whole character")
            return None
        # The parser in C gives a plain scalar the style "".
        if event.style:
            return event.value
        try:
            return resolve(event.value)
        except NumberError as e:
            self.hole(event, path, str(e), "put it in quotes if it is text")
            return None

    def sequence(self, path: KeyPath) -> list[Any]:
        """Return a list, whose first event has been read."""
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: KeyPath) -> dict[str, Any]:
        """Return a mapping, whose first event has been read."""
        out: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key, allowed = self.key(event, path)
            here = (*path, key)
            if not allowed:
                # The value is read for the problems inside it, and then dropped.
                self.value(next(self.events), here)
                self.tree.holes.add(here)
                continue
            if key in out:
                first = self.tree.positions.keys[here].line
                self.problem(event, here, "duplicate key", f"it is already on line {first}; keep one")
            self.tree.positions.keys[here] = self.place(event)
            out[key] = self.value(next(self.events), here)
        return out

    def key(self, event: Any, path: KeyPath) -> tuple[str, bool]:
        """Return the key as written, and whether it is allowed; only text is."""
        if not isinstance(event, yaml.ScalarEvent):
            self.value(event, (*path, ""))
            if not isinstance(event, yaml.AliasEvent):
                self.problem(event, path, "a list or mapping cannot be a key", "keys are text")
            return "", False
        name = str(event.value)
        if half := SURROGATE.search(name):
            self.problem(
                event, path, f"a key holds U+{ord(half[0]):04X}, half of a character", "write it whole"
            )
            return name, False
        if event.anchor is not None or event.tag is not None:
            self.problem(event, path, f"key {name} has an anchor or a tag", "remove it")
        # The parser in C gives a plain scalar the style "".
        if event.style:
            return name, True
        if name == "<<":
            self.problem(event, path, "merge key << is not allowed", "write the keys out")
            return name, False
        try:
            is_text = isinstance(resolve(name), str)
        except NumberError:
            is_text = False
        if not is_text:
            self.problem(event, path, f"key {name or '(empty)'} is not text", f'put it in quotes: "{name}"')
        return name, is_text
