"""JSON Schema (draft 2020-12) of the YAML file, for editors and other programs.

Every scalar may also be a search node. The schema has no rules between keys; `forecaster validate` checks those.
"""

from __future__ import annotations

import copy
from typing import Any

from forecaster.config.describe import Node, experiment_schema
from forecaster.config.dimensions import KINDS
from forecaster.model.cells import CELLS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# The kinds of search node whose values have a type.
KINDS_OF_TYPE = {
    "integer": ("int", "choice"),
    "number": ("float", "int", "choice"),
    "string": ("choice",),
    "boolean": ("boolean", "choice"),
}


def json_schema() -> Node:
    """Return the schema of a file, search nodes included; a new copy at every call."""
    root = copy.deepcopy(experiment_schema())
    definitions = root.pop("$defs")
    for name, definition in definitions.items():
        definitions[name] = _open(definition)
    for cell in CELLS.values():
        # model.cell may give the type instead.
        definitions[cell.__name__]["required"].remove("type")
    for kind, spec in KINDS.items():
        body = spec.model_json_schema()
        body.pop("title", None)
        definitions[f"search_{kind}"] = {
            "type": "object",
            "description": f"Search node: {body.pop('description')}",
            "properties": {kind: body},
            "required": [kind],
            "additionalProperties": False,
        }
    return {
        "$schema": DIALECT,
        **_open(root),
        "title": "forecaster experiment",
        "description": "One file for validate, train and tune.",
        "$defs": definitions,
    }


def _open(node: Node) -> Node:
    """Return the same node with scalars that may also be search nodes, without the titles, which repeat the keys."""
    node = {k: v for k, v in node.items() if k not in ("title", "discriminator")}
    if "description" in node:
        node["description"] = " ".join(node["description"].split())
    if "properties" in node:
        node["properties"] = {key: _open(inner) for key, inner in node["properties"].items()}
    if isinstance(node.get("additionalProperties"), dict):
        node["additionalProperties"] = _open(node["additionalProperties"])
    if "items" in node:
        node["items"] = _open(node["items"])
    if "oneOf" in node:
        # A layer whose type is a search node matches several branches.
        node["anyOf"] = node.pop("oneOf")
    if "anyOf" in node:
        return _open_union(node)
    kinds = _kinds([node])
    if not kinds:
        return node
    texts = {k: node.pop(k) for k in ("description", "default", "examples") if k in node}
    return texts | {"anyOf": [node, *_references(kinds)]}


def _open_union(node: Node) -> Node:
    branches = [
        {k: v for k, v in b.items() if k != "title"}
        if b.get("type") in (*KINDS_OF_TYPE, "null")
        else _open(b)
        for b in node["anyOf"]
    ]
    return node | {"anyOf": branches + _references(_kinds(branches))}


def _kinds(branches: list[Node]) -> list[str]:
    types: list[Any] = [b.get("type") for b in branches]
    found = [kind for t in types for kind in KINDS_OF_TYPE.get(t, ())]
    return list(dict.fromkeys(found))


def _references(kinds: list[str]) -> list[Node]:
    return [{"$ref": f"#/$defs/search_{kind}"} for kind in kinds]
