"""Write docs/api.md from the docstrings of the public names: `python -m tools.api_reference`.

What is public is what `forecaster.__all__` names, in that order. The sections of a docstring in Google's form become
Markdown: each entry of `Args:`, `Attributes:` and `Raises:` an item, `Returns:` a paragraph, `Example:` a block.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import forecaster

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
INTRODUCTION = """\
# The Python API

`import forecaster` gives the names on this page. A name that is not here may change without notice. This page is
generated from the docstrings; [Use it from Python](python.md) shows how the names work together.
"""
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Example|Examples|Note):[ ]*(.*)$")
LISTS = {"Args", "Attributes", "Raises"}
ENTRY = re.compile(r"^(\*{0,2}[\w.]+)(?: \([^)]*\))?:\s+(.*)$", re.DOTALL)
# Addresses in the text of a default would make the page another one every time.
ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-f]+>|<factory>")
WIDTH = 90


def public_names() -> list[str]:
    """The names that the package promises, in the order of `__all__`."""
    return list(getattr(forecaster, "__all__", ["__version__"]))


def render() -> str:
    """The whole page, in Markdown."""
    parts = [INTRODUCTION]
    for name in public_names():
        parts += [f"## `{name}`\n", *described(name, getattr(forecaster, name))]
    return "\n".join(parts).rstrip() + "\n"


def described(name: str, value: Any) -> Iterator[str]:
    """The Markdown of one public name: its signature, its docstring and its members."""
    if inspect.isclass(value):
        yield from _class(name, value)
    elif callable(value):
        yield _signature(f"{name}", value)
        yield from _docstring(value)
    else:
        yield (
            f"`{type(value).__name__}`: `{value!r}`\n" if name != "__version__" else "The version, as text.\n"
        )


def _class(name: str, value: type) -> Iterator[str]:
    bases = [base.__name__ for base in value.__bases__ if base.__name__ in public_names()]
    if issubclass(value, BaseException):
        yield f"An exception{', a kind of ' + ' and '.join(f'[{b}](#{b.lower()})' for b in bases) if bases else ''}.\n"
    else:
        yield _signature(f"class {name}", value)
    yield from _docstring(value)
    for member, found in _public_members(value):
        yield f"### `{name}.{member}`\n"
        if isinstance(found, property):
            yield "A property.\n"
            yield from _docstring(found)
        else:
            yield _signature(f"{name}.{member}", getattr(value, member))
            yield from _docstring(getattr(value, member))


def _public_members(value: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties that the class or a base of this package defines, in the order of their definition."""
    seen: set[str] = set()
    for base in value.__mro__:
        if base.__module__.partition(".")[0] != forecaster.__name__:
            continue
        for member, found in vars(base).items():
            is_code = isinstance(found, property | classmethod | staticmethod) or inspect.isfunction(found)
            if not member.startswith("_") and is_code and member not in seen:
                seen.add(member)
                yield member, found


def _signature(name: str, value: Any) -> str:
    signature = inspect.signature(value)
    shown = list(_parameters([p for p in signature.parameters.values() if p.name not in ("self", "cls")]))
    is_class = inspect.isclass(value) or signature.return_annotation is signature.empty
    returns = "" if is_class else f" -> {_annotation(signature.return_annotation)}"
    one_line = f"{name}({', '.join(shown)}){returns}"
    if len(one_line) > WIDTH:
        one_line = f"{name}(\n" + "".join(f"    {text},\n" for text in shown) + f"){returns}"
    return f"```text\n{one_line}\n```\n"


def _parameters(kept: list[inspect.Parameter]) -> Iterator[str]:
    """Each parameter as it is written in code, with `*` before the first that is keyword-only."""
    marked = False
    for parameter in kept:
        if parameter.kind is parameter.KEYWORD_ONLY and not marked:
            marked = True
            yield "*"
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        marked = marked or stars == "*"
        text = f"{stars}{parameter.name}"
        if parameter.annotation is not parameter.empty:
            text += f": {_annotation(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {ADDRESS.sub('<...>', repr(parameter.default))}"
        yield text


def _annotation(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _docstring(value: Any) -> Iterator[str]:
    text = inspect.getdoc(value) or ""
    if dataclasses.is_dataclass(value) and text.startswith(f"{getattr(value, '__name__', '')}("):
        return  # what dataclasses write where there is no docstring
    plain: list[str] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        found = SECTION.match(lines[at])
        at += 1
        if found is None:
            plain.append(lines[at - 1])
            continue
        body = [found[2]] if found[2] else []
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith(" ")):
            body.append(lines[at])
            at += 1
        if "".join(plain).strip():
            yield "\n".join(plain).strip() + "\n"
        plain = []
        yield from _section(found[1], textwrap.dedent("\n".join(body)).strip())
    if "".join(plain).strip():
        yield "\n".join(plain).strip() + "\n"


def _section(title: str, body: str) -> Iterator[str]:
    if title in ("Example", "Examples"):
        yield f"**{title}**\n\n```python\n{body.removeprefix('::').strip()}\n```\n"
        return
    if title not in LISTS:
        yield f"**{title}:** {' '.join(body.split())}\n"
        return
    yield f"**{title}**\n"
    entries = re.split(r"\n(?=\S)", body)
    items = []
    for entry in entries:
        found = ENTRY.match(entry)
        text = f"`{found[1]}`: {found[2]}" if found else entry
        items.append("- " + " ".join(text.split()))
    yield "\n".join(items) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
