"""The page of forecaster serve in a real browser: charts, keys, a dropped table, a token, narrow and dark screens."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.integration.test_report_in_browser import FLAGS
from tests.unit.service.stub import Stub, csv

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]
TOKEN = "0123456789abcdef0123"
ABOUT = {
    "experiment": "departures", "verdict": ["The model is better than seasonal_naive."], "time": "t", "freq": "h",
    "targets": ["y"], "lookback": 6, "horizon": 3, "longer_horizon": False, "n_series": 2, "ids": ["a", "b"],
}  # fmt: skip


class Site:
    """A service of stub runs behind a real server, in a thread of this process."""

    def __init__(self, **settings: Any) -> None:
        self.stub = Stub("one", "two", **settings)
        for run in self.stub.runs:
            run.version = replace(run.version, facts={**run.version.facts, **ABOUT})
        config = uvicorn.Config(self.stub.client.app, log_config=None, access_log=False)
        self.server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=10)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Opened:
    """The page, and what went wrong in it."""

    def __init__(self, browser: Any, url: str, *, width: int = 1100, **options: Any) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 800}, accept_downloads=True, **options
        )
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.asked: set[str] = set()
        self.page.on("console", lambda said: self.wrong.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", lambda request: self.asked.add(request.url.split("/")[2]))
        self.page.goto(url)
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector("html[data-ready]", timeout=20_000)

    def said(self) -> str:
        found: str = self.page.get_attribute('[data-chart="forecast"] .plot', "aria-label")
        return found

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def test_the_first_series_is_drawn_and_others_are_chosen_by_keyboard(browser: Any, site: Site) -> None:
    with Opened(browser, site.url) as o:
        assert o.said().startswith(
            "a: forecast of y, 2024-01-01 06:00:00 to 2024-01-01 08:00:00, after 6 known steps."
        )
        assert o.page.text_content("h1") == "departures"
        assert o.page.text_content("#about") == "The model is better than seasonal_naive."
        o.page.focus('[data-chart="forecast"] .plot')
        o.page.keyboard.press("End")
        assert o.page.text_content(".readout") == "2024-01-01 08:00:00: forecast 7.00"
        o.page.click("summary")
        o.page.wait_for_selector(".as-table tbody tr")
        cells = o.page.eval_on_selector_all(".as-table tbody tr", "all => all.map(e => e.textContent)")
        assert cells == ["2024-01-01 06:00:007.00", "2024-01-01 07:00:007.00", "2024-01-01 08:00:007.00"]
        # From the skip link on, everything can be reached by Tab.
        o.page.focus(".skip")
        reached = set()
        for _ in range(14):
            o.page.keyboard.press("Tab")
            reached.add(o.page.evaluate("document.activeElement.id || document.activeElement.className"))
        assert {"run", "series", "horizon", "plot", "file"} <= reached
        o.page.focus("#horizon")
        o.page.fill("#horizon", "2")
        o.page.keyboard.press("Enter")
        o.page.keyboard.press("Tab")
        o.page.wait_for_selector('.plot[aria-label*="to 2024-01-01 07:00:00,"]')
        o.page.focus("#run")
        o.page.keyboard.press("ArrowDown")
        o.page.wait_for_selector('.plot[aria-label*="to 2024-01-01 08:00:00,"]')
        assert o.page.input_value("#horizon") == "3"
        assert o.wrong == []
        assert o.asked == {site.url.split("/")[2]}


def test_a_table_is_dropped_drawn_and_given_back(browser: Any, site: Site, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_bytes(csv(9, ids=("x", "y")))
    with Opened(browser, site.url) as o:
        o.page.set_input_files("#file", tmp_path / "mine.csv")
        o.page.wait_for_selector("#download:not([hidden])")
        o.ready()
        assert o.said().startswith("x: forecast of y, 2024-01-01 09:00:00")
        o.page.select_option("#series", "y")
        assert o.said().startswith("y: forecast of y")
        with o.page.expect_download() as download:
            o.page.click("#download")
        assert download.value.suggested_filename == "forecast-mine.csv"
        rows = Path(download.value.path()).read_text().splitlines()
        assert rows[:2] == ["id,t,forecast", "x,2024-01-01 09:00:00,8"]
        o.page.click("#back")
        o.ready()
        o.page.wait_for_selector('.plot[aria-label^="a: "]')
        assert o.page.is_hidden("#download")
        assert o.wrong == []


def test_a_fault_in_a_table_is_said_with_line_and_column_as_text(
    browser: Any, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_bytes(csv().replace(b",a,3\n", b",a,<img src=x onerror=alert(1)>\n"))
    with Opened(browser, site.url) as o:
        o.page.set_input_files("#file", tmp_path / "bad.csv")
        o.page.wait_for_selector("#fault:not([hidden])")
        said = o.page.text_content("#fault")
        assert said.startswith("The table cannot be forecast")
        assert "line 5: y: '<img src=x onerror=alert(1)>' is not a number" in said
        # Chromium notes the status of the answer by itself.
        assert all("status of 422" in line for line in o.wrong)


def test_a_token_is_asked_for_and_used(browser: Any) -> None:
    site = Site(token=TOKEN)
    try:
        with Opened(browser, site.url) as o:
            assert o.page.evaluate("document.activeElement.id") == "token"
            o.page.keyboard.type("not the token at all")
            o.page.keyboard.press("Enter")
            o.page.wait_for_timeout(200)
            assert o.page.is_visible("#ask")
            o.page.fill("#token", TOKEN)
            o.page.keyboard.press("Enter")
            o.page.wait_for_selector("#body:not([hidden])")
            o.ready()
            o.page.wait_for_selector('.plot[aria-label^="a: "]')
            assert all("status of 401" in line for line in o.wrong)
        assert TOKEN not in site.stub.stream.getvalue()
    finally:
        site.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_telephone(browser: Any, site: Site, scheme: str) -> None:
    with Opened(browser, site.url, width=360, color_scheme=scheme) as o:
        assert o.page.evaluate("document.documentElement.scrollWidth") <= 360
        dark = o.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
        assert dark is (scheme == "dark")
        ink = o.page.evaluate(
            """() => { const c = document.querySelector("canvas"), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
            let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"""
        )
        assert ink > 500
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            o.page.screenshot(path=f"{folder}/serve-{scheme}.png", full_page=True)
        assert o.wrong == []
