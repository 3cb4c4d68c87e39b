"""Draw the rooms of the package as docs/images/rooms.svg: the floors of pyproject.toml, with what each room does.

    python -m tools.draw_rooms

What a room does is its row in the table of docs/architecture.md.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE, PICTURE = ROOT / "docs" / "architecture.md", ROOT / "docs" / "images" / "rooms.svg"
ROW = re.compile(r"^\| `(\w+)(?:/|\.py)` \| (.+?) \|$", re.MULTILINE)
INSIDE = ("data", "model")
WIDTH, MARGIN, GAP, PAD, LINE = 960, 16, 8, 10, 17
# Where the text begins that stands beside the name of a room.
BESIDE = 110
# Characters of the small type in 100 points of width.
PER_100 = 16.5


def floors(container: str = "forecaster") -> list[list[str]]:
    """Return the floors of a contract, the highest first, each a list of the rooms on it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [layers] = [c["layers"] for c in contracts if c.get("containers") == [container]]
    return [[room.strip() for room in layer.split("|")] for layer in layers]


def captions() -> dict[str, str]:
    """Return what each room does, by its name."""
    return {name: text.replace("`", "") for name, text in ROW.findall(PAGE.read_text(encoding="utf-8"))}


def draw() -> str:
    """Return the picture."""
    says, parts, top = captions(), [], MARGIN
    for floor in floors():
        width = (WIDTH - 2 * MARGIN - GAP * (len(floor) - 1)) / len(floor)
        boxes = [[room] if len(floor) == 1 else _lines(room, says[room], width) for room in floor]
        height = 2 * PAD + LINE * max(len(lines) for lines in boxes) - 3
        for i, lines in enumerate(boxes):
            parts.append(_box(MARGIN + i * (width + GAP), top, width, height, lines))
        if len(floor) == 1:
            parts.append(_text(MARGIN + BESIDE, top, 0, says[floor[0]]))
        top += height + GAP
    height = top - GAP + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'font-family="system-ui, sans-serif" font-size="12.5" role="img">\n'
        "<title>The rooms of the package: a floor imports only from floors below it</title>\n"
        f'<rect width="{WIDTH}" height="{height:g}" fill="#ffffff"/>\n' + "".join(parts) + "</svg>\n"
    )


def _lines(room: str, says: str, width: float) -> list[str]:
    """Return the name of a room, what it does, and its sub-rooms from the top down, as lines of a box."""
    most = int((width - 2 * PAD) / 100 * PER_100)
    lines = [room, *textwrap.wrap(says, most)]
    if room in INSIDE:
        inner = " › ".join(" | ".join(floor) for floor in floors(f"forecaster.{room}"))
        lines += textwrap.wrap(inner, most)
    return lines


def _box(left: float, top: float, width: float, height: float, lines: list[str]) -> str:
    texts = "".join(_text(left + PAD, top, i, line, name=i == 0) for i, line in enumerate(lines))
    return (
        f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="6" fill="#eef4f9" '
        f'stroke="#7fa6c4"/>\n{texts}'
    )


def _text(left: float, top: float, line: int, text: str, *, name: bool = False) -> str:
    look = 'font-weight="600" fill="#0b3d63"' if name else 'fill="#333333"'
    return f'<text x="{left:g}" y="{top + PAD + 9 + LINE * line:g}" {look}>{escape(text)}</text>\n'


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
