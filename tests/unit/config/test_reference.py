"""docs/config.md tells everything about every key, and its examples work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from markdown_it import MarkdownIt
from pydantic import BaseModel, ValidationError

from forecaster.config.describe import alternatives, experiment_schema
from forecaster.config.dimensions import KINDS
from forecaster.config.experiment import Experiment
from forecaster.config.parsed_yaml import parse_yaml
from forecaster.config.reference import DescribedKey, entries, example_text, reference
from forecaster.config.spec import ExperimentSpec
from forecaster.model.cells import CELLS
from forecaster.spec import OneOf, Spec

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")


def specs(annotation: Any) -> Iterator[type[Spec]]:
    """Every spec inside a type, outermost first."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
        for field in annotation.model_fields.values():
            yield from specs(field.annotation)
    for inner in get_args(annotation):
        yield from specs(inner)


ALL_SPECS = list(dict.fromkeys([*specs(Experiment), *KINDS.values()]))
FIELDS = [(spec, name) for spec in ALL_SPECS for name in spec.model_fields]
ENTRIES = list(entries(experiment_schema(), (), experiment_schema()))
SECTIONS = {key for key, node in experiment_schema()["properties"].items() if "$ref" in node}


def field_id(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else str(value)


def is_tag(spec: type[BaseModel], name: str) -> bool:
    """Whether a field is the type that tells the branches of a union apart."""
    annotation = spec.model_fields[name].annotation
    return name == "type" and get_origin(annotation) is Literal and len(get_args(annotation)) == 1


@pytest.mark.parametrize(("spec", "name"), FIELDS, ids=field_id)
def test_every_key_has_a_meaning_in_whole_sentences(spec: type[Spec], name: str) -> None:
    if is_tag(spec, name):
        assert (spec.__doc__ or "").strip().endswith("."), (
            f"{spec.__name__} has no docstring in whole sentences"
        )
        return
    text = spec.model_fields[name].description or ""
    assert text.strip().endswith("."), f"{spec.__name__}.{name}: {text!r}"
    first = text.split()[0]
    assert first not in ("Of", "As", "Such"), f"{spec.__name__}.{name}: {text!r}"
    assert first[0].isupper() or first[0] == "`", f"{spec.__name__}.{name}: {text!r}"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.title)
def test_every_key_has_an_example_on_the_page(entry: DescribedKey) -> None:
    if len(entry.path) > 1 or entry.path[0] not in SECTIONS:
        assert entry.node["examples"]
    for example in entry.node.get("examples", []):
        assert f"`{example_text(str(entry.path[-1]), example)}`" in PAGE


@pytest.mark.parametrize(("spec", "name"), FIELDS, ids=field_id)
def test_every_example_is_accepted(spec: type[Spec], name: str) -> None:
    """By the key itself and its own checks; rules between keys are those of a whole file."""
    for example in spec.model_fields[name].examples or []:
        given = parse_yaml(example_text(name, example), "example").values
        assert given == {name: example}
        try:
            spec.model_validate(given)
        except ValidationError as error:
            wrong = [e for e in error.errors() if e["loc"] and e["loc"][0] == name]
            assert wrong == []


def test_a_wrong_example_is_noticed() -> None:
    """The check above sees what a key refuses, also where other keys are missing."""
    with pytest.raises(ValidationError) as caught:
        ExperimentSpec.model_validate({"seed": -1})
    assert "seed" in [e["loc"][0] for e in caught.value.errors()]


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from nodes(inner)


def test_every_choice_is_described() -> None:
    schemas = [experiment_schema(), *(spec.model_json_schema() for spec in KINDS.values())]
    found = [node for schema in schemas for node in nodes(schema) if isinstance(node.get("enum"), list)]
    assert len(found) > 20
    for node in found:
        meanings = node.get("enumDescriptions", [])
        assert len(meanings) == len(node["enum"]), node["enum"]
        unclear = [name for name, text in zip(node["enum"], meanings, strict=True) if not text.endswith(".")]
        assert unclear == [], f"{unclear} of {node['enum']}: no docstring, or not in whole sentences"


def test_choices_stand_in_tables() -> None:
    """Each value once per key, or once on the page where several keys share the list."""
    for node in nodes(experiment_schema()):
        for value, text in zip(node.get("enum", []), node.get("enumDescriptions", []), strict=True):
            cell = text.replace("|", "\\|")
            assert f"| `{value}` | {cell}" in PAGE


def test_the_committed_page_is_current() -> None:
    """Mend with: python -m forecaster.config.reference > docs/config.md"""
    assert reference() == PAGE


def test_the_page_names_every_key() -> None:
    headings = set(re.findall(r"^##+ `([\w.]+)`", PAGE, flags=re.MULTILINE))
    assert {".".join(map(str, entry.path)) for entry in ENTRIES} <= headings


def test_the_page_renders() -> None:
    """Every table is a table with cells of text, every link of the page leads to one heading."""
    tokens = MarkdownIt("commonmark").enable("table").parse(PAGE)
    n_tables = len(re.findall(r"^\| --- ", PAGE, flags=re.MULTILINE))
    assert sum(token.type == "table_open" for token in tokens) == n_tables > 40
    headings = [tokens[i + 1].children for i, token in enumerate(tokens) if token.type == "heading_open"]
    titles = ["".join(child.content for child in children or []) for children in headings]
    anchors = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
    assert len(anchors) == len(set(anchors))
    links = re.findall(r"\]\(#([^)]+)\)", PAGE)
    assert len(links) > 100
    assert set(links) <= set(anchors)
    pages = set(re.findall(r"\]\(([\w/-]+\.md)\)", PAGE))
    assert pages == {"networks.md", "tuning.md"}
    assert all((ROOT / "docs" / page).exists() for page in pages)


def test_the_file_in_the_introduction_is_complete(tmp_path: Path) -> None:
    text = re.search(r"```yaml\n(name:.*?)```", PAGE, flags=re.DOTALL)
    assert text is not None
    path = tmp_path / "c.yaml"
    path.write_text(text.group(1), encoding="utf-8")
    assert Experiment.from_yaml(path).warnings == []


def test_the_nodes_in_the_introduction_are_search_nodes() -> None:
    text = re.search(r"```yaml\n(units:.*?)```", PAGE, flags=re.DOTALL)
    assert text is not None
    for value in parse_yaml(text.group(1), "nodes").values.values():
        [(kind, node)] = value.items()
        KINDS[kind].model_validate(node)


def test_the_summary_shows_the_default() -> None:
    assert "| [`early_stopping.patience`](#trainingearly_stoppingpatience) | " in PAGE
    assert "| [`batch_size`](#trainingbatch_size) | Windows per gradient step. | `64` |" in PAGE


def test_a_key_that_types_share_is_told_once() -> None:
    assert PAGE.count("### `model.layers.N.units`") == 1
    assert PAGE.count("### `model.layers.N.bidirectional`") == 1
    assert "### `model.layers.N.activation` (simple_rnn, lstm, gru)" in PAGE
    assert "### `model.layers.N.activation` (min_gru, min_lstm)" in PAGE
    assert "### `model.layers.N.activation` (dense)" in PAGE


def test_the_union_of_cells_is_their_registry() -> None:
    """A cell that is named in `Recurrent` is known to model.cell and to the layers."""
    schema = experiment_schema()
    cell = alternatives(schema["$defs"]["ModelSpec"]["properties"]["cell"], schema)[0]
    assert cell["enum"] == list(CELLS)
    layers = schema["$defs"]["ModelSpec"]["properties"]["layers"]["items"]
    assert set(layers["discriminator"]["mapping"]) == {*CELLS, "dense", "dropout"}


def test_meanings_must_fit_the_values() -> None:
    with pytest.raises(TypeError) as caught:

        class Wrong(Spec):
            size: Annotated[Literal["small", "large"], OneOf({"small": "Up to 9."})]

    assert str(caught.value) == (
        "the meanings of ('small',) do not fit the values of typing.Literal['small', 'large']"
    )
