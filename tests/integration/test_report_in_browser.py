"""report.html in a real browser: charts, keys, colours, narrow screens, hostile names."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.made_runs import make_run
from tests.integration.tiny_runs import done

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_run(tmp_path_factory.mktemp("three"), ids=("a", "b", "c", *(f"s{i}" for i in range(12))))
    done("report", run)
    return run / "report.html"


class Opened:
    """A page, and what went wrong in it."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(
            viewport=options.pop("viewport", {"width": 1100, "height": 800}), **options
        )
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda said: self.wrong.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.wrong.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", timeout=20_000)

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def ink(opened: Opened, chart: str) -> int:
    """Pixels of a chart that are drawn on."""
    found: int = opened.page.evaluate(
        """key => { const c = document.querySelector(`[data-chart="${key}"] canvas`);
        const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }""",
        chart,
    )
    return found


def test_every_chart_is_drawn_without_a_word_on_the_console(browser: Any, report: Path) -> None:
    with Opened(browser, report) as o:
        charts = o.page.eval_on_selector_all("[data-chart]", "all => all.map(e => e.dataset.chart)")
        assert charts == [
            "ahead", "shown-best", "shown-median", "shown-worst", "forecast", "data", "steps", "cycle-0", "cycle-1",
            "histogram", "acf", "calibration", "coverage-steps", "loss", "rate",
        ]  # fmt: skip
        assert all(ink(o, chart) > 500 for chart in charts)
        assert o.wrong == []
        assert o.asked == [report.as_uri()]


def test_the_series_is_chosen_by_keyboard(browser: Any, report: Path) -> None:
    with Opened(browser, report) as o:
        said = '[data-chart="forecast"] .plot'
        assert o.page.get_attribute(said, "aria-label").startswith("a: forecasts and actual values of y")
        o.page.focus("#series")
        o.page.keyboard.press("ArrowDown")
        assert o.page.get_attribute(said, "aria-label").startswith("b: ")
        assert o.page.get_attribute('[data-chart="data"] .plot', "aria-label").startswith("b: ")
        o.page.focus("#after")
        o.page.keyboard.press("Enter")
        assert o.page.get_attribute(said, "aria-label").startswith("c: ")
        o.page.fill("#find", "s11")
        assert o.page.get_attribute(said, "aria-label").startswith("s11: ")
        assert o.wrong == []


def test_the_next_horizon_comes_first_and_its_series_is_chosen(browser: Any, report: Path) -> None:
    with Opened(browser, report) as o:
        figure = '[data-chart="ahead"]'
        assert o.page.eval_on_selector("main section", "e => e.id") == "ahead"
        said = o.page.get_attribute(f"{figure} .plot", "aria-label")
        assert said.startswith("a: forecast of y, 2024-01-13 05:00 to 2024-01-14 04:00.")
        o.page.fill("#ahead-find", "s11")
        assert o.page.get_attribute(f"{figure} .plot", "aria-label").startswith("s11: ")
        o.page.focus(f"{figure} .plot")
        o.page.keyboard.press("End")
        assert re.match(
            r"2024-01-14 04:00: forecast [\d.]+, 80 %: [\d.]+ to", o.page.text_content(f"{figure} .readout")
        )
        o.page.click(f"{figure} summary")
        o.page.wait_for_selector(f"{figure} tbody tr")
        heads = o.page.eval_on_selector_all(f"{figure} thead th", "all => all.map(e => e.textContent)")
        assert heads == ["t", "forecast", "80 % lower", "80 % upper", "95 % lower", "95 % upper"]
        assert o.page.eval_on_selector_all(f"{figure} tbody tr", "all => all.length") == 24
        # The other chooser is not moved by it.
        assert o.page.input_value("#series") == "0"
        assert o.wrong == []


def test_values_are_read_and_zoomed_by_keyboard(browser: Any, report: Path) -> None:
    with Opened(browser, report) as o:
        figure = '[data-chart="forecast"]'
        o.page.focus(f"{figure} .plot")
        o.page.keyboard.press("End")
        words = o.page.text_content(f"{figure} .readout")
        assert words.startswith("2024-01-13 04:00: actual ")
        assert ", forecast " in words
        assert "80 %: " in words
        span = "() => { const x = Charts.made.get('forecast').chart.scales.x; return x.max - x.min; }"
        before = o.page.evaluate(span)
        o.page.keyboard.press("+")
        o.page.wait_for_timeout(50)
        assert o.page.evaluate(span) == pytest.approx(before / 2)
        assert o.wrong == []


def test_each_chart_has_a_table_and_a_name(browser: Any, report: Path) -> None:
    with Opened(browser, report) as o:
        for figure in o.page.query_selector_all("[data-chart]"):
            assert len(figure.query_selector(".plot").get_attribute("aria-label")) > 20
            figure.query_selector("summary").click()
            figure.wait_for_selector("tbody tr")
        assert o.page.text_content('[data-chart="calibration"] tbody tr th') == "80"
        fields = "all => all.every(e => e.labels.length || e.getAttribute('aria-label'))"
        assert o.page.eval_on_selector_all("select, input", fields)
        assert o.wrong == []


def test_dark_is_dark_charts_too(browser: Any, report: Path) -> None:
    look = "getComputedStyle(document.body).backgroundColor + ' ' + Charts.made.get('steps').spec.series[0].colour"
    drawn = "Charts.made.get('steps').chart.series[1].stroke()"
    with Opened(browser, report, color_scheme="light") as o:
        assert o.page.evaluate(look).startswith("rgb(253, 253, 252)")
        assert o.page.evaluate(drawn) == "#0a5ca8"
        o.page.emulate_media(color_scheme="dark")
        # The page hears of the change in a frame after the one that made it.
        frames = "n => new Promise(done => { const next = () => n-- ? requestAnimationFrame(next) : done(); next(); })"
        o.page.evaluate(frames, 10)
        assert o.page.evaluate(drawn) == "#6cb0f2"
        assert o.page.evaluate(look).startswith("rgb(20, 23, 26)")
        assert o.wrong == []


def test_a_phone_scrolls_down_only(browser: Any, report: Path) -> None:
    with Opened(browser, report, viewport={"width": 360, "height": 740}) as o:
        assert o.page.evaluate("document.documentElement.scrollWidth") == 360
        assert o.page.evaluate("Charts.made.get('forecast').chart.width") <= 360


def test_paper_gets_light_charts_and_all_sections(browser: Any, report: Path, tmp_path: Path) -> None:
    with Opened(browser, report, color_scheme="dark") as o:
        o.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert o.page.evaluate("Charts.made.get('steps').chart.series[1].stroke()") == "#0a5ca8"
        o.page.evaluate("dispatchEvent(new Event('afterprint'))")
        o.page.pdf(path=tmp_path / "r.pdf")
        assert (tmp_path / "r.pdf").stat().st_size > 20_000
        assert o.wrong == []


def test_hostile_names_stay_text(browser: Any, tmp_path: Path) -> None:
    names = (HOSTILE, "</script><img src=x onerror=alert(1)>", "{{ 7 * 7 }}", "\u2028 &amp; 'x' \"y\"")
    run = make_run(tmp_path, ids=names, targets=(HOSTILE, "y"), time="<b>t</b>")
    done("report", run)
    with Opened(browser, run / "report.html") as o:
        shown = o.page.eval_on_selector_all("#series option", "all => all.map(e => e.textContent)")
        assert any(text.startswith(f"{HOSTILE} · {HOSTILE}") for text in shown)
        assert o.page.eval_on_selector_all("script", "all => all.length") == 2
        assert o.page.eval_on_selector_all("img, b", "all => all.length") == 0
        assert o.page.text_content("#target option") == HOSTILE
        assert o.wrong == []


def test_one_window_of_one_series_is_enough(browser: Any, tmp_path: Path) -> None:
    run = make_run(tmp_path, ids=("only",), origins=1, levels=())
    done("report", run)
    with Opened(browser, run / "report.html") as o:
        assert ink(o, "forecast") > 500
        assert o.page.text_content("#calibration p").startswith("This run has no prediction intervals")
        assert o.wrong == []


def test_a_thousand_series_fit_into_3_mib_and_can_all_be_chosen(browser: Any, tmp_path: Path) -> None:
    run = make_run(tmp_path, ids=[f"series {i}" for i in range(1000)], origins=2, every=48, horizon=48)
    done("report", run)
    assert (run / "report.html").stat().st_size < 3 * 2**20
    with Opened(browser, run / "report.html") as o:
        assert o.page.eval_on_selector_all("#series option", "all => all.length") == 1000
        assert o.wrong == []
