"""The errors of pydantic as diagnostics in plain words, each with its line and column."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from forecaster.config.describe import Node, alternatives, deref, experiment_schema, needs, tags
from forecaster.config.hints import misplaced_key, shown, value_hint
from forecaster.config.nearest import nearest
from forecaster.config.positions import KeyPath, Positions, dotted
from forecaster.errors import Diagnostic, Location
from forecaster.spec import MOST_COUNT, MOST_DISTANCE, FaultsError

MISSING = "is missing"
# To explain a fault takes a millisecond, and nobody reads hundreds: the rest is only counted.
MOST_EXPLAINED = 300


@dataclass(frozen=True)
class Place:
    """A location of pydantic as a place in the file, which has no keys for the branches of unions.

    Attributes:
        path: The path in the file.
        node: The schema at this place; None if the schema has no such key.
        parent: The schema of the mapping around it; in a union, the branch of the right type.
        siblings: The branches of the union that the parent belongs to, by type.
        names_key: Whether the fault is in the key itself, not in its value.
    """

    path: KeyPath
    node: Node | None
    parent: Node | None = None
    siblings: tuple[tuple[str, Node], ...] = ()
    names_key: bool = False


def diagnostics_of(
    error: ValidationError,
    positions: Positions,
    *,
    holes: Collection[KeyPath] = (),
    schema: Node | None = None,
    prefix: KeyPath = (),
) -> list[Diagnostic]:
    """Return one diagnostic per fault, in the order of the file.

    Args:
        error: The error of pydantic.
        positions: The line and column of every key and value.
        holes: Paths that already have a message.
        schema: The JSON Schema of the validated spec; the experiment's by default.
        prefix: The path of the validated value in the file.
    """
    root = schema or experiment_schema()
    lost = set(holes)
    found: dict[tuple[KeyPath, str], Diagnostic] = {}
    misspelt: set[KeyPath] = set()
    faults = error.errors(include_url=False)
    for fault in faults[:MOST_EXPLAINED]:
        place = locate(fault["loc"], root)
        for path, diagnostic in _explain_one(dict(fault), place, positions, root, prefix):
            # A union of scalars reports once per branch; one message names them all.
            if not any(path[:end] in lost for end in range(len(path) + 1)):
                found.setdefault((path, diagnostic.summary), diagnostic)
        if fault["type"] == "extra_forbidden":
            misspelt.add((*prefix, *place.path[:-1], _unknown_key(place, root)[2] or ""))
    # A misspelt key is not reported as missing as well.
    kept = [
        d for (path, summary), d in found.items() if path not in misspelt or not summary.startswith(MISSING)
    ]
    unread = [
        Diagnostic("is not valid", None, Location(positions.file), dotted((*prefix, *fault["loc"])))
        for fault in faults[MOST_EXPLAINED:]
    ]
    return [*in_file_order(kept), *unread]


def in_file_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort by line and column; diagnostics without a line, such as those of --set, come last."""

    def key(d: Diagnostic) -> tuple[float, int]:
        line = d.location.line if d.location else None
        return (float("inf") if line is None else line, (d.location and d.location.column) or 0)

    return sorted(diagnostics, key=key)


def locate(loc: tuple[int | str, ...], root: Node) -> Place:
    """Follow a location of pydantic through the schema."""
    node: Node | None = root
    place = Place((), root)
    siblings: tuple[tuple[str, Node], ...] = ()
    for part in loc:
        if node is None:
            break
        by_type = tags(node, root)
        if by_type and part in by_type:
            node = by_type[str(part)]
            siblings = tuple(by_type.items())
            place = Place(place.path, node, place.parent, siblings)
            continue
        inside = _inside(node, part, root)
        if inside is None:
            # A key of this name would be inside something.
            if part == "[key]":
                return Place(place.path, place.node, place.parent, names_key=True)
            break
        parent, node = inside
        place = Place(
            (*place.path, part), node, parent, siblings if parent in [n for _, n in siblings] else ()
        )
    return place


def _inside(node: Node, part: int | str, root: Node) -> tuple[Node, Node | None] | None:
    """Go one step into a node.

    Returns:
        The schema of the container and the schema at `part`; None if `part` only names the branch of a union of
        scalars.
    """
    for branch in alternatives(node, root):
        if isinstance(part, int) and branch.get("type") == "array":
            return branch, branch["items"]
        if isinstance(part, str) and branch.get("type") == "object":
            properties = branch.get("properties", {})
            if part in properties:
                return branch, properties[part]
            rest = branch.get("additionalProperties")
            return branch, rest if isinstance(rest, dict) else None
    return None


def _explain_one(
    fault: dict[str, Any], place: Place, positions: Positions, root: Node, prefix: KeyPath
) -> Iterable[tuple[KeyPath, Diagnostic]]:
    path = prefix + place.path
    kind = fault["type"]
    if kind == "value_error":
        cause = fault["ctx"]["error"]
        if not isinstance(cause, FaultsError):
            yield path, Diagnostic(str(cause), None, positions.of_value(path), dotted(path))
            return
        for misfit in cause.faults:
            here = path + misfit.path
            yield here, Diagnostic(misfit.summary, misfit.hint, positions.of_value(here), dotted(here))
    elif kind == "extra_forbidden":
        summary, move, _ = _unknown_key(place, root)
        yield path, Diagnostic(summary, move, positions.of_key(path), dotted(path))
    elif kind == "missing":
        yield path, _missing(path, cast(Node, place.node), positions, root)
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        yield _bad_type((*path, "type"), fault, cast(Node, place.node), positions, root)
    elif place.names_key:
        yield path, Diagnostic("the key is empty", "give a name", positions.of_key(path), dotted(path))
    else:
        node = cast(Node, place.node)
        value = fault["input"]
        summary = f"is {shown(value)}, needs {needs(node, root)}"
        most = fault["ctx"]["le"] if fault["type"] == "less_than_equal" else None
        if most in (MOST_COUNT, MOST_DISTANCE):
            summary = f"is {shown(value)}, needs at most {most:,}"
        if fault["type"] == "string_too_short" and value == "":
            summary = "is empty text, needs at least one character"
        has_default = place.parent is not None and "default" in deref(node, root)
        hint = value_hint(value, node, root, has_default=has_default)
        yield path, Diagnostic(summary, hint, positions.of_value(path), dotted(path))


def _missing(path: KeyPath, node: Node, positions: Positions, root: Node) -> Diagnostic:
    where = f"under {dotted(path[:-1])}" if len(path) > 1 else "at the top level"
    wanted = f"{MISSING}, needs {needs(node, root)}"
    return Diagnostic(wanted, f"add '{path[-1]}:' {where}", positions.of_key(path[:-1]), dotted(path))


def _bad_type(
    path: KeyPath, fault: dict[str, Any], union: Node, positions: Positions, root: Node
) -> tuple[KeyPath, Diagnostic]:
    names = list(tags(union, root))
    wanted = f"one of {', '.join(names)}"
    if fault["type"] == "union_tag_not_found":
        hint = f"add 'type:' under {dotted(path[:-1])}"
        where = positions.of_key(path[:-1])
        return path, Diagnostic(f"{MISSING}, needs {wanted}", hint, where, dotted(path))
    value = fault["input"]["type"]
    near = nearest(str(value), names)
    move = f"did you mean {near}?" if near else None
    summary = f"is {shown(value)}, needs {wanted}"
    return path, Diagnostic(summary, move, positions.of_value(path), dotted(path))


def _unknown_key(place: Place, root: Node) -> tuple[str, str, str | None]:
    """Return what is wrong, a suggestion, and the key of this mapping that was probably meant."""
    key = str(place.path[-1])
    parent = place.parent or root
    owners = [tag for tag, node in place.siblings if key in node["properties"]]
    if owners:
        mine = next(tag for tag, node in place.siblings if node == parent)
        listed = " and ".join(filter(None, [", ".join(owners[:-1]), owners[-1]]))
        return f"is not an option of {mine}", f"remove it; it belongs to {listed}", None
    hint, meant = misplaced_key(key, place.path[:-1], parent, root)
    return "unknown key", hint, meant
