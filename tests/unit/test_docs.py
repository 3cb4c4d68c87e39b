"""The pages of docs/ hold together: links, navigation, and the parts that are generated."""

from pathlib import Path

import pytest

from tools import api_reference, build_site, check_links, draw_rooms

ROOT = Path(__file__).parents[2]
PAGES = check_links.markdown_pages()


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    assert list(check_links.faults_of_markdown(page)) == []


def test_navigation_names_every_page_and_no_other() -> None:
    assert build_site.faults_of_nav() == []


def test_api_page_is_that_of_the_docstrings() -> None:
    assert api_reference.PAGE.read_text(encoding="utf-8") == api_reference.render(), "run `make pages`"


def test_picture_of_the_rooms_is_that_of_the_contracts() -> None:
    assert draw_rooms.PICTURE.read_text(encoding="utf-8") == draw_rooms.draw(), "run `make pages`"
    rooms = {
        p.stem
        for p in (ROOT / "forecaster").iterdir()
        if not p.name.startswith("_") and p.suffix in ("", ".py")
    }
    assert {room for floor in draw_rooms.floors() for room in floor} == rooms


def forecast(steps: int, *, level: float = 0.8) -> list[float]:
    """Forecast some steps.

    Args:
        steps: How many,
            at least 1.
        level: Coverage of the interval.

    Returns:
        One value
        per step.

    Raises:
        ValueError: If steps is 0.

    Example:
        forecast(3)
    """
    if steps == 0:
        raise ValueError("steps is 0")
    return [level] * steps


def test_docstrings_become_markdown() -> None:
    assert "\n".join(api_reference.described("forecast", forecast)) == (
        "```text\nforecast(steps: int, *, level: float = 0.8) -> list[float]\n```\n\n"
        "Forecast some steps.\n\n"
        "**Args**\n\n- `steps`: How many, at least 1.\n- `level`: Coverage of the interval.\n\n"
        "**Returns:** One value per step.\n\n"
        "**Raises**\n\n- `ValueError`: If steps is 0.\n\n"
        "**Example**\n\n```python\nforecast(3)\n```\n"
    )


def test_faults_of_a_site_are_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<link href="https://fonts.example/a.css"><h1 id="top">A</h1><a href="#top">a</a><a href="#gone">b</a>'
        '<a href="other.html">c</a><a href="https://elsewhere.example">d</a><a href="index.html#top">e</a>'
    )
    (tmp_path / "style.css").write_text("@import url('//fonts.example/b.css');")
    assert list(check_links.faults_of_site(tmp_path)) == [
        "index.html: loads https://fonts.example/a.css from another host",
        "index.html: #gone: there is no such anchor",
        "index.html: other.html: there is no such file",
        "style.css: loads //fonts.example/b.css from another host",
    ]
