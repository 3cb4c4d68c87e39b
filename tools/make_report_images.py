"""The pictures of the report in docs/images: `make report-images`, or with a run directory to show that one.

Trains configs/quickstart.yaml in a temporary folder, explains it, and takes the page in headless Chromium: light and
dark, and as a phone shows it.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTH, PHONE_WIDTH, PHONE_HEIGHT, GAP = 1100, 360, 740, 24


def make_run(folder: Path) -> Path:
    run, command = folder / "departures", [sys.executable, "-m", "forecaster"]
    config = ROOT / "configs" / "quickstart.yaml"
    subprocess.run([*command, "train", str(config), "--run-dir", str(run)], check=True)
    subprocess.run([*command, "explain", str(run)], check=True)
    return run


def keep(picture: Image.Image, name: str) -> None:
    few = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(IMAGES / name, optimize=True)


def opened(browser: Any, report: Path, width: int, scheme: str) -> Any:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(report.resolve().as_uri())
    page.wait_for_selector("html[data-ready]")
    return page


def shot(page: Any, top: str | None, bottom: str) -> Image.Image:
    """From one element's top (None: the page's) to another's."""
    place = "s => document.querySelector(s).getBoundingClientRect().top + scrollY"
    begin = page.evaluate(place, top) if top else 0
    end = page.evaluate(place, bottom)
    width = page.viewport_size["width"]
    clip = {"x": 0, "y": begin, "width": width, "height": end - begin}
    return Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))


def phone(page: Any) -> Image.Image:
    """Three screens of a phone side by side."""
    tops = ("header", "#ahead", "#errors")
    sheet = Image.new("RGB", (3 * PHONE_WIDTH + 2 * GAP, PHONE_HEIGHT), "#8a8f94")
    for i, selector in enumerate(tops):
        place = "s => document.querySelector(s).getBoundingClientRect().top + scrollY"
        begin = page.evaluate(place, selector)
        clip = {"x": 0, "y": begin, "width": PHONE_WIDTH, "height": PHONE_HEIGHT}
        reporter = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip)))
        sheet.paste(reporter, (i * (PHONE_WIDTH + GAP), 0))
    return sheet


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        run = Path(sys.argv[1]) if len(sys.argv) > 1 else make_run(Path(name))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        light = opened(browser, run / "report.html", WIDTH, "light")
        keep(shot(light, None, '[data-chart="shown-median"]'), "report-light.png")
        dark = opened(browser, run / "report.html", WIDTH, "dark")
        keep(shot(dark, "#errors", "#training"), "report-dark.png")
        keep(phone(opened(browser, run / "report.html", PHONE_WIDTH, "light")), "report-narrow.png")
        browser.close()


if __name__ == "__main__":
    main()
