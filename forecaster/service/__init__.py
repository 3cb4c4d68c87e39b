"""The service: forecasts over HTTP, from runs that are loaded once and replaced while it runs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from forecaster.arguments import checked
from forecaster.errors import UsageError, install_hint
from forecaster.service.settings import DEFAULT_BODY_MIB, DEFAULT_ROWS, DEFAULT_TIMEOUT_S, Limits

if TYPE_CHECKING:
    from fastapi import FastAPI

    from forecaster.service.settings import Runs


@checked
def create_app(
    runs: Runs,
    *,
    max_body: int = DEFAULT_BODY_MIB,
    max_rows: int = DEFAULT_ROWS,
    timeout: int = DEFAULT_TIMEOUT_S,
    token: str | None = None,
) -> FastAPI:
    """Return the application that `serve` runs, for another server of ASGI or as a part of another application.

    Args:
        runs: The runs to serve: a run directory or a `Run`, several, or several by name.
        max_body: The largest body of a request, in MiB.
        max_rows: The most rows of a table in a request.
        timeout: The seconds for a request to arrive, and again for its forecast.
        token: The token that requests must carry; None asks for none.

    Returns:
        The application. Its runs are loaded, and while it runs it picks up runs that take their place.

    Raises:
        DataError: When a directory is not a complete run, or one of its files is damaged.
        UsageError: When there is no run, two have one name, or the packages of the extra serve are not installed.
    """
    check_installed()
    from forecaster.service.app import app_of
    from forecaster.service.settings import Settings, named_runs

    limits = Limits.checked(body_mib=max_body, rows=max_rows, timeout_s=timeout)
    return app_of(Settings(named_runs(runs), limits, token))


def check_installed() -> None:
    """Raise UsageError when a package of the extra serve is not installed."""
    for package in ("fastapi", "uvicorn", "prometheus_client"):
        try:
            importlib.import_module(package)
        except ImportError:
            raise UsageError(
                f"serve needs {package}, which is not installed", hint=install_hint("serve")
            ) from None
