"""`--set a.b.0.c=value`, which replaces single values of the file from the command line."""

from __future__ import annotations

from typing import Any

from forecaster.config.parsed_yaml import MAX_DEPTH, ParsedYaml, kind_of, parse_yaml
from forecaster.config.positions import KeyPath, dotted
from forecaster.config.syntax import unprintable
from forecaster.errors import ConfigError, Diagnostic, Location
from forecaster.text import shortened

# More overrides than this are a file of their own.
MAX_OVERRIDES = 1_000
# The most characters of an override in a message.
MOST_SHOWN = 200


def apply_overrides(tree: ParsedYaml, overrides: list[str]) -> list[Diagnostic]:
    """Change the values of a file in place, in the order of the overrides.

    A value is read as YAML, so it may be a list, a mapping or a search node. An unknown key is set too: validation
    refuses it and suggests a better one.

    Args:
        tree: The file.
        overrides: The overrides, each in the form "model.layers.0.units=64".

    Returns:
        One diagnostic for each override that cannot be applied.
    """
    faults: list[Diagnostic] = []
    if len(overrides) > MAX_OVERRIDES:
        hint = "change the file instead"
        return [
            Diagnostic(
                f"is given {len(overrides):,} times, at most {MAX_OVERRIDES:,}", hint, Location("--set")
            )
        ]
    for override in overrides:
        where = Location(f"--set {shortened(override, MOST_SHOWN)}")
        if fault := unprintable(override, where.file):
            faults.append(Diagnostic(fault.summary, "write the value as text in UTF-8", where))
            continue
        name, equals, text = override.partition("=")
        path = _parts(name)
        if not equals or path is None:
            hint = "write --set training.epochs=20"
            faults.append(Diagnostic("needs a path, '=' and a value", hint, where))
            continue
        if len(path) > MAX_DEPTH:
            faults.append(Diagnostic(f"the path has {len(path):,} parts, at most {MAX_DEPTH}", None, where))
            continue
        try:
            # The text is parsed like a file, so that comments and block scalars mean the same.
            given = parse_yaml(text, where.file)
        except ConfigError as e:
            faults += [Diagnostic(d.summary, d.hint, where, name.strip()) for d in e.diagnostics]
            continue
        faults += [Diagnostic(d.summary, d.hint, where, name.strip()) for d in given.problems]
        fault = None if given.problems else put(tree, path, given.values, where)
        if fault is not None:
            faults.append(fault)
    return faults


def _parts(name: str) -> list[str] | None:
    parts = [part.strip() for part in name.split(".")]
    return parts if all(parts) else None


def put(tree: ParsedYaml, parts: list[str], value: Any, where: Location) -> Diagnostic | None:
    """Replace one value of a file in place.

    Args:
        tree: The file.
        parts: The parts of the dotted key.
        value: The new value.
        where: The location of the new value, for messages.

    Returns:
        None, or the reason why the value cannot be replaced. The file is then unchanged.
    """
    inside = tree.values
    path: KeyPath = ()
    for part in parts[:-1]:
        step = _step(inside, part, path, where)
        if isinstance(step, Diagnostic):
            return step
        path = (*path, step)
        following = parts[len(path)]
        if isinstance(inside, dict) and inside.get(part) is None:
            if following.isascii() and following.isdecimal():
                hint = f"set the whole list: {dotted(path)}=[…]"
                return Diagnostic(
                    f"does not exist, so it has no entry {following}", hint, where, dotted(path)
                )
            # The first value of an absent or empty section creates the section.
            inside[part] = {}
            tree.positions.override(path, where)
        inside = inside[step]
    last = _step(inside, parts[-1], path, where)
    if isinstance(last, Diagnostic):
        return last
    before = inside.get(last) if isinstance(inside, dict) else inside[last]
    inside[last] = value
    path = (*path, last)
    tree.positions.override(path, where, before=before)
    tree.holes = {hole for hole in tree.holes if hole[: len(path)] != path}
    return None


def _step(inside: Any, part: str, path: KeyPath, where: Location) -> str | int | Diagnostic:
    """Return the key or index that `part` means inside a value, or a diagnostic that says why there is none."""
    name = dotted(path)
    if isinstance(inside, dict):
        return part
    if isinstance(inside, list):
        if not (part.isascii() and part.isdecimal()):
            return Diagnostic(f"is a list, and {part!r} is not an index", f"write {name}.0", where, name)
        if int(part[:9]) < len(inside):
            return int(part)
        count = "1 entry" if len(inside) == 1 else f"{len(inside)} entries"
        last = len(inside) - 1
        hint = f"indices run from 0 to {last}" if last else "the only index is 0"
        hint = hint if inside else f"set the whole list: {name}=[…]"
        return Diagnostic(f"has {count}, no index {part}", hint, where, name)
    return Diagnostic(f"is {kind_of(inside)} and has no {part!r}", f"set {name} itself", where, name)
