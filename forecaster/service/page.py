"""The page at /, drawn with the charts of the report."""

from __future__ import annotations

from functools import cache
from importlib import resources

_CSS, _JS = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
# Every file of the page, and its form; nothing else can be asked for.
ASSETS = {
    "uPlot.min.css": _CSS,
    "report.css": _CSS,
    "page.css": _CSS,
    "uPlot.iife.min.js": _JS,
    "charts.js": _JS,
    "page.js": _JS,
}
_OWN = ("page.css", "page.js", "page.html")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page() -> bytes:
    """Return the page."""
    return asset("page.html")


@cache
def asset(name: str) -> bytes:
    """Return a file of the page: its own, or one that the report has too."""
    room = "forecaster.service" if name in _OWN else "forecaster.reporting"
    return resources.files(room).joinpath("assets", name).read_bytes()
