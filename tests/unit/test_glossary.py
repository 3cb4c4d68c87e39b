"""The package uses the words of docs/glossary.md: no forbidden name, and no name with two meanings."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "forecaster").rglob("*.py"))
ROOMS = sorted({path.relative_to(ROOT / "forecaster").parts[0] for path in MODULES})
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)

# (module, name): why it may carry a forbidden word.
ALLOWED_WORDS = {
    ("evaluation/significance.py", "origins"): "a key of metrics.json",
}
# Shorthands of a module for NumPy arrays, in the precision that it works in.
ALLOWED_HOMONYMS = {"Array", "Floats", "Codes"}


def forbidden_words() -> dict[str, str]:
    """The words of the last column, each with the term that is used instead."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [row for row in ROW.findall(text) if row[0] not in ("Term", "---")]
    assert len(rows) > 50, "the table of the glossary is not read"
    return {word: term for term, _, words in rows for word in re.findall(r"`(\w+)`", words)}


def words_of(name: str) -> set[str]:
    """The words of an identifier, in lower case: those of `_offGrid_hint` are off, grid and hint."""
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))


def is_forbidden(name: str, word: str) -> bool:
    return word in words_of(name) if word.islower() else name == word


def defined_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that a module gives to something of its own, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno
            case ast.alias(asname=str(name)):
                yield name, getattr(node, "lineno", 0)


def public_types(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each public class and type alias of a module, with its definition; those of classes are always different."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name):
                yield name, f"class {id(node)}"
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ) if re.match(r"[A-Z][a-z]", name) and value is not None:
                yield name, ast.unparse(value).replace("npt.", "")


@pytest.mark.parametrize("room", ROOMS)
def test_no_name_carries_a_forbidden_word(room: str) -> None:
    words = forbidden_words()
    found = []
    for path in MODULES:
        place = path.relative_to(ROOT / "forecaster")
        if place.parts[0] != room:
            continue
        for name, line in defined_names(ast.parse(path.read_text(encoding="utf-8"))):
            for word, term in words.items():
                if is_forbidden(name, word) and (place.as_posix(), name) not in ALLOWED_WORDS:
                    found.append(f"forecaster/{place}:{line}: {name}: say {term}, not {word}")
    assert sorted(set(found)) == []


def test_no_public_name_has_two_meanings() -> None:
    meanings: dict[str, dict[str, str]] = defaultdict(dict)
    for path in MODULES:
        for name, definition in public_types(ast.parse(path.read_text(encoding="utf-8"))):
            if not name.startswith("_") and name not in ALLOWED_HOMONYMS:
                meanings[name].setdefault(definition, path.relative_to(ROOT).as_posix())
    assert {name: list(places.values()) for name, places in meanings.items() if len(places) > 1} == {}


def test_words_that_are_allowed_are_still_there() -> None:
    for module, name in ALLOWED_WORDS:
        names = {name for name, _ in defined_names(ast.parse((ROOT / "forecaster" / module).read_text()))}
        assert name in names, f"{module} has no {name}: take it off the list"


def test_forbidden_words_are_found_in_any_part_of_a_name() -> None:
    assert is_forbidden("_check_pace", "pace")
    assert is_forbidden("PaceOfRows", "pace")
    assert not is_forbidden("space", "pace")
    assert is_forbidden("Grid", "Grid")
    assert not is_forbidden("GridOracle", "Grid")
