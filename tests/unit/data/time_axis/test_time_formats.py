"""Formats of times that are refused before a table is read, because they would be read wrongly or not at all."""

import pytest

from forecaster.data.time_axis.time_formats import NAMED, format_fault, has_offset


@pytest.mark.parametrize(
    "time_format",
    [*NAMED, "%Y", "%Y-%m-%d %H:%M", "%d.%m.%y", "%b %Y", "%G-W%V-%u", "%Y-%U-%w", "%YM%m", "%G%V", "%G-W%V"],
)
def test_formats_that_name_a_time(time_format: str) -> None:
    assert format_fault(time_format) is None


@pytest.mark.parametrize(
    ("time_format", "fault"),
    [
        ("%Y-W%V", ("'%Y-W%V' has no clear week", "use %G with %V, the year and the week of ISO 8601")),
        ("%Y-%U", ("'%Y-%U' names a week, not a day", "write the first day of each week instead")),
        ("%d.%m.", ("'%d.%m.' has no year", "add %Y, and the year to the times")),
        ("%Y-%Q", ("'%Y-%Q' has the unknown code %Q", "set data.csv.time_format: quarter")),
        ("%Y-%K", ("'%Y-%K' has the unknown code %K", "use codes such as %Y, %m, %d, %H and %M")),
        ("%Y-%d-%d", ("'%Y-%d-%d' has %d twice", "keep one")),
        ("%Y-%j-%m", ("'%Y-%j-%m' has no clear day", "use %j with %Y alone")),
        (
            "%Y-%m-%d %H:%M %p",
            (
                "'%Y-%m-%d %H:%M %p' has no clear hour",
                "use %I with %p for AM and PM, or %H for hours from 0 to 23",
            ),
        ),
        (
            "epoch",
            (
                "no format is called 'epoch'",
                "did you mean 'epoch-s'? The names are quarter, half-year, iso-week, epoch-s, epoch-ms, epoch-us, epoch-ns, "
                "decimal-year, excel",
            ),
        ),
    ],
)
def test_formats_that_do_not(time_format: str, fault: tuple[str, str]) -> None:
    assert format_fault(time_format) == fault


def test_moments_and_times_on_a_clock() -> None:
    assert [has_offset(f) for f in ("epoch-s", "%Y-%m-%dT%H:%M%z", "%Y", "quarter", None)] == [
        True, True, False, False, False,
    ]  # fmt: skip
