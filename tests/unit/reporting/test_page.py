import json
import re
from importlib import resources

import pytest

from forecaster.reporting.page import _json, number
from forecaster.text import visible


def colours():
    """The light and the dark palette of the page's style sheet."""
    css = resources.files("forecaster.reporting").joinpath("assets", "report.css").read_text(encoding="utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")[:2]
    return [dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", part.split("}")[0])) for part in (light, dark)]


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", colours(), ids=["light", "dark"])
def test_text_and_lines_have_the_contrast_of_level_aa(palette):
    for ground in ("paper", "panel"):
        for text in ("ink", "soft", "accent", "good", "bad"):
            assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
    for line in ("model", "actual", "warm", "good", "bar", "focus"):
        assert contrast(palette[line], palette["paper"]) >= 3, line


@pytest.mark.parametrize("name", ["</script>", "<!--", "a & b", "\u2028", '"', "\\", "東京"])
def test_no_name_ends_the_block_of_data(name):
    text = _json({"name": name})
    assert not re.search("[<>&\u2028\u2029]", text)
    # A character that cannot be seen is shown as an escape.
    assert json.loads(text) == {"name": visible(name)}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0.0, "0.00"),
        (0.8091, "0.809"),
        (12345.6, "12,346"),
        (1e-7, "1.00e-07"),
    ],
)
def test_numbers_are_short(value, text):
    assert number(value) == text
