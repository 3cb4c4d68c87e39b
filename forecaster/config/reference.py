"""The config reference, docs/config.md, from the schema.

`python -m forecaster.config.reference > docs/config.md`
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forecaster.config.describe import Node, alternatives, choices, deref, experiment_schema, needs, tags
from forecaster.config.not_yet import ANY, NOT_YET
from forecaster.config.positions import KeyPath, dotted

INTRODUCTION = Path(__file__).with_name("reference_intro.md")
# A list of names longer than this that several keys share is printed once, at the end.
LONG_LIST = 8


@dataclass(frozen=True)
class Row:
    """One key of the file. types: those of its union that know it, in order; empty outside a union."""

    path: KeyPath
    types: tuple[str, ...]
    value: str
    default: str
    meaning: str


def reference() -> str:
    """The whole page, in Markdown."""
    root = experiment_schema()
    shared = _shared_lists(root)
    parts = [INTRODUCTION.read_text(encoding="utf-8").rstrip()]
    single = []
    sections = []
    for key, node in root["properties"].items():
        if any(b.get("type") == "object" for b in alternatives(node, root)):
            sections.append((key, deref(node, root)))
        else:
            single.append(_row((key,), node, root["required"], root, shared))
    parts.append("## The top level\n\n" + _table(single, ()))
    for key, node in sections:
        needed = " (required)" if key in root["required"] else ""
        parts.append(f"## {key}{needed}\n\n" + "\n\n".join(_tables((key,), node, root, shared)))
    for names, title in shared.items():
        parts.append(f"## {title.capitalize()}s\n\n" + ", ".join(f"`{n}`" for n in names))
    return "\n\n".join(parts) + "\n"


def _tables(path: KeyPath, node: Node, root: Node, shared: dict[tuple[str, ...], str]) -> Iterator[str]:
    """The table of a section, then those of the unions in it."""
    rows: list[Row] = []
    unions: list[tuple[KeyPath, dict[str, Node]]] = []

    def collect(inside: Node, at: KeyPath) -> None:
        for key, inner in inside["properties"].items():
            here = (*at, key)
            branches = alternatives(inner, root)
            is_list = branches[0].get("type") == "array"
            by_type = tags(branches[0]["items"] if is_list else inner, root)
            rows.append(_row(here, inner, inside.get("required", []), root, shared))
            if by_type:
                unions.append(((*here, "N") if is_list else here, by_type))
            elif "properties" in branches[0]:
                collect(branches[0], here)

    collect(node, path)
    yield _table(rows, path)
    for at, by_type in unions:
        yield f"### {dotted(at)}, by type\n\n" + _union_table(at, by_type, root, shared)


def _union_table(
    path: KeyPath, by_type: dict[str, Node], root: Node, shared: dict[tuple[str, ...], str]
) -> str:
    """One row per key, with the types that know it; keys that mean different things have several."""
    merged: list[Row] = []

    def collect(tag: str, inside: Node, at: KeyPath) -> None:
        for key, inner in inside["properties"].items():
            if (at, key) == (path, "type"):
                continue
            row = _row((*at, key), inner, inside.get("required", []), root, shared)
            same = [i for i, m in enumerate(merged) if replace(m, types=()) == row]
            if same:
                merged[same[0]] = replace(merged[same[0]], types=(*merged[same[0]].types, tag))
            else:
                merged.append(replace(row, types=(tag,)))
            branch = alternatives(inner, root)[0]
            if "properties" in branch:
                collect(tag, branch, (*at, key))

    for tag, node in by_type.items():
        collect(tag, node, path)
    return _table(merged, path, types=True)


def _row(
    path: KeyPath, node: Node, required: list[str], root: Node, shared: dict[tuple[str, ...], str]
) -> Row:
    full = deref(node, root)
    names = tuple(choices(node, root))
    value = f"one of the [{shared[names]}s](#{shared[names]}s)" if names in shared else needs(node, root)
    default = "required" if path[-1] in required else ""
    if "default" in full and not isinstance(full["default"], dict):
        default = _shown(full["default"])
    meaning = " ".join(str(full.get("description", "")).split())
    refused = [_shown(v) for v in NOT_YET.get(path, ()) if v is not ANY]
    if path in NOT_YET:
        later = f"Not in this version{': ' if refused else ''}{', '.join(refused)}."
        meaning = f"{meaning} {later}".strip()
    return Row(path, (), value, default, meaning)


def _table(rows: list[Row], base: KeyPath, *, types: bool = False) -> str:
    head = ["Key", "Types", "Value", "Default", "Meaning"]
    lines = []
    for row in rows:
        key = dotted(row.path[len(base) :])
        cells = [f"`{key}`", ", ".join(row.types), row.value, row.default, row.meaning]
        lines.append([cell.replace("|", "\\|") for cell in cells])
    keep = [i for i in range(len(head)) if types or i != 1]
    table = [[line[i] for i in keep] for line in (head, ["---"] * len(head), *lines)]
    return "\n".join("| " + " | ".join(line) + " |" for line in table)


def _shared_lists(root: Node) -> dict[tuple[str, ...], str]:
    """Long lists of names that several keys share, by the last word of those keys."""
    seen: Counter[tuple[str, ...]] = Counter()
    title: dict[tuple[str, ...], str] = {}
    for definition in root["$defs"].values():
        for key, node in definition.get("properties", {}).items():
            names = tuple(choices(node, root))
            if len(names) > LONG_LIST:
                seen[names] += 1
                title[names] = key.split("_")[-1]
    return {names: title[names] for names, count in seen.items() if count > 1}


def _shown(value: Any) -> str:
    plain = isinstance(value, str) and value.replace("_", "").replace("-", "").isalnum()
    return f"`{value}`" if plain else f"`{json.dumps(value)}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
