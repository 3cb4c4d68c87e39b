"""The page of `monitor`: one HTML file in the style of the report, without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forecaster.reporting.page import asset, hash_of, number, raw, seen


def watch_page(watched: Mapping[str, Any], alarms: Sequence[str], meanings: Mapping[str, str]) -> str:
    """Render what newer rows say about a run as the text of one HTML file.

    Args:
        watched: The content of the JSON of `monitor`.
        alarms: What is amiss, in sentences.
        meanings: What each check measures.
    """
    import jinja2

    styles = asset("report.css")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, finalize=seen
    )
    environment.filters |= {"num": number}
    return environment.from_string(asset("watch.html")).render(
        w=watched,
        alarms=alarms,
        meanings=meanings,
        styles=raw(styles),
        policy=f"default-src 'none'; style-src {hash_of(styles)}; base-uri 'none'; form-action 'none'",
    )
