"""What /openapi.json says about each address."""

from __future__ import annotations

from typing import Any

from forecaster.service.forms import JSON, WRITERS
from forecaster.service.problems import MEDIA_TYPE
from forecaster.service.requests import MLFLOW_TABLES, Options

_TABLE = {
    "description": "A list of objects, one for each row; or columns and data; or a list for each column.",
    "oneOf": [
        {"type": "array", "items": {"type": "object"}},
        {"type": "object", "additionalProperties": {"type": "array"}},
    ],
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "hint": {"type": ["string", "null"]},
        "instance": {"type": "string"},
        "diagnostics": {"type": "array", "items": {"type": "object"}},
    },
}
_FAULTS = {
    400: "The body is not JSON.",
    401: "The request carries no valid token.",
    404: "There is no such run.",
    406: "The answer cannot be given in that form.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The form of the body is not known.",
    422: "The table or an option is at fault; the diagnostics name rows and columns.",
    503: "Too many requests wait, or the forecast was not made in time.",
}
_SAID = {
    "runs": ("List the runs", "The runs with their targets, horizon, lookback, covariates and verdict."),
    "run": ("Show a run", "One run, with the ids of its series; ?find= narrows them down."),
    "ping": ("Is it alive?", "What SageMaker and MLflow ask for."),
    "healthz": ("Is it alive?", "200 as long as the process answers."),
    "readyz": ("May requests come?", "200 once the runs are loaded, 503 while the service stops."),
    "metrics": ("Metrics", "Requests, latency, errors, forecasts and versions of runs, for Prometheus."),
}


def documented(name: str) -> dict[str, Any]:
    """Return the arguments of a route that describe it, by its name."""
    if name == "forecast":
        return {
            "operation_id": name,
            "summary": "Forecast the next steps of every series",
            "description": "A table in, a table out. Without a table the forecast goes on from the last training rows.",
            "openapi_extra": _extra(_forecast_schema(), parameters=True),
            "responses": _responses(),
        }
    if name == "invocations":
        return {
            "operation_id": name,
            "summary": "Forecast, as MLflow and SageMaker ask",
            "description": "One table under a name of MLflow's, and options under params.",
            "openapi_extra": _extra(_invocation_schema(), parameters=True),
            "responses": _responses(),
        }
    summary, description = _SAID[name]
    return {"operation_id": name, "summary": summary, "description": description}


def _options() -> dict[str, Any]:
    properties: dict[str, Any] = Options.model_json_schema()["properties"]
    return properties


def _forecast_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"data": _TABLE, "future": _TABLE, **_options()},
        "additionalProperties": False,
    }


def _invocation_schema() -> dict[str, Any]:
    tables = dict.fromkeys(MLFLOW_TABLES, _TABLE)
    params = {"type": "object", "properties": {**_options(), "future": _TABLE}, "additionalProperties": False}
    return {"type": "object", "properties": {**tables, "params": params}, "additionalProperties": False}


def _extra(schema: dict[str, Any], *, parameters: bool) -> dict[str, Any]:
    content: dict[str, Any] = {JSON: {"schema": schema}}
    content |= {form: {"schema": {"type": "string", "format": "binary"}} for form in WRITERS}
    query = [
        {"name": name, "in": "query", "required": False, "description": about["description"], "schema": about}
        for name, about in _options().items()
    ]
    return {"requestBody": {"required": False, "content": content}, "parameters": query if parameters else []}


def _responses() -> dict[int | str, dict[str, Any]]:
    good = {form: {"schema": {"type": "string", "format": "binary"}} for form in WRITERS}
    found: dict[int | str, dict[str, Any]] = {
        200: {"description": "The forecast.", "content": {JSON: {"schema": {"type": "object"}}, **good}}
    }
    for status, said in _FAULTS.items():
        found[status] = {"description": said, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    return found
