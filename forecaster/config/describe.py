"""Descriptions of parts of the JSON Schema of the experiment, in plain words."""

from __future__ import annotations

from functools import cache
from typing import Any

from forecaster.config.spec import ExperimentSpec
from forecaster.spec import MOST_COUNT, MOST_DISTANCE

Node = dict[str, Any]


@cache
def experiment_schema() -> Node:
    """Return the schema of a file without search nodes. It is shared: callers must not change it."""
    return ExperimentSpec.model_json_schema()


def deref(node: Node, root: Node) -> Node:
    """Follow a node's $ref; keys beside the $ref replace those of the definition."""
    while "$ref" in node:
        node = root["$defs"][node["$ref"].rsplit("/", 1)[1]] | {k: v for k, v in node.items() if k != "$ref"}
    return node


def alternatives(node: Node, root: Node) -> list[Node]:
    """Return the branches of a node without null; the node itself where it has none."""
    node = deref(node, root)
    branches = node.get("oneOf") or node.get("anyOf")
    if branches is None:
        return [node]
    return [b for branch in branches for b in alternatives(branch, root) if b.get("type") != "null"]


def nullable(node: Node, root: Node) -> bool:
    """Return whether a node accepts null."""
    node = deref(node, root)
    return any(deref(b, root).get("type") == "null" for b in node.get("anyOf", []))


def tags(node: Node, root: Node) -> dict[str, Node]:
    """Return the branches of a union by their `type`, in the order of the schema; empty where there is no union."""
    node = deref(node, root)
    if "discriminator" in node:
        branches = [deref(branch, root) for branch in node["oneOf"]]
        return {branch["properties"]["type"]["const"]: branch for branch in branches}
    for branch in node.get("anyOf", []):
        if found := tags(branch, root):
            return found
    return {}


def choices(node: Node, root: Node) -> list[Any]:
    """Return every value that the schema lists by name, in its order."""
    found: list[Any] = []
    for branch in alternatives(node, root):
        found += branch.get("enum", [branch["const"]] if "const" in branch else [])
    return found


def needs(node: Node, root: Node, *, names: str | None = None) -> str:
    """Describe what a value must be, such as "a whole number from 1 to 64" or "one of mse, mae or null".

    Args:
        node: The schema of the value.
        root: The schema that its $refs point into.
        names: A phrase in place of a list of names, such as "one of those below"; None lists the names.
    """
    phrases = [_phrase(branch, root, names) for branch in alternatives(node, root)]
    if by_tag := tags(node, root):
        phrases = [f"a mapping whose type is {names or 'one of ' + ', '.join(by_tag)}"]
    if nullable(node, root):
        phrases.append("null")
    unique = list(dict.fromkeys(phrases))
    if len(unique) == 1:
        return unique[0]
    comma = "," if len(unique) > 2 or any(" or " in p or ", " in p for p in unique) else ""
    return f"{', '.join(unique[:-1])}{comma} or {unique[-1]}"


def _phrase(node: Node, root: Node, names: str | None) -> str:
    if "enum" in node:
        return names or "one of " + ", ".join(str(v) for v in node["enum"])
    if "const" in node:
        return str(node["const"])
    kind = node.get("type")
    if kind in ("integer", "number"):
        if node.get("minimum") is not None and node.get("minimum") == node.get("maximum"):
            return f"{node['minimum']:g}"
        name = "a whole number" if kind == "integer" else "a number"
        return " ".join([name, *_bounds(node)])
    if kind == "boolean":
        return "true or false"
    if kind == "string":
        return _text(node)
    if kind == "array":
        entry = needs(node["items"], root, names=names)
        least = node.get("minItems")
        tail = f" with at least {least} {'entry' if least == 1 else 'entries'}" if least else ""
        return f"a list{tail}, each {entry}"
    if "additionalProperties" in node and isinstance(node["additionalProperties"], dict):
        return f"a mapping of names to {needs(node['additionalProperties'], root, names=names)}"
    required = node.get("required")
    return f"a mapping with {', '.join(required)}" if required else "a mapping"


def _bounds(node: Node) -> list[str]:
    low, above = node.get("minimum"), node.get("exclusiveMinimum")
    # The limit of counts says nothing about a value, and is named where a value is beyond it.
    high, below = node.get("maximum"), node.get("exclusiveMaximum")
    high = None if high in (MOST_COUNT, MOST_DISTANCE) else high
    top = (
        f"to {number(high)}" if high is not None else f"to below {number(below)}" if below is not None else ""
    )
    if low is not None:
        return [f"from {number(low)} {top}" if top else f"of at least {number(low)}"]
    if above is not None and below is not None:
        return [f"above {number(above)} and below {number(below)}"]
    if above is not None:
        return [f"above {number(above)}" + (f", up {top}" if top else "")]
    return [f"up {top}"] if top else []


def _text(node: Node) -> str:
    if words := node.get("patternErrorMessage"):
        return str(words)
    if node.get("minLength") == 1 and node.get("maxLength") == 1:
        return "one character of text"
    return "text"


def number(value: float) -> str:
    """Write a number in its shortest form: 1, 0.5, 1e-05."""
    whole = float(value).is_integer() and abs(value) < 2**53
    return str(int(value)) if whole else repr(value)
