"""Times with offsets from UTC and no data.timezone: read, and answered, in their own offset."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.offsets import written_zones
from forecaster.data.reading.table import read_ahead, read_table
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis, offset_of
from forecaster.errors import DataError

HOURS = [datetime(2023, 1, 1) + timedelta(hours=i) for i in range(48)]


def spec(**data: Any) -> DataSpec:
    return DataSpec.model_validate({"path": "t.csv", "time": "t", "freq": "h", "targets": ["y"]} | data)


def table(folder: Path, times: list[str]) -> Path:
    path = folder / "t.csv"
    path.write_text("t,y\n" + "".join(f"{t},{i}\n" for i, t in enumerate(times)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("texts", "time_format", "zones"),
    [
        (["2023-01-01T00:00Z", "2023-01-01T01:00Z"], None, ["UTC"]),
        (["2023-01-01T00:00z"], None, ["UTC"]),
        (["2023-01-01 00:00:00+02:00", "2023-01-01 01:00:00+0200", None, "x"], None, ["+02:00"]),
        (["2023-01-01 00:00-05", "2023-01-01 01:00 -05:00"], None, ["-05:00"]),
        (["2023-01-01T00:00Z", "2023-01-01T01:00+01:00"], None, ["UTC", "+01:00"]),
        (["2023-01-05", "2023-01"], None, []),
        (["10/Oct/2023:13:55:36 -0700", "10/Oct/2023:14:55:36 -0700"], "%d/%b/%Y:%H:%M:%S %z", ["-07:00"]),
        (["2023101013+0100", "2023101014+0200"], "%Y%m%d%H%z", ["+01:00", "+02:00"]),
        (["Wed Oct 10 20:19:24 +0000 2023"], "%a %b %d %H:%M:%S %z %Y", ["UTC"]),
        (["Wed Oct 10 20:19:24 +0530 2023"], "%a %b %d %H:%M:%S %z %Y", ["+05:30"]),
        ([], None, []),
    ],
)
def test_offsets_that_are_written(texts: list[str | None], time_format: str | None, zones: list[str]) -> None:
    assert written_zones(pa.array(texts, pa.string()), time_format) == zones


@pytest.mark.parametrize(
    ("offset", "zone"),
    [("+02:00", "+02:00"), ("-0330", "-03:30"), ("+05", "+05:00"), ("Z", "UTC"), ("", None)],
)
def test_the_axis_has_the_offset_of_the_table(offset: str, zone: str | None, tmp_path: Path) -> None:
    path = table(tmp_path, [f"{t:%Y-%m-%dT%H:%M}{offset}" for t in HOURS])
    panel, findings = read_table(spec(), path)
    assert panel.time_axis.timezone == zone
    shown = "" if zone is None else "+00:00" if zone == "UTC" else zone
    assert panel.time_axis.text(panel.first) == [f"2023-01-01 00:00:00{shown}"]
    assert findings.warnings == ()


def test_a_zone_that_is_set_goes_first(tmp_path: Path) -> None:
    path = table(tmp_path, [f"{t:%Y-%m-%dT%H:%M}+02:00" for t in HOURS])
    panel, _ = read_table(spec(timezone="America/New_York"), path)
    assert panel.time_axis.text(panel.first) == ["2022-12-31 17:00:00-05:00"]


@pytest.mark.parametrize(
    ("zone", "first"), [("-05:00", "2023-01-01 00:00:00-05:00"), ("+05:45", "2023-01-01 00:00:00+05:45")]
)
def test_an_offset_is_a_zone_of_times_without_one(zone: str, first: str, tmp_path: Path) -> None:
    panel, _ = read_table(spec(timezone=zone), table(tmp_path, [str(t) for t in HOURS]))
    assert panel.time_axis.text(panel.first) == [first]


@pytest.mark.parametrize("zone", ["Europe/Paris", "+02:00", "UTC"])
def test_the_zone_of_a_typed_column_is_that_of_the_axis(zone: str) -> None:
    times = pa.array(HOURS, pa.timestamp("us")).cast(pa.timestamp("us", zone))
    source = ArrowTable.of(pa.table({"t": times, "y": [float(i) for i in range(48)]}))
    assert read_table(spec(), source)[0].time_axis.timezone == zone


def test_days_begin_on_the_clock_of_the_offset(tmp_path: Path) -> None:
    days = [datetime(2023, 1, 1) + timedelta(days=i) for i in range(20)]
    path = table(tmp_path, [f"{d:%Y-%m-%dT%H:%M:%S}+02:00" for d in days])
    panel, _ = read_table(spec(freq="D", start="2023-01-03", end="2023-01-05"), path)
    assert panel.time_axis.text(panel.first) == ["2023-01-03"]
    assert panel.lengths.tolist() == [3]


def test_several_offsets_are_answered_in_utc_and_said(tmp_path: Path) -> None:
    path = table(tmp_path, [f"{t:%Y-%m-%dT%H:%M}+0{1 + (t.hour == 5)}:00" for t in HOURS[:5]])
    with path.open("a", encoding="utf-8") as file:
        file.write("2023-01-01T06:00+02:00,5\n")
    panel, findings = read_table(spec(missing="ffill"), path)
    assert panel.time_axis.timezone == "UTC"
    assert [str(w) for w in findings.warnings] == [
        f"{path}: t: times have the offsets +01:00, +02:00 from UTC, and are read and answered in UTC; set "
        "data.timezone to the name of their zone, such as Europe/Paris, or to UTC"
    ]


def test_days_of_several_offsets_need_a_zone(tmp_path: Path) -> None:
    days = [datetime(2023, 1, 1) + timedelta(days=i) for i in range(20)]
    path = table(tmp_path, [f"{d:%Y-%m-%dT%H:%M}+0{1 + (d.day > 18)}:00" for d in days])
    with pytest.raises(DataError) as caught:
        read_table(spec(freq="D"), path)
    assert str(caught.value.diagnostics[0]) == (
        f"{path}:20: t: 2023-01-18 22:00:00+00:00 is not a step of data.freq 'D': the nearest steps are 2023-01-17 "
        "23:00:00+00:00 and 2023-01-18 23:00:00+00:00; the times have the offsets +01:00, +02:00: set data.timezone to "
        "the name of their zone, such as Europe/Paris"
    )


def test_times_without_an_offset_are_refused_by_a_network_that_saw_offsets(tmp_path: Path) -> None:
    trained = TimeAxis("h", "+02:00")
    with pytest.raises(DataError) as caught:
        read_table(spec(), table(tmp_path, [str(t) for t in HOURS]), time_axis=trained)
    assert str(caught.value) == (
        f"{tmp_path / 't.csv'}: t: the times have no offset from UTC, and the network was trained on times of +02:00; "
        "write the times with their offset, such as 2023-01-01 00:00:00+02:00"
    )


@pytest.mark.parametrize(
    ("offsets", "named"), [(("Z",), "UTC"), (("+02:00",), "+02:00"), (("+02:00", "+01:00"), "+02:00, +01:00")]
)
def test_times_with_an_offset_are_refused_by_a_network_that_saw_none(
    offsets: tuple[str, ...], named: str, tmp_path: Path
) -> None:
    path = table(tmp_path, [f"{t}{offsets[i % len(offsets)]}" for i, t in enumerate(HOURS)])
    for read in (
        lambda: read_table(spec(), path, time_axis=TimeAxis("h")),
        lambda: read_ahead(spec(future_covariates=["y"], targets=["x"]), path, TimeAxis("h")),
    ):
        with pytest.raises(DataError) as caught:
            read()
        assert str(caught.value) == (
            f"{path}: t: the times are those of {named}, and the network was trained on times without an offset from UTC; "
            "write the times without an offset, on the clock of the training rows"
        )


def test_moments_are_no_times_of_any_clock() -> None:
    """A network that was trained on epochs, which are in UTC, knows which moments a typed column holds."""
    times = pa.array(HOURS, pa.timestamp("us")).cast(pa.timestamp("us", "+02:00"))
    source = ArrowTable.of(pa.table({"t": times, "y": [float(i) for i in range(48)]}))
    epochs = spec(csv={"time_format": "epoch-s"})
    panel, _ = read_table(epochs, source, time_axis=TimeAxis("h"))
    assert panel.time_axis.text(panel.first) == [f"{HOURS[0]}"]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("2023-08-01 00:00+02:00", "+02:00"),
        ("2023-08-01T00:00:00Z", "+00:00"),
        ("2023-08-01", None),
        ("-1d", None),
        ("7", None),
    ],
)
def test_the_offset_of_one_time(text: str, offset: str | None) -> None:
    assert offset_of(text) == offset


def test_other_offsets_are_answered_in_that_of_training(tmp_path: Path) -> None:
    path = table(tmp_path, [f"{t}-05:00" for t in HOURS])
    panel, findings = read_table(spec(), path, time_axis=TimeAxis("h", "+02:00"))
    assert panel.time_axis.text(panel.first) == ["2023-01-01 07:00:00+02:00"]
    assert findings.warnings == ()


@pytest.mark.parametrize("zone", ["+25:00", "+2:00", "+02:60", "UTC+2", "02:00", "+0200"])
def test_no_offset(zone: str) -> None:
    with pytest.raises(ValueError, match="no time zone is called"):
        spec(timezone=zone)
