"""Find broken links: in the Markdown pages, and in the built site.

`python -m tools.check_links` reads README.md, CHANGELOG.md, data/README.md and docs/. With `--site FOLDER` it reads the
HTML pages in that folder too, and also refuses whatever a browser would load from another host: scripts, styles, fonts
and images. Prints one line per fault and exits with status 1 where there is any.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^ *(```|~~~).*?^ *\1 *$", re.DOTALL | re.MULTILINE)
INLINE_CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
HTML_ID = re.compile(r'<a (?:id|name)="([^"]+)"')
# What a browser requests by itself as it shows a page, by element and attribute.
LOADED = {
    ("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"),
    ("audio", "src"), ("object", "data"), ("embed", "src"),
}  # fmt: skip
STYLE_URL = re.compile(r"(?:@import\s+|url\()\s*[\"']?((?:https?:)?//[^\"')\s]+)")


def markdown_pages() -> list[Path]:
    """Every Markdown page of the project that a reader may open."""
    named = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "data" / "README.md"]
    return named + sorted((ROOT / "docs").rglob("*.md"))


def links_of(text: str) -> list[str]:
    """The targets of the links and images of a Markdown page, code left out, in order."""
    plain = INLINE_CODE.sub("", FENCE.sub("", text))
    return [match[1] or match[2] for match in LINK.finditer(plain)]


@cache
def anchors_of(page: Path) -> frozenset[str]:
    """The anchors of a Markdown page, one for each heading, as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    anchors = set(HTML_ID.findall(text))
    for title in HEADING.findall(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return frozenset(anchors)


def faults_of_markdown(page: Path) -> Iterator[str]:
    """One line for each link of a Markdown page that leads nowhere."""
    for link in links_of(page.read_text(encoding="utf-8")):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = page.parent / unquote(parts.path) if parts.path else page
        if not target.exists():
            yield f"{page.relative_to(ROOT)}: {link}: there is no such file"
        elif parts.fragment and target.suffix == ".md" and parts.fragment not in anchors_of(target):
            yield f"{page.relative_to(ROOT)}: {link}: there is no such heading"


class _Page(HTMLParser):
    """The anchors of an HTML page, the links on it, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            if (tag, name) in LOADED:
                self.loaded.append(value)
            if (tag, name) == ("a", "href") or ((tag, name) in LOADED and not value.startswith("data:")):
                self.links.append(value)


@cache
def _parsed(page: Path) -> _Page:
    found = _Page()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def faults_of_site(site: Path) -> Iterator[str]:
    """One line for each broken link in a built site, and for each thing that it loads from another host."""
    pages = sorted(site.rglob("*.html"))
    if not pages:
        yield f"{site}: there is no page"
    for page in pages:
        name = page.relative_to(site)
        for link in _parsed(page).loaded:
            if urlsplit(link).netloc:
                yield f"{name}: loads {link} from another host"
        for link in _parsed(page).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            # A server shows 404.html under any address, so its links begin at the root of the site.
            base = site if link.startswith("/") else page.parent
            target = (base / unquote(parts.path).lstrip("/")) if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{name}: {link}: there is no such file"
            elif (
                parts.fragment and target.suffix == ".html" and parts.fragment not in _parsed(target).anchors
            ):
                yield f"{name}: {link}: there is no such anchor"
    for style in sorted(site.rglob("*.css")):
        for link in STYLE_URL.findall(style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(site)}: loads {link} from another host"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, metavar="FOLDER", help="The built site to check as well.")
    site = parser.parse_args().site
    faults = [fault for page in markdown_pages() for fault in faults_of_markdown(page)]
    if site is not None:
        faults += faults_of_site(site)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
