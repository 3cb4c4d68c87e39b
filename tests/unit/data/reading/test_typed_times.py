"""Times that a person types beside a table: in ISO 8601, or as the table has them."""

import pytest

from forecaster.data.reading.times import typed_time
from forecaster.data.spec import DataSpec


@pytest.mark.parametrize(
    ("time_format", "text", "iso"),
    [
        ("%d.%m.%Y", "02.12.2022", "2022-12-02"),
        ("%d.%m.%Y %H:%M", "02.12.2022 05:30", "2022-12-02T05:30:00.000000"),
        ("%d.%m.%Y %H:%M%z", "02.12.2022 05:30+02:00", "2022-12-02T03:30:00.000000+00:00"),
        ("%m/%Y", "06/2014", "2014-06-01"),
        ("quarter", "2014Q2", "2014-04-01"),
        ("epoch-s", "1700000000", "2023-11-14T22:13:20.000000+00:00"),
        (None, "2024-01-31 24:00", "2024-02-01"),
        # ISO 8601 is what it is, whatever the table's form, and a month is kept: what it means depends on the steps.
        ("%Y-%d-%m", "2024-02-01", "2024-02-01"),
        ("%Y-%m", "2014-06", "2014-06"),
        # What is no time is left to the one who says so.
        ("%d.%m.%Y", "31.02.2022", "31.02.2022"),
        (None, "-1d", "-1d"),
        (None, "", ""),
    ],
)
def test_a_time_like_those_of_the_table_becomes_iso_8601(
    time_format: str | None, text: str, iso: str
) -> None:
    spec = DataSpec(path="t.csv", time="t", freq="h", targets=["y"], csv={"time_format": time_format})
    assert typed_time(text, spec) == iso


def test_on_an_axis_of_numbers_a_number_stays_one() -> None:
    assert typed_time("20240101", DataSpec(path="t.csv", time="t", freq=1, targets=["y"])) == "20240101"
