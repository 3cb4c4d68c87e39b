"""Forecasts as answers: JSON with the remarks beside it, or a bare table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from forecaster.errors import FORMAT_VERSION, in_python
from forecaster.pipeline.predict import Predicted
from forecaster.service.forms import JSON, WRITERS
from forecaster.service.problems import without_paths
from forecaster.service.served import Version
from forecaster.text import plain_json, shortened

# A header has room for a few remarks; JSON has all of them.
MOST_NOTES, _OF_NOTE = 5, 300


@dataclass(frozen=True)
class ForecastAnswer:
    """The body of an answer and its headers.

    Attributes:
        body: The body.
        media_type: Its form.
        headers: Which run has forecast, and what it remarks.
        n_series: The number of series that were forecast.
    """

    body: bytes
    media_type: str
    headers: dict[str, str]
    n_series: int


def forecast_answer(
    found: Predicted, version: Version, media_type: str, names: dict[str, str]
) -> ForecastAnswer:
    """Return the answer of `/v1/forecast`.

    Args:
        found: The forecast.
        version: What has forecast.
        media_type: The form of the answer.
        names: What to call paths in remarks.
    """
    notes = _notes(found, names)
    if media_type != JSON:
        return _answer(WRITERS[media_type](found.table), media_type, found, version, notes)
    value = {
        "format_version": FORMAT_VERSION,
        "run": version.facts["name"],
        "sha256": version.sha256,
        "series": found.n_series,
        "notes": notes,
        "forecasts": found.table.to_pylist(),
    }
    return _answer(_json(value), media_type, found, version, notes)


def invocation_answer(
    found: Predicted, version: Version, media_type: str, names: dict[str, str]
) -> ForecastAnswer:
    """Return the answer of `/invocations`: as MLflow's, an object whose `predictions` are the rows."""
    notes = _notes(found, names)
    if media_type != JSON:
        return _answer(WRITERS[media_type](found.table), media_type, found, version, notes)
    return _answer(_json({"predictions": found.table.to_pylist()}), media_type, found, version, notes)


def _answer(
    body: bytes, media_type: str, found: Predicted, version: Version, notes: list[str]
) -> ForecastAnswer:
    headers = {"forecaster-run": version.facts["name"], "forecaster-sha256": version.sha256}
    if notes:
        # JSON in ASCII, because a header holds nothing else.
        shown = [shortened(note, _OF_NOTE) for note in notes[:MOST_NOTES]]
        headers["forecaster-notes"] = json.dumps(shown)
    return ForecastAnswer(body, media_type, headers, found.n_series)


def _notes(found: Predicted, names: dict[str, str]) -> list[str]:
    """Return warnings and remarks in the words of requests, as one line each."""
    notes = []
    for text in [*map(str, found.warnings), *found.notes]:
        notes.append(in_python(" ".join(without_paths(text, names).split())))
    return notes


def _json(value: Any) -> bytes:
    return plain_json(value).encode("utf-8", "backslashreplace")
