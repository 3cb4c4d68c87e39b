"""forecaster serve: forecasts over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecaster.terminal.exits import command_context
from forecaster.terminal.options import Json, NoColor, Quiet, Verbose, examples

EXAMPLES = examples(
    "forecaster serve runs/current",
    "forecaster serve hourly=runs/h daily=runs/d --port 9000 --workers 2",
    "forecaster serve runs/current --host 0.0.0.0 --token-env FORECASTER_TOKEN",
)


def command(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="The directories of complete runs, or NAME=DIR to name them. The first answers by default.",
            show_default=False,
        ),
    ],
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Listen at this address. Others than this machine's own need a token, or --without-token.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", help="Listen at this port; 0 takes a free one.")
    ] = 8080,
    workers: Annotated[
        int,
        typer.Option(
            "--workers", metavar="N", help="Answer in this many processes, each with the runs loaded."
        ),
    ] = 1,
    max_body: Annotated[
        int, typer.Option("--max-body", metavar="MIB", help="Refuse bodies of more MiB than this.")
    ] = 16,
    max_rows: Annotated[
        int, typer.Option("--max-rows", metavar="N", help="Refuse tables of more rows than this.")
    ] = 1_000_000,
    timeout: Annotated[
        int,
        typer.Option(
            "--timeout", metavar="SECONDS", help="Give a request as long to arrive, and again to be answered."
        ),
    ] = 30,
    token_env: Annotated[
        str | None,
        typer.Option(
            "--token-env",
            metavar="NAME",
            help="Ask for the token that this environment variable holds, such as FORECASTER_TOKEN.",
            show_default=False,
        ),
    ] = None,
    without_token: Annotated[
        bool,
        typer.Option(
            "--without-token",
            help="Let everyone ask who reaches --host, by whatever name they call this machine.",
        ),
    ] = False,
    certfile: Annotated[
        Path | None,
        typer.Option(
            "--certfile",
            metavar="FILE",
            help="Answer by HTTPS, with this certificate in PEM.",
            show_default=False,
        ),
    ] = None,
    keyfile: Annotated[
        Path | None,
        typer.Option(
            "--keyfile", metavar="FILE", help="Read the key of --certfile from this file.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Forecast over HTTP, with a page for a browser, until the process is told to stop. Needs the extra serve."""
    with command_context(as_json, quiet, verbose, no_color):
        from forecaster.service.run import serve

        serve(
            runs,
            host=host,
            port=port,
            workers=workers,
            max_body=max_body,
            max_rows=max_rows,
            timeout=timeout,
            token_env=token_env,
            without_token=without_token,
            certfile=certfile,
            keyfile=keyfile,
            quiet=quiet,
        )
