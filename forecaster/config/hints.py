"""Suggestions for mistakes: the nearest name, the section a key belongs to, the value that was meant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from forecaster.config.describe import Node, alternatives, choices, deref, nullable, number, tags
from forecaster.config.dump import flow
from forecaster.config.nearest import VERY_LIKE, nearest
from forecaster.config.parsed_yaml import NumberError, resolve
from forecaster.config.positions import KeyPath, dotted, quoted

SCALARS = {"integer", "number", "string", "boolean"}
NODE_KINDS = ("int", "float", "choice", "boolean")


def shown(value: Any) -> str:
    """Return a value in the words of the file, such as null, 0.5 or an empty list."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    name = "list" if isinstance(value, list) else "mapping"
    return f"a {name}" if value else f"an empty {name}"


def misplaced_key(key: str, path: KeyPath, parent: Node, root: Node) -> tuple[str, str | None]:
    """Suggest what to do about an unknown key of the mapping at `path`.

    Returns:
        The suggestion, and the key of this mapping that was probably meant, if any.
    """
    if key in NODE_KINDS:
        return "a search node takes the place of a value: {int: {min: 1, max: 9, default: 3}}", None
    names = list(parent.get("properties", {}))
    if near := nearest(key, names, likeness=VERY_LIKE):
        return f"did you mean {near}?", near
    elsewhere = list(dict.fromkeys(dotted(p) for p in homes(key, root) if p != path))
    if 1 <= len(elsewhere) <= 2:
        return f"it belongs {' or '.join(f'under {p}' if p else 'at the top level' for p in elsewhere)}", None
    if near := nearest(key, names):
        return f"did you mean {near}?", near
    return f"the keys here are {', '.join(names)}", None


def homes(key: str, root: Node) -> Iterator[KeyPath]:
    """Yield the path of every mapping in the schema that has the key; mappings inside lists are left out."""

    def walk(node: Node, path: KeyPath) -> Iterator[KeyPath]:
        for branch in alternatives(node, root):
            properties = branch.get("properties", {})
            if key in properties:
                yield path
            for name, inner in properties.items():
                yield from walk(inner, (*path, name))

    return walk(root, ())


def value_hint(value: Any, node: Node, root: Node, *, has_default: bool) -> str | None:
    """Suggest how to write the value that was probably meant; None if there is nothing to suggest."""
    if value is None:
        return "remove the key to use its default" if has_default else None
    types = {b.get("type") for b in alternatives(node, root)}
    if isinstance(value, str):
        return _text_hint(value, types, node, root)
    if value is False and types == {"object"} and nullable(node, root):
        return "write null"
    if types == {"object"} and not isinstance(value, list | dict):
        return _mapping_hint(node, root)
    if isinstance(value, bool):
        return None
    if types == {"boolean"} and value in (0, 1):
        return f"write {'true' if value else 'false'}"
    if isinstance(value, float) and not math.isfinite(value):
        return "give a finite number" if types & {"integer", "number"} else None
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return f"write {number(value)}"
    if isinstance(value, int | float) and types == {"string"} and not choices(node, root):
        return f'put it in quotes: "{value}"'
    if isinstance(value, dict) and value.get("type") in choices(node, root):
        return f"write {value['type']}"
    if isinstance(value, dict) and "array" in types:
        return "begin each entry with '- '"
    if isinstance(value, dict) and any(kind in value for kind in NODE_KINDS):
        return "a search node has one key: int, float, choice or boolean"
    if isinstance(value, dict) and types & SCALARS:
        return _node_hint(value)
    return None


def _node_hint(value: dict[str, Any]) -> str | None:
    """Suggest a correction for a mapping that is almost a search node."""
    kinds = [near for key in value if (near := nearest(str(key), NODE_KINDS))]
    if len(value) == 1 and kinds:
        return f"did you mean {kinds[0]}?"
    if "values" in value:
        return "for a search write {choice: {values: [...], default: ...}}"
    if value.keys() & {"min", "max"}:
        return "for a search write {int: {min: 1, max: 9, default: 3}}, or float"
    return None


def _text_hint(value: str, types: set[Any], node: Node, root: Node) -> str | None:
    if named := [c for c in choices(node, root) if isinstance(c, str)]:
        near = nearest(value, named)
        return f"did you mean {near}?" if near else None
    if value in tags(node, root) or value in _type_choices(node, root):
        return f"write {{type: {value}}}"
    if "array" in types:
        entry = next(b for b in alternatives(node, root) if b.get("type") == "array")["items"]
        by_name = choices(entry, root)
        writable = value in by_name if by_name else deref(entry, root).get("type") == "string"
        return f"write {flow([value])}" if writable else None
    if value.lower() in ("none", "nil", "na", "null") and nullable(node, root):
        return "write null"
    if types == {"object"}:
        return _mapping_hint(node, root)
    if types == {"boolean"} and value.lower() in ("yes", "on", "no", "off", "true", "false"):
        return f"write {'true' if value.lower() in ('yes', 'on', 'true') else 'false'}"
    return _number_hint(value, types)


def _mapping_hint(node: Node, root: Node) -> str | None:
    """List the keys of the mapping that belongs here, unless the message already names its types or keys."""
    branches = alternatives(node, root)
    if tags(node, root) or any(branch.get("required") for branch in branches):
        return None
    keys = [key for branch in branches for key in branch.get("properties", {})]
    return f"its keys are {', '.join(keys)}" if keys else None


def _type_choices(node: Node, root: Node) -> list[Any]:
    """Return the choices of a mapping's own `type` key, such as the optimizer's."""
    found = [b["properties"]["type"] for b in alternatives(node, root) if "type" in b.get("properties", {})]
    return [c for type_node in found for c in choices(type_node, root)]


def _number_hint(value: str, types: set[Any]) -> str | None:
    try:
        plain = resolve(value.strip())
        spaced = resolve(value.strip().replace("_", "").replace(",", ""))
    except NumberError:
        return None
    if _fits(plain, types):
        return "remove the quotes"
    if _fits(spaced, types):
        return f"write {spaced}"
    return None


def _fits(value: Any, types: set[Any]) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, int):
        return bool(types & {"integer", "number"})
    return isinstance(value, float) and "number" in types
