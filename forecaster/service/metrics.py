"""What Prometheus reads at /metrics."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecaster.service.served import ServedRun

# Set by the process that starts several workers, which count into the files of this folder together.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one process, or of all workers where they share a folder.

    Args:
        runs: Returns the runs as they are served now.
    """

    def __init__(self, runs: Callable[[], Iterable[ServedRun]]) -> None:
        import prometheus_client as prometheus

        own = prometheus.CollectorRegistry()
        self._own, self._runs = own, runs
        self._requests = prometheus.Counter(
            "forecaster_requests", "Requests answered.", ["method", "route", "status"], registry=own
        )
        self._seconds = prometheus.Histogram(
            "forecaster_request_seconds", "Seconds from the head of a request to the end of its answer.",
            ["route"], buckets=_SECONDS, registry=own,
        )  # fmt: skip
        self._errors = prometheus.Counter(
            "forecaster_errors", "Requests answered with a problem, by its kind.", ["kind"], registry=own
        )
        self._forecasts = prometheus.Counter(
            "forecaster_forecasts", "Series that were forecast.", ["run"], registry=own
        )
        if SHARED_FOLDER not in os.environ:
            own.register(_RunCollector(runs))

    def answered(self, *, method: str, route: str, status: int, seconds: float, kind: str | None) -> None:
        """Count an answer.

        Args:
            method: The method; one that HTTP does not know counts as "other".
            route: The pattern of the address, not the address itself, of which there are any number.
            status: The HTTP status.
            seconds: How long it took.
            kind: The kind of its problem; None without one.
        """
        method = method if method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH") else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if kind is not None:
            self._errors.labels(kind).inc()

    def forecast(self, run: str, n_series: int) -> None:
        """Count the series of a forecast."""
        self._forecasts.labels(run).inc(n_series)

    def text(self) -> bytes:
        """Return everything in the text form of Prometheus."""
        import prometheus_client as prometheus

        if SHARED_FOLDER not in os.environ:
            return prometheus.generate_latest(self._own)
        from prometheus_client import multiprocess

        together = prometheus.CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        together.register(_RunCollector(self._runs))
        return prometheus.generate_latest(together)


class _RunCollector:
    """Tells which version of each run answers, as it is at the moment of asking."""

    def __init__(self, runs: Callable[[], Iterable[ServedRun]]) -> None:
        self._runs = runs

    def collect(self) -> Iterator[Any]:
        """Yield the metrics, as prometheus_client asks for them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        info = GaugeMetricFamily(
            "forecaster_run_info",
            "The version of each run that answers.",
            labels=["run", "sha256", "learned_until"],
        )
        waiting = GaugeMetricFamily("forecaster_run_waiting", "Requests that wait for a run.", labels=["run"])
        stale = GaugeMetricFamily(
            "forecaster_run_stale", "1 where a newer run could not be loaded, so that the one before it answers.",
            labels=["run"],
        )  # fmt: skip
        reloads = CounterMetricFamily(
            "forecaster_run_reloads", "Newer runs that were loaded.", labels=["run"]
        )
        failures = CounterMetricFamily(
            "forecaster_run_reload_failures", "Newer runs that could not be.", labels=["run"]
        )
        for run in self._runs():
            facts: Mapping[str, Any] = run.version.facts
            info.add_metric([run.name, run.version.sha256, str(facts.get("learned_until", ""))], 1)
            waiting.add_metric([run.name], run.version.thread.waiting)
            stale.add_metric([run.name], int(run.problem is not None))
            reloads.add_metric([run.name], run.reloads)
            failures.add_metric([run.name], run.failures)
        yield from (info, waiting, stale, reloads, failures)
