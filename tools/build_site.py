"""Build the documentation site: `make docs`.

Lays the pages of docs/ out in build/docs, together with the changelog and the files of the project that pages link to,
has Zensical turn them into HTML in build/site (mkdocs.yml), and checks every link. Needs no network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from os.path import relpath
from pathlib import Path

import yaml

from tools.check_links import FENCE, faults_of_markdown, faults_of_site, markdown_pages

ROOT = Path(__file__).parents[1]
PAGES, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"
# Pages that stand outside docs/, and where they are on the site.
ELSEWHERE = {"README.md": "index.md", "CHANGELOG.md": "changelog.md"}
DECISION = re.compile(r"^# (.+)$", re.MULTILINE)


def nav_pages(entries: list[object]) -> list[str]:
    """The pages that the navigation of mkdocs.yml names, in order."""
    found: list[str] = []
    for entry in entries:
        inside = next(iter(entry.values())) if isinstance(entry, dict) else entry
        found += nav_pages(inside) if isinstance(inside, list) else [str(inside)]
    return found


def faults_of_nav() -> list[str]:
    """One line for each page of docs/ that the navigation leaves out, and each that it names in vain."""
    named = set(nav_pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    docs = ROOT / "docs"
    # The page on decisions lists them; changelog.md is made here.
    there = {str(p.relative_to(docs)) for p in docs.rglob("*.md") if not p.match("decisions/0*.md")} | {
        "changelog.md"
    }
    return [f"mkdocs.yml: {page}: there is no such page in docs/" for page in sorted(named - there)] + [
        f"mkdocs.yml: docs/{page} is not in the navigation" for page in sorted(there - named)
    ]


def lay_out() -> None:
    """Fill build/docs: pages, images, and whatever else of the project a page links to."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES)
    shutil.copy(ROOT / "CHANGELOG.md", PAGES / "changelog.md")
    decisions = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    titles = [DECISION.findall(page.read_text(encoding="utf-8"))[0] for page in decisions]
    listed = "\n".join(f"- [{title}]({page.name})" for page, title in zip(decisions, titles, strict=True))
    with (PAGES / "decisions" / "README.md").open("a", encoding="utf-8") as page:
        page.write(f"\n## All decisions\n\n{listed}\n")
    # All of them first, because moving links copies more.
    for page in list(PAGES.rglob("*.md")):
        place = page.relative_to(PAGES)
        source = ROOT / "CHANGELOG.md" if str(place) == "changelog.md" else ROOT / "docs" / place
        page.write_text(_with_links_moved(page.read_text(encoding="utf-8"), source, page), encoding="utf-8")


def _with_links_moved(text: str, source: Path, page: Path) -> str:
    """Lead the links that leave docs/ to copies inside the site."""

    def moved(match: re.Match[str]) -> str:
        link, _, fragment = match[1].partition("#")
        target = (source.parent / link).resolve()
        leaves_docs = source.parent == ROOT or not target.is_relative_to(ROOT / "docs")
        if not link or ":" in link or not leaves_docs:
            return match[0]
        inside = str(target.relative_to(ROOT))
        inside = ELSEWHERE.get(inside, inside.removeprefix("docs/"))
        if not (PAGES / inside).exists() and target.is_file():
            (PAGES / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(target, PAGES / inside)
            if target.suffix == ".md":
                # Its own links lead from where it stood.
                found = _with_links_moved(target.read_text(encoding="utf-8"), target, PAGES / inside)
                (PAGES / inside).write_text(found, encoding="utf-8")
        return f"]({relpath(PAGES / inside, page.parent)}{'#' if fragment else ''}{fragment})"

    code = [(m.start(), m.end()) for m in FENCE.finditer(text)]
    return re.sub(
        r"\]\(([^)\s]+)\)",
        lambda m: m[0] if any(a <= m.start() < b for a, b in code) else moved(m),
        text,
    )


def main() -> int:
    faults = faults_of_nav() + [fault for page in markdown_pages() for fault in faults_of_markdown(page)]
    if not faults:
        lay_out()
        shutil.rmtree(SITE, ignore_errors=True)
        command = [
            Path(sys.executable).parent / "zensical",
            "build",
            "--clean",
            "--strict",
            "-f",
            "mkdocs.yml",
        ]
        subprocess.run(command, cwd=ROOT, check=True)
        faults = list(faults_of_site(SITE))
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"The site: {SITE / 'index.html'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
