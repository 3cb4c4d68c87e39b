"""Serve: answer requests until a signal says to stop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forecaster.api.new_run import check_count
from forecaster.arguments import checked
from forecaster.data.pandas_later import OwnProcess
from forecaster.errors import UsageError
from forecaster.service import check_installed
from forecaster.service.settings import (
    DEFAULT_BODY_MIB,
    DEFAULT_ROWS,
    DEFAULT_TIMEOUT_S,
    Limits,
    Runs,
    Settings,
    allowed_hosts,
    check_reach,
    named_runs,
    token_from,
)

MOST_WORKERS, MOST_PORT = 256, 65_535


@checked
def serve(
    runs: Runs,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    workers: int = 1,
    max_body: int = DEFAULT_BODY_MIB,
    max_rows: int = DEFAULT_ROWS,
    timeout: int = DEFAULT_TIMEOUT_S,
    token_env: str | None = None,
    without_token: bool = False,
    certfile: str | Path | None = None,
    keyfile: str | Path | None = None,
    quiet: bool = False,
) -> None:
    """Answer requests for forecasts over HTTP until the process is told to stop, as `forecaster serve` does.

    Args:
        runs: The runs to serve: a run directory or a `Run`, several, or several by name.
        host: The address to listen at. Others than this machine's own need a token, or without_token.
        port: The port; 0 takes a free one, which the log tells.
        workers: The number of processes, each with the runs loaded.
        max_body: The largest body of a request, in MiB.
        max_rows: The most rows of a table in a request.
        timeout: The seconds for a request to arrive, and again for its forecast.
        token_env: The environment variable with the token that requests must carry; None asks for none.
        without_token: Whether everyone who reaches the address may ask.
        certfile: A certificate in PEM, for HTTPS.
        keyfile: Its key, where the file of the certificate does not hold it.
        quiet: Whether the log leaves out requests that went well.

    Raises:
        DataError: When a directory is not a complete run, or one of its files is damaged.
        UsageError: When an argument is not valid, the address cannot be used, or the extra serve is not installed.
        EnvironmentError_: When the port may not be used, or a worker cannot start.
    """
    check_installed()
    check_count("workers", workers, most=MOST_WORKERS)
    if not 0 <= port <= MOST_PORT:
        raise UsageError(f"--port {port}: needs a number from 0 to {MOST_PORT:,}")
    limits = Limits.checked(body_mib=max_body, rows=max_rows, timeout_s=timeout)
    token = token_from(token_env)
    check_reach(host, token=token, without_token=without_token)
    hosts = allowed_hosts(host, token=token, without_token=without_token)
    settings = Settings(named_runs(runs), limits, token, hosts, quiet)
    _listen(settings, _Given(host, port, workers, certfile, keyfile))


@dataclass(frozen=True)
class _Given:
    host: str
    port: int
    workers: int
    certfile: str | Path | None
    keyfile: str | Path | None


def _listen(settings: Settings, given: _Given) -> None:
    """Check the runs, take the address, and answer."""
    from forecaster.service.logs import Log
    from forecaster.service.server import Endpoint, answer_requests
    from forecaster.service.workers import answer_with_workers

    # Runs are forecast in threads, of which one may need pandas while another leaves it out.
    OwnProcess.here = False
    certfile, keyfile = (None if file is None else Path(file) for file in (given.certfile, given.keyfile))
    address = Endpoint(given.host, given.port, certfile, keyfile)
    address.check()
    check_runs(settings)
    log = Log()
    with address.bound() as listener:
        listener.listen(2_048)
        if given.workers == 1:
            answer_requests(settings, address, listener, log)
        else:
            answer_with_workers(settings, address, listener, log, n_workers=given.workers)


def check_runs(settings: Settings) -> None:
    """Raise DataError or UsageError for a run that cannot be served, before anything is loaded."""
    from forecaster.runs.directory import RunDir
    from forecaster.stages.opened import open_run

    for path in settings.runs.values():
        open_run(RunDir(path).opened())
