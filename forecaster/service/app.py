"""The application: its addresses, and what each answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from forecaster.errors import ForecasterError
from forecaster.service.answers import ForecastAnswer, forecast_answer, invocation_answer
from forecaster.service.bodies import Body, read_body, tables_of
from forecaster.service.charts import chart_lines
from forecaster.service.documented import documented
from forecaster.service.forms import CSV, JSON, answer_type
from forecaster.service.guard import Guard
from forecaster.service.logs import Log
from forecaster.service.metrics import MEDIA_TYPE as METRICS_TYPE
from forecaster.service.metrics import Metrics
from forecaster.service.page import ASSETS, POLICY, asset, page
from forecaster.service.problems import RequestError, of_forecast, of_router
from forecaster.service.requests import Asked
from forecaster.service.served import LOOK_S, ServedRun, Version
from forecaster.service.settings import Settings
from forecaster.service.work_thread import BusyError
from forecaster.text import listed, plain_json, quoted, shortened
from forecaster.version import __version__

if TYPE_CHECKING:
    from forecaster.pipeline.predict import Predicted

# Ids in the answer about one run; `find` narrows them down.
MOST_IDS = 1_000
Answering = Callable[["Predicted", Version, str, dict[str, str]], ForecastAnswer]


def app_of(settings: Settings, *, log: Log | None = None) -> FastAPI:
    """Return the application of some settings, with its runs loaded.

    Args:
        settings: The settings.
        log: Takes a line for each request; None writes to stderr.

    Raises:
        DataError: When a directory is not a complete run, or one of its files is damaged.
    """
    served = [ServedRun.load(name, path) for name, path in settings.runs.items()]
    return Service(served, settings, log or Log()).app()


class Service:
    """The runs of a service, and the answers to requests.

    Args:
        served: The runs; the first answers where none is named.
        settings: The limits, the token and the hosts.
        log: Takes a line for each request.

    Attributes:
        runs: The runs by name.
        stopping: Whether the service takes no further requests.
    """

    def __init__(self, served: list[ServedRun], settings: Settings, log: Log) -> None:
        self.runs = {run.name: run for run in served}
        self.stopping = False
        self._settings, self._log = settings, log
        self._metrics = Metrics(self.runs.values)

    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI(
            title="forecaster",
            version=__version__,
            description="Forecasts of time series.",
            # What is to be known about requests stands in the log and the metrics, and goes nowhere else.
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
            docs_url=None,  # these pages load scripts from other hosts
            redoc_url=None,
            lifespan=self._lifespan,
        )
        app.add_middleware(Guard, settings=self._settings, metrics=self._metrics, log=self._log)
        app.add_exception_handler(HTTPException, _reject)
        app.state.service = self
        for path, method, answer, details in self._routes():
            app.add_api_route(path, answer, methods=[method], response_model=None, **details)
        return app

    def _routes(self) -> list[tuple[str, str, Callable[..., Any], dict[str, Any]]]:
        return [
            ("/v1/forecast", "POST", self.forecast, documented("forecast")),
            ("/invocations", "POST", self.invocations, documented("invocations")),
            ("/v1/runs", "GET", self.list_runs, documented("runs")),
            ("/v1/runs/{name}", "GET", self.show_run, documented("run")),
            ("/ping", "GET", self.ping, documented("ping")),
            ("/healthz", "GET", self.ping, documented("healthz")),
            ("/readyz", "GET", self.ready, documented("readyz")),
            ("/metrics", "GET", self.metrics, documented("metrics")),
            ("/v1/chart", "POST", self.chart, {"include_in_schema": False}),
            ("/", "GET", self.page, {"include_in_schema": False}),
            ("/assets/{name}", "GET", self.asset, {"include_in_schema": False}),
        ]

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()

    async def _watch(self) -> None:
        """Look for newer runs, again and again."""
        while True:
            await asyncio.sleep(LOOK_S)
            for run in self.runs.values():
                try:
                    await self.look(run)
                except Exception as bug:  # noqa: BLE001  the other runs are looked at all the same
                    self._log.bug(bug, run=run.name)

    async def look(self, run: ServedRun) -> None:
        """Let a newer run answer if there is one, and log what has changed."""
        before = run.problem
        fresh = await asyncio.to_thread(run.look)
        if fresh is not None:
            # In the thread of the event loop, which hands requests over: none meets a thread that was closed.
            run.put(fresh)
            self._log.write("info", "reloaded", run=run.name, sha256=fresh.sha256)
        elif run.problem is not None and run.problem != before:
            self._log.write(
                "warning", "not-reloaded", run=run.name, problem=run.problem, serving=run.version.sha256
            )
        elif run.problem is None and before is not None:
            self._log.write("info", "as-before", run=run.name, sha256=run.version.sha256)

    async def forecast(self, request: Request) -> Response:
        """Answer /v1/forecast."""
        return await self._answer(request, mlflow=False)

    async def invocations(self, request: Request) -> Response:
        """Answer /invocations."""
        return await self._answer(request, mlflow=True)

    async def _answer(self, request: Request, *, mlflow: bool) -> Response:
        body = await read_body(request, self._settings.limits)
        asked = body.asked(mlflow=mlflow)
        # MLflow answers with JSON unless it is asked for another form.
        default = body.media_type if body.is_table and not mlflow else JSON
        media_type = answer_type(request.headers.get("accept"), default)
        writes: Answering = invocation_answer if mlflow else forecast_answer
        answer: ForecastAnswer = await self._made(
            request, body, asked, lambda found, version, names: writes(found, version, media_type, names)
        )
        self._metrics.forecast(request.state.run, answer.n_series)
        request.state.series = answer.n_series
        kind = f"{CSV}; charset=utf-8" if answer.media_type == CSV else answer.media_type
        return Response(answer.body, headers={**answer.headers, "content-type": kind})

    async def chart(self, request: Request) -> Response:
        """Answer /v1/chart, which the page draws."""
        body = await read_body(request, self._settings.limits)
        asked = body.asked(mlflow=False)
        return _json(
            await self._made(
                request, body, asked, lambda found, version, names: {"lines": chart_lines(found)}
            )
        )

    async def _made(
        self,
        request: Request,
        body: Body,
        asked: Asked,
        write: Callable[[Predicted, Version, dict[str, str]], Any],
    ) -> Any:
        """Return what `write` makes of a forecast, in the thread of its run.

        Raises:
            RequestError: When there is no forecast, or not in time.
        """
        run = self._run(asked.options.run)
        version = run.version
        request.state.run, request.state.sha256 = run.name, version.sha256
        limits = self._settings.limits
        known = dict(version.names)

        def work() -> Any:
            names = known
            try:
                with tables_of(body, asked, limits) as tables:
                    names = tables.names | known
                    found = version.forecast(tables.data, tables.future, asked.options)
                    return write(found, version, names)
            except ForecasterError as error:
                if error.exit_code not in (2,):
                    self._log.bug(error, id=request.state.id, run=run.name)
                raise of_forecast(error, names) from None
            except MemoryError:
                raise RequestError(503, "machine", "memory ran out") from None

        try:
            future = version.thread.submit(work)
        except BusyError:
            raise _busy() from None
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), limits.timeout_s)
        except TimeoutError:
            raise RequestError(
                503,
                "not-in-time",
                f"the forecast was not made within {limits.timeout_s:g} s",
                hint="send fewer series or rows, or try again later",
                headers={"retry-after": "5"},
            ) from None

    def _run(self, name: str | None) -> ServedRun:
        if name is None:
            return next(iter(self.runs.values()))
        found = self.runs.get(name)
        if found is None:
            raise RequestError(
                404,
                "run",
                f"there is no run {shortened(name, 60)!r}",
                hint=f"choose from {listed(quoted(self.runs), most=10)}",
            )
        return found

    async def list_runs(self) -> Response:
        """Answer /v1/runs."""
        return _json({"runs": [self._about(run, with_ids=False) for run in self.runs.values()]})

    async def show_run(self, name: str, request: Request) -> Response:
        """Answer /v1/runs/NAME."""
        run = self._run(name)
        wanted = request.query_params.get("find", "").lower()
        facts = self._about(run, with_ids=True)
        facts["ids"] = [i for i in facts["ids"] if wanted in i.lower()][:MOST_IDS]
        return _json(facts)

    def _about(self, run: ServedRun, *, with_ids: bool) -> dict[str, Any]:
        facts = {key: value for key, value in run.version.facts.items() if with_ids or key != "ids"}
        return {**facts, "stale": run.problem is not None}

    async def ping(self) -> Response:
        """Answer /ping and /healthz: the process answers."""
        return _json({"status": "ok"})

    async def ready(self) -> Response:
        """Answer /readyz: whether requests may come, and which version of each run answers."""
        about = {
            run.name: {"sha256": run.version.sha256, "stale": run.problem is not None}
            for run in self.runs.values()
        }
        status = (
            "stopping" if self.stopping else "stale" if any(r.problem for r in self.runs.values()) else "ok"
        )
        body = plain_json({"status": status, "runs": about}).encode()
        return Response(body, 503 if self.stopping else 200, media_type=JSON)

    async def metrics(self) -> Response:
        """Answer /metrics."""
        return Response(self._metrics.text(), headers={"content-type": METRICS_TYPE})

    async def page(self) -> Response:
        """Answer /."""
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
        return Response(page(), headers=headers)

    async def asset(self, name: str) -> Response:
        """Answer /assets/NAME."""
        if name not in ASSETS:
            raise RequestError(404, "path", "there is no such file")
        return Response(asset(name), headers={"content-type": ASSETS[name], "cache-control": "no-cache"})


def _busy() -> RequestError:
    return RequestError(
        503,
        "busy",
        "too many requests wait for this run",
        hint="try again later",
        headers={"retry-after": "5"},
    )


def _json(value: Any) -> Response:
    return Response(plain_json(value).encode("utf-8", "backslashreplace"), media_type=JSON)


async def _reject(request: Request, error: Any) -> Response:
    """Turn what the router does not take into problems."""
    raise of_router(error.status_code, dict(error.headers or {}))
