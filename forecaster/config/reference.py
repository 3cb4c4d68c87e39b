"""The config reference, docs/config.md, generated from the schema.

`python -m forecaster.config.reference > docs/config.md`
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forecaster.config.describe import Node, alternatives, choices, deref, experiment_schema, needs, tags
from forecaster.config.dimensions import KINDS
from forecaster.config.dump import flow
from forecaster.config.positions import KeyPath, dotted

INTRODUCTION = Path(__file__).with_name("reference_intro.md")
# A list of more names than this that several keys share is printed once, at the end of the page.
LONG_LIST = 8
CONTENTS = "<!-- contents -->"


@dataclass(frozen=True)
class DescribedKey:
    """One key of the file.

    Attributes:
        path: The path of the key; N stands for the index of a list.
        node: The schema of its value.
        required: Whether a file must have it.
        types: The types of the union that have the key, in order; empty outside a union.
        ambiguous: Whether another entry has the same path, with other types.
    """

    path: KeyPath
    node: Node
    required: bool
    types: tuple[str, ...] = ()
    ambiguous: bool = False

    @property
    def title(self) -> str:
        """The heading of the key, in Markdown."""
        name = f"`{dotted(self.path)}`"
        return f"{name} ({', '.join(self.types)})" if self.ambiguous else name

    @property
    def link(self) -> str:
        """A link to the heading, named without the section."""
        name = f"`{dotted(self.path[1:] or self.path)}`"
        shown = f"{name} ({', '.join(self.types)})" if self.ambiguous else name
        return f"[{shown}](#{slug(self.title)})"


def reference() -> str:
    """Return the whole page, in Markdown."""
    root = experiment_schema()
    shared = _shared_lists(root)
    top = list(entries(root, (), root))
    single = [entry for entry in top if len(entry.path) == 1 and not _keys_of(entry.node, root)]
    sections = [entry for entry in top if len(entry.path) == 1 and _keys_of(entry.node, root)]
    parts = [_section_of_nodes(), "## Top level", _summary(single, root)]
    parts += [_detail(entry, root, shared) for entry in single]
    for section in sections:
        name = str(section.path[0])
        inside = [entry for entry in top if entry.path[0] == name and len(entry.path) > 1]
        needed = " (required)" if section.required else ""
        parts += [f"## `{name}`{needed}", _text(section.node, root), _summary(inside, root)]
        parts += [_detail(entry, root, shared) for entry in inside]
    for title, node in shared.values():
        parts += [f"## {title.capitalize()}s", _table(["Value", "Meaning"], _meanings(node))]
    page = "\n\n".join([INTRODUCTION.read_text(encoding="utf-8").rstrip(), *parts]) + "\n"
    return page.replace(CONTENTS, _contents(page))


def entries(node: Node, path: KeyPath, root: Node) -> Iterator[DescribedKey]:
    """Yield every key under a mapping, in the order of the schema; the keys of a union follow it.

    Args:
        node: The schema of the mapping.
        path: The path of the mapping.
        root: The schema that its $refs point into.
    """
    for key, inner in node["properties"].items():
        here = (*path, key)
        yield DescribedKey(here, inner, key in node.get("required", []))
        branches = alternatives(inner, root)
        is_list = branches[0].get("type") == "array"
        by_type = tags(branches[0]["items"] if is_list else inner, root)
        if by_type:
            yield from _entries_of_union((*here, "N") if is_list else here, by_type, root)
        elif "properties" in branches[0]:
            yield from entries(branches[0], here, root)


def _entries_of_union(path: KeyPath, by_type: dict[str, Node], root: Node) -> Iterator[DescribedKey]:
    """Yield one entry per key, with the types that have it; a key that differs between types has several."""
    merged: list[DescribedKey] = []
    for tag, branch in by_type.items():
        for entry in entries(branch, path, root):
            if entry.path == (*path, "type"):
                continue
            same = [i for i, other in enumerate(merged) if replace(other, types=()) == entry]
            if same:
                merged[same[0]] = replace(merged[same[0]], types=(*merged[same[0]].types, tag))
            else:
                merged.append(replace(entry, types=(tag,)))
    seen = Counter(entry.path for entry in merged)
    for entry in merged:
        yield replace(entry, ambiguous=seen[entry.path] > 1)


def slug(title: str) -> str:
    """Return the anchor that Markdown renderers give to a heading."""
    return re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-")


def _contents(page: str) -> str:
    """Return the headings of the second level, as a list of links."""
    titles = re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
    return "\n".join(f"- [{title}](#{slug(title)})" for title in titles if title != "Contents")


def _summary(found: list[DescribedKey], root: Node) -> str:
    rows = [[e.link, _first_sentence(_text(e.node, root)), _default(e, root)] for e in found]
    return _table(["Key", "What it does", "Default"], rows)


def _detail(entry: DescribedKey, root: Node, shared: dict[tuple[str, ...], tuple[str, Node]]) -> str:
    """Return everything about one key: its heading, facts, text and table of values."""
    facts = [f"**Type:** {_type(entry, root, shared)}", f"**Default:** {_default(entry, root) or '-'}"]
    if entry.types and not entry.ambiguous:
        facts.insert(0, f"**With type:** {', '.join(f'`{t}`' for t in entry.types)}")
    given = deref(entry.node, root).get("examples", [])
    if given:
        shown = ", ".join(f"`{example_text(str(entry.path[-1]), value)}`" for value in given)
        facts.append(f"**Example{'s' if len(given) > 1 else ''}:** {shown}")
    parts = [f"### {entry.title}", "\n".join(f"- {fact}" for fact in facts), _text(entry.node, root)]
    branch = alternatives(entry.node, root)[0]
    by_type = tags(branch["items"] if branch.get("type") == "array" else entry.node, root)
    named = _named(entry.node, root)
    if by_type:
        rows = [[f"`{tag}`", _text(node, root)] for tag, node in by_type.items()]
        parts.append(_table(["Type", "Meaning"], rows))
    elif named and tuple(named["enum"]) not in shared:
        parts.append(_table(["Value", "Meaning"], _meanings(named)))
    return "\n\n".join(parts)


def example_text(key: str, value: Any) -> str:
    """Return a key with an example value, as one line of YAML."""
    return f"{key}: {flow(value)}"


def _section_of_nodes() -> str:
    """Return the keys of each kind of search node, which the introduction explains."""
    parts = []
    for kind, spec in KINDS.items():
        schema = spec.model_json_schema()
        rows = []
        for entry in entries(schema, (), schema):
            text = " ".join([_text(entry.node, schema), *_inline_meanings(entry.node)])
            example = example_text(str(entry.path[-1]), entry.node["examples"][0])
            rows.append(
                [
                    f"`{entry.path[-1]}`",
                    needs(entry.node, schema),
                    _default(entry, schema),
                    text,
                    f"`{example}`",
                ]
            )
        parts += [f"### `{kind}`", schema["description"]]
        parts.append(_table(["Key", "Type", "Default", "Meaning", "Example"], rows))
    return "\n\n".join(parts)


def _inline_meanings(node: Node) -> list[str]:
    return [
        f"`{value}`: {text}"
        for value, text in zip(node.get("enum", []), node.get("enumDescriptions", []), strict=True)
    ]


def _type(entry: DescribedKey, root: Node, shared: dict[tuple[str, ...], tuple[str, Node]]) -> str:
    """Describe the value in plain words; names that a table explains are not listed."""
    named = _named(entry.node, root)
    if named and tuple(named["enum"]) in shared:
        title = shared[tuple(named["enum"])][0]
        return needs(entry.node, root, names=f"one of the [{title}s](#{title}s)")
    return needs(entry.node, root, names="one of those below")


def _named(node: Node, root: Node) -> Node | None:
    """Return the part of a schema that lists names with meanings, of the value, its entries or its keys."""
    for branch in alternatives(node, root):
        rest = branch.get("additionalProperties")
        for inner in (
            branch,
            branch.get("items"),
            rest if isinstance(rest, dict) else None,
            branch.get("propertyNames"),
        ):
            for found in alternatives(inner, root) if inner else ():
                if "enumDescriptions" in found:
                    return found
    return None


def _meanings(named: Node) -> list[list[str]]:
    return [
        [f"`{value}`", text] for value, text in zip(named["enum"], named["enumDescriptions"], strict=True)
    ]


def _default(entry: DescribedKey, root: Node) -> str:
    """Return the default as YAML, or a word in its place."""
    if entry.required:
        return "required"
    full = deref(entry.node, root)
    if "default" not in full:
        return ""
    value = full["default"]
    if isinstance(value, dict) and value:
        return f"`{flow({'type': value['type']})}`" if tags(entry.node, root) else "those of its keys"
    return f"`{flow(value)}`"


def _text(node: Node, root: Node) -> str:
    return " ".join(str(deref(node, root).get("description", "")).split())


def _first_sentence(text: str) -> str:
    found = re.match(r".+?[.](?=\s|$)", text)
    return found.group() if found else text


def _keys_of(node: Node, root: Node) -> bool:
    return any("properties" in branch for branch in alternatives(node, root))


def _table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _shared_lists(root: Node) -> dict[tuple[str, ...], tuple[str, Node]]:
    """Return long lists of names that several keys share, with the last word of those keys and the schema."""
    seen: Counter[tuple[str, ...]] = Counter()
    found: dict[tuple[str, ...], tuple[str, Node]] = {}
    for definition in root["$defs"].values():
        for key, node in definition.get("properties", {}).items():
            names, named = tuple(choices(node, root)), _named(node, root)
            if named and len(names) > LONG_LIST:
                seen[names] += 1
                found[names] = (key.split("_")[-1], named)
    return {names: what for names, what in found.items() if seen[names] > 1}


if __name__ == "__main__":
    sys.stdout.write(reference())
