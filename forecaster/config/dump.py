"""Plain values as YAML text that reads back as the same values."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.resolver import Resolver

from forecaster.config.parsed_yaml import NumberError, resolve
from forecaster.text import steady, visible


class _Dumper(yaml.SafeDumper):
    """SafeDumper that indents lists and writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    # Quote the text if YAML 1.2 (this program) or YAML 1.1 (most others) would read it as something else.
    style = "'" if not _is_text(value) else None
    if not value.isprintable() or visible(value) != value:
        # In single quotes a line break, of which Unicode has several kinds, would become a space.
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _is_text(value: str) -> bool:
    try:
        ours = resolve(value)
    except NumberError:
        return False
    theirs = Resolver().resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    return isinstance(ours, str) and theirs == "tag:yaml.org,2002:str"


_Dumper.add_representer(str, _text)


def dump(values: dict[str, Any]) -> str:
    """Return a mapping in block style: `type` first, the other keys in their order, no line folded."""
    text = yaml.dump(_type_first(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    return _seen(text)


def flow(value: Any) -> str:
    """Return one value as YAML on a single line, such as {type: gru, units: 64}."""
    text = yaml.dump(
        _type_first(value),
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=10**6,
    )
    # PyYAML ends a document that is a bare scalar with "...".
    return _seen(text.removesuffix("...\n").strip())


def _seen(text: str) -> str:
    """Escape what PyYAML leaves as it is in double quotes and cannot be seen, such as a change of direction."""
    return steady(text)


def _type_first(value: Any) -> Any:
    if isinstance(value, list):
        return [_type_first(v) for v in value]
    if not isinstance(value, dict):
        return value
    keys = sorted(value, key=lambda key: key != "type")
    return {key: _type_first(value[key]) for key in keys}
