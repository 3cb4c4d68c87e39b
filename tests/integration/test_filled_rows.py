"""What validate says of fills that make up a sizeable share of a series, and of series that ended long ago."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest

import forecaster as fc
from tests.integration.tiny_runs import call, done, refused, write_config, write_table

DAYS = [date(2023, 1, 1) + timedelta(days=i) for i in range(400)]
FILLS = ("ffill", "interpolate", "mask", "zero")


def said(folder: Path, series: dict[str, list[date]], missing: str, *, freq: str = "D") -> list[str]:
    """The warnings about data.missing and of dead series."""
    rows = [(d, name, i % 7) for name, days in series.items() for i, d in enumerate(days)]
    write_table(folder / "t.csv", "t,id,y", rows)
    config = write_config(folder, {"id": "id", "freq": freq, "targets": ["y"], "missing": missing})
    validated = fc.validate(fc.Experiment.from_yaml(config))
    return [str(one) for one in validated.warnings if one.path in ("data.missing", "data")]


@pytest.mark.parametrize(("missing", "step", "n"), list(product(FILLS, (2, 7, 14), (1, 3, 5))))
def test_a_series_of_another_step_is_named_under_every_fill(
    missing: str, step: int, n: int, tmp_path: Path
) -> None:
    weekly = DAYS[: 20 * step : step]
    series = {f"d{k}": DAYS[: 19 * step + 1] for k in range(n)} | {"w": weekly}
    total, absent = 19 * step + 1, 19 * (step - 1)
    assert said(tmp_path, series, missing) == [
        f"data.missing: {missing} fills in more than 20% of the rows in 1 of {n + 1} series: 'w' {absent} of {total} "
        f"({absent / total:.0%}, with a row every {step} steps); give series with a larger step than data.freq D a table "
        "of their own"
    ]


@pytest.mark.parametrize(("missing", "absent"), list(product(("ffill", "interpolate", "mask"), (30, 50, 70))))
def test_a_long_gap_is_named_with_its_share(missing: str, absent: int, tmp_path: Path) -> None:
    holed = DAYS[:40] + DAYS[40 + absent : 120]
    assert said(tmp_path, {"a": DAYS[:120], "b": holed}, missing) == [
        f"data.missing: {missing} fills in more than 20% of the rows in 1 of 2 series: 'b' {absent} of 120 "
        f"({absent / 120:.0%}); choose a larger data.freq, or leave stretches without rows out with data.start"
    ]


@pytest.mark.parametrize("missing", ["ffill", "interpolate", "mask"])
def test_where_gaps_recur_mask_is_advised_and_is_no_warning(missing: str, tmp_path: Path) -> None:
    workdays = [d for d in DAYS if d.weekday() < 4]
    total = (workdays[-1] - workdays[0]).days + 1
    absent = total - len(workdays)
    advised = [
        f"data.missing: {missing} fills in more than 20% of the rows: the table {absent} of {total} ({absent / total:.0%}); "
        "set data.missing: mask where gaps recur, as nights and weekends do; otherwise choose a larger data.freq, or leave "
        "stretches without rows out with data.start"
    ]
    write_table(tmp_path / "t.csv", "t,y", [(d, i % 7) for i, d in enumerate(workdays)])
    config = write_config(tmp_path, {"freq": "D", "targets": ["y"], "missing": missing})
    found = fc.validate(fc.Experiment.from_yaml(config)).warnings
    assert [str(one) for one in found if one.path == "data.missing"] == ([] if missing == "mask" else advised)


@pytest.mark.parametrize("missing", FILLS)
@pytest.mark.parametrize("absent", [1, 10, 24])
def test_a_few_filled_rows_are_no_warning(missing: str, absent: int, tmp_path: Path) -> None:
    holed = DAYS[:40] + DAYS[40 + absent : 120]
    assert said(tmp_path, {"a": DAYS[:120], "b": holed}, missing) == []


def test_days_without_sales_under_zero_are_no_warning(tmp_path: Path) -> None:
    """An absent row means that nothing was sold."""
    sold = [d for i, d in enumerate(DAYS[:120]) if i * 7919 % 11 < 4 or i == 119]
    assert said(tmp_path, {"a": DAYS[:120], "b": sold}, "zero") == []
    assert len(said(tmp_path, {"a": DAYS[:120], "b": sold}, "ffill")) == 1


def test_the_worst_three_are_named(tmp_path: Path) -> None:
    series = {"d": DAYS[:200]} | {f"s{k}": DAYS[: 40 * k : k] for k in (2, 3, 4, 5)}
    text = said(tmp_path, series, "ffill")[0]
    assert text.startswith("data.missing: ffill fills in more than 20% of the rows in 4 of 5 series: 's5' ")
    assert " and 1 more; give series" in text


def test_empty_cells_count_as_filled_rows(tmp_path: Path) -> None:
    rows = [(d, "" if 20 <= i < 70 else i) for i, d in enumerate(DAYS[:120])]
    write_table(tmp_path / "t.csv", "t,y", rows)
    config = write_config(tmp_path, {"freq": "D", "targets": ["y"], "missing": "ffill"})
    assert (
        "warning: data.missing: ffill fills in more than 20% of the rows: the table 50 of 120 (42%); choose a larger "
        "data.freq, or leave stretches without rows out with data.start\n"
    ) in call("validate", config).stderr


@pytest.mark.parametrize(("n", "behind"), list(product((1, 3), (3, 20, 60))))
def test_series_that_ended_a_horizon_before_the_others_are_named(n: int, behind: int, tmp_path: Path) -> None:
    series = {f"s{k}": DAYS[:120] for k in range(n)} | {"gone": DAYS[: 120 - behind]}
    assert said(tmp_path, series, "error") == [
        f"data: 1 of {n + 1} series end a whole horizon or more before the last time of the table, {DAYS[119]}: 'gone' at "
        f"{DAYS[119 - behind]}; leave them out, or use --from in predict for forecasts that all begin after one time"
    ]


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_series_that_lag_less_than_a_horizon_are_no_warning(behind: int, tmp_path: Path) -> None:
    assert said(tmp_path, {"a": DAYS[:120], "b": DAYS[: 120 - behind]}, "error") == []


@pytest.mark.slow
@pytest.mark.parametrize("missing", FILLS)
def test_scores_of_values_that_a_fill_made_up_are_said(missing: str, tmp_path: Path) -> None:
    """One of the last 24 days, the test range, is absent: it is a target of three windows, at each of three steps."""
    rows = [(d, i % 7) for i, d in enumerate(DAYS[:120]) if i != 108]
    write_table(tmp_path / "t.csv", "t,y", rows)
    config = write_config(
        tmp_path, {"freq": "D", "targets": ["y"], "missing": missing}, split={"val": 24, "test": 24}
    )
    said = " ".join(done("train", config, "--run-dir", tmp_path / "r").split())
    remark = (
        f"3 of 66 test values were filled in by data.missing: {missing}, and are scored as if they were measured; "
        "data.missing: mask leaves them out"
    )
    assert (remark in said) == (missing in ("ffill", "interpolate"))
    assert "val values were filled in" not in said
    assert ("3 of 66 values were not observed and are not scored" in said) == (missing == "mask")


def test_a_validation_range_without_a_measured_value_is_refused_under_mask(tmp_path: Path) -> None:
    """An outage as long as the range. The test range always ends with a value: the table does."""
    rows = [(d, i) for i, d in enumerate(DAYS[:120]) if not 60 < i < 96]
    write_table(tmp_path / "t.csv", "t,y", rows)
    config = write_config(
        tmp_path, {"freq": "D", "targets": ["y"], "missing": "mask"}, split={"val": 24, "test": 24}
    )
    said = refused(2, "validate", config)
    assert said.endswith(
        "split.val: "
        + str(tmp_path / "t.csv")
        + ": no target of the val range has a value, and data.missing: mask leaves "
        "all others out; move the range with split.val or data.end, or fill the values in with another data.missing"
    )
    done("validate", config, "--set", "data.missing=ffill")
    done("validate", config, "--set", "split.val=40")
