"""Which column init takes as the target, the id and the row numbers, and what people may say about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecaster.data.draft.infer import Guess
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.table import read_table
from forecaster.errors import DataError, UsageError
from forecaster.pipeline.inspect import Draft, inspect

N = 60
DAYS = [date(2024, 1, 1) + timedelta(days=i) for i in range(N)]


def table(folder: Path, header: str, rows: Iterable[str]) -> Path:
    path = folder / "t.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def draft_of(path: Path, wishes: Wishes | None = None) -> Draft:
    return inspect(path, folder=path.parent, wishes=wishes or Wishes())


def guess_of(path: Path, wishes: Wishes | None = None) -> Guess:
    return draft_of(path, wishes).guess


def problem_of(path: Path, wishes: Wishes) -> str:
    with pytest.raises(DataError) as caught:
        draft_of(path, wishes)
    return str(caught.value).replace(str(path), "TABLE")


def rows(*cells: str) -> list[str]:
    """One line per day; {i} in a cell is its number, {f} is 0 and 1 in turn, and {w} has seven values."""
    return [
        ",".join([str(d), *(c.format(i=i, f=i % 2, w=3 + i % 7, x=i * 37 % 101) for c in cells)])
        for i, d in enumerate(DAYS)
    ]


@pytest.mark.parametrize(
    ("header", "cells", "target", "candidates"),
    [
        ("promo,price,sales", ("{f}", "{x}.5", "{x}"), "sales", ("price",)),
        ("promo,a,b", ("{f}", "{x}.5", "{x}"), "a", ("b",)),
        ("row,load", ("{i}", "{x}"), "load", ()),
        ("store_id,level", ("{w}", "{x}"), "level", ()),
        ("storeId,level", ("{w}", "{x}"), "level", ()),
        ("wd,level", ("{w}", "{x}"), "level", ("wd",)),
        ("open,month,temp", ("{f}", "{w}", "{x}.5"), "temp", ()),
        ("store_id,y", ("3", "5"), "y", ()),
        ("promo", ("{f}",), "promo", ()),
        ("item_cnt_day,item_price", ("{x}", "{x}.5"), "item_cnt_day", ("item_price",)),
    ],
)
def test_the_target_is_a_quantity(
    header: str, cells: tuple[str, ...], target: str, candidates: tuple[str, ...], tmp_path: Path
) -> None:
    guess = guess_of(table(tmp_path, f"day,{header}", rows(*cells)))
    assert (guess.target, guess.candidates) == (target, candidates)


def test_candidates_stand_beside_the_target(tmp_path: Path) -> None:
    text = draft_of(table(tmp_path, "day,a,b", rows("{x}.5", "{x}"))).text
    assert "  targets: [a]   # the likeliest column to forecast; others: [b]\n" in text


def test_a_text_among_numbers_is_a_fault_of_the_target(tmp_path: Path) -> None:
    lines = rows("{x}", "{x}.5")
    lines[20] = f"{DAYS[20]},closed,1.5"
    draft = draft_of(table(tmp_path, "day,sales,price", lines))
    remark = (
        "1 cell of sales is not a number: 'closed' in line 22; correct it, or leave it empty, before training"
    )
    assert (draft.guess.target, draft.guess.remarks) == ("sales", (remark,))
    assert f"  # {remark}\n" in draft.text
    with pytest.raises(DataError, match=r"t\.csv:22: sales: 'closed' is not a number"):
        read_table(draft.experiment.spec.data, draft.experiment.data_path)


def test_codes_with_some_letters_are_no_target_beside_a_quantity(tmp_path: Path) -> None:
    lines = rows("85{x}", "{x}")
    lines[20] = f"{DAYS[20]},85123A,1"
    assert guess_of(table(tmp_path, "day,StockCode,Quantity", lines)).target == "Quantity"


def test_a_constant_target_is_said(tmp_path: Path) -> None:
    assert guess_of(table(tmp_path, "day,y", rows("5"))).remarks == (
        "y has one value in all rows, so there is nothing to learn from it",
    )


@pytest.mark.parametrize("separator", [",", ";"])
def test_an_index_without_a_name(separator: str, tmp_path: Path) -> None:
    """What DataFrame.to_csv and Series.to_csv write."""
    frame = table(tmp_path, ",date,y".replace(",", separator), (
        f"{i},{d},{i % 7}".replace(",", separator) for i, d in enumerate(DAYS)
    ))  # fmt: skip
    guess = guess_of(frame)
    assert (guess.time.name, guess.target, guess.others) == ("date", "y", ("Unnamed: 0",))
    series = table(
        tmp_path, ",y".replace(",", separator), (f"{d}{separator}{i % 7}" for i, d in enumerate(DAYS))
    )
    draft = draft_of(series)
    assert (draft.guess.time.name, draft.guess.freq) == ("Unnamed: 0", "D")
    panel, _ = read_table(draft.experiment.spec.data, series)
    assert panel.values[:, 0].tolist() == [float(i % 7) for i in range(N)]


def test_series_that_follow_one_another_keep_their_id(tmp_path: Path) -> None:
    lines = [f"{d},{'old' if i < 30 else 'new'},{i * 37 % 101}" for i, d in enumerate(DAYS)]
    assert guess_of(table(tmp_path, "day,shop,y", lines)).id == "shop"


def test_blocks_of_rows_between_which_time_goes_back_are_series(tmp_path: Path) -> None:
    lines = [
        f"{d},{who},{i}" for who, days in (("a", DAYS[30:]), ("b", DAYS[:30])) for i, d in enumerate(days)
    ]
    assert guess_of(table(tmp_path, "day,who,y", lines)).id == "who"


@pytest.mark.parametrize(
    ("header", "label"),
    [("season", "'winter' if i < 30 else 'spring'"), ("day_name", "d.strftime('%A')"), ("shop", "'one'")],
)
@pytest.mark.parametrize("step", [1, -1])
def test_text_that_follows_the_time_is_no_id(header: str, label: str, step: int, tmp_path: Path) -> None:
    lines = [
        f"{d},{eval(label, {'i': i, 'd': d})},{i * 37 % 101}" for i, d in enumerate(DAYS)
    ][::step]  # fmt: skip
    assert guess_of(table(tmp_path, f"day,{header},y", lines)).id is None


def test_integers_that_may_name_series_are_remarked_on(tmp_path: Path) -> None:
    guess = guess_of(table(tmp_path, "day,store_id,y", rows("{w}", "{x}")))
    assert [choice.sentence for choice in guess.choices] == [
        "the rows are taken as one series, and 'store_id' may name 7; otherwise use --id store_id for 7 series"
    ]


def test_series_at_other_minutes_of_the_hour_are_named(tmp_path: Path) -> None:
    hours = [datetime(2024, 1, 1) + timedelta(hours=i) for i in range(N)]
    lines = [
        f"{m},{t + timedelta(minutes=s)},{i}" for m, s in (("a", 0), ("b", 15)) for i, t in enumerate(hours)
    ]
    assert problem_of(table(tmp_path, "id,t,y", lines), Wishes()) == (
        "TABLE: the series of column 't' have one step, h, and not the same times: 2024-01-01 00:00:00 and "
        "2024-01-01 00:15:00; move the times of each series to the same clock first, for instance to full hours, days "
        "or Mondays, or give the series of other times a table of their own"
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["1.004", "832", "1.320", "998"], [1004, 832, 1320, 998]),
        (["1,004", "832", "1,320", "998"], [1004, 832, 1320, 998]),
        (["1.004", "832.5", "1.32", "998"], [1.004, 832.5, 1.32, 998]),
        (["1,004", "832,5", "1,32", "998"], [1.004, 832.5, 1.32, 998]),
        (["0.004", "832", "1.320", "998"], [0.004, 832, 1.320, 998]),
    ],
)
def test_marks_between_thousands(lines: list[str], expected: list[float], tmp_path: Path) -> None:
    path = table(tmp_path, "day;units", (f"{d};{lines[i % 4]}" for i, d in enumerate(DAYS)))
    panel, _ = read_table(draft_of(path).experiment.spec.data, path)
    assert panel.values[:4, 0].tolist() == expected


def test_thousands_in_quotes(tmp_path: Path) -> None:
    cells = ['"1,004"', "832"]
    path = table(tmp_path, "day,units", (f"{d},{cells[i % 2]}" for i, d in enumerate(DAYS)))
    panel, _ = read_table(draft_of(path).experiment.spec.data, path)
    assert panel.values[:2, 0].tolist() == [1004, 832]


def test_a_mark_of_two_meanings_is_a_question_where_no_setting_can_read_it(tmp_path: Path) -> None:
    cells = ["1.004", "832"]
    path = table(tmp_path, "day,units", (f"{d},{cells[i % 2]}" for i, d in enumerate(DAYS)))
    assert problem_of(path, Wishes()) == (
        "TABLE: column 'units' holds 1.004 beside 832: is 1.004 the number 1004, or has it decimals?; if it has "
        "decimals, use decimal '.'; if not, write the numbers without a mark between thousands, or another mark "
        "between the fields"
    )


def test_three_decimals_everywhere_are_remarked_on(tmp_path: Path) -> None:
    assert guess_of(table(tmp_path, "day,y", rows("1.{x:03d}".format_map({"x": 7})))).choices
    path = table(tmp_path, "day,y", (f"{d},1.{100 + i}" for i, d in enumerate(DAYS)))
    assert [choice.sentence for choice in guess_of(path).choices] == [
        "'y' holds 1.100, which is read as a number with three decimals; otherwise use numbers without a mark between "
        "thousands, 1100 for 1.100"
    ]


def test_decimal_types_of_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "t.parquet"
    values = pa.array([Decimal(i % 7) for i in range(N)], pa.decimal128(9, 2))
    pq.write_table(pa.table({"day": DAYS, "eur": values, "step": list(range(N))}), path)
    assert guess_of(path).target == "eur"


SHOPS = [f"{d},{shop},{i * 37 % 101},{i}.5" for shop in ("a", "b") for i, d in enumerate(DAYS)]


def test_what_is_said_is_not_guessed(tmp_path: Path) -> None:
    path = table(tmp_path, "day,shop,sales,price", SHOPS)
    guess = guess_of(path, Wishes(targets=("price", "sales"), horizon=3, seasons=(7, 30), preset="best"))
    assert (guess.targets, guess.candidates, guess.id, guess.recipe.horizon) == (
        ("price", "sales"),
        (),
        "shop",
        3,
    )
    assert (guess.recipe.season, guess.preset) == (7, "best")
    assert 7 in guess.recipe.differences
    assert (
        "targets: [price, sales]   # what to forecast\n"
        in draft_of(path, Wishes(targets=("price", "sales"))).text
    )
    assert guess_of(path, Wishes(no_id=True)).id is None
    assert guess_of(path, Wishes(id="shop", time="day", freq="D")).n_series == 2


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (
            Wishes(targets=("slaes",)),
            "TABLE: target: no column is called 'slaes'; did you mean 'sales'? the columns are 'day', 'shop', "
            "'sales', 'price'",
        ),
        (
            Wishes(time="Day"),
            "TABLE: time: no column is called 'Day'; did you mean 'day'? the columns are 'day', 'shop', 'sales', "
            "'price'",
        ),
        (
            Wishes(id="zzz"),
            "TABLE: id: no column is called 'zzz'; the columns are 'day', 'shop', 'sales', 'price'",
        ),
        (
            Wishes(targets=("shop",)),
            "TABLE: target: column 'shop' holds no numbers to forecast; the columns of numbers are 'sales', 'price'",
        ),
        (
            Wishes(id="price"),
            "TABLE: no series has two rows; check which column names the series",
        ),
        (
            Wishes(freq="W"),
            "TABLE: freq: W-SUN does not fit the times of column 'day': 104 of 120 times lie between its steps (the "
            "first: 2024-01-01); the times look like freq D",
        ),
        (
            Wishes(freq="h"),
            "TABLE: freq: h does not fit the times of column 'day': only 4% of its steps have a row; the times look "
            "like freq D",
        ),
        (
            Wishes(freq=1),
            "TABLE: no column holds times (the columns are 'day', 'shop', 'sales', 'price'); give one column of "
            "timestamps such as 2024-01-31 or 2024-01-31 05:00:00, or of step numbers; for times in another form set "
            "time and time_format",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_table(wishes: Wishes, message: str, tmp_path: Path) -> None:
    assert problem_of(table(tmp_path, "day,shop,sales,price", SHOPS), wishes) == message


@pytest.mark.parametrize("ids", [("1.9", "1.10"), ("2019-01-01", "2019-02-01"), ("2019", "2020")])
def test_an_id_that_is_said_may_be_any_text(ids: tuple[str, str], tmp_path: Path) -> None:
    path = table(tmp_path, "s,day,y", [f"{one},{d},{i}" for one in ids for i, d in enumerate(DAYS)])
    draft = draft_of(path, Wishes(id="s"))
    assert (draft.guess.n_series, draft.guess.time.name) == (2, "day")
    panel, _ = read_table(draft.experiment.spec.data, path)
    assert panel.ids == tuple(sorted(ids))


def test_an_id_of_a_type_that_holds_none_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"s": np.repeat([1.0, 2.0], len(DAYS)), "day": [*DAYS, *DAYS], "y": 1.5})
    frame.to_parquet(path := tmp_path / "t.parquet")
    assert problem_of(path, Wishes(id="s")) == (
        "TABLE: id: column 's' holds floats, not ids; store the ids as text or integers, or use no_id=True if the table is "
        "one series"
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"preset": "slow"}, "no preset is called 'slow'; choose from fast, good, best"),
        ({"id": "a", "no_id": True}, "id and no_id=True exclude each other; use one of them"),
        ({"horizon": 0}, "horizon 0 is not a number of steps; give 1 or more"),
        ({"seasons": (1,)}, "season 1 is not a season; give 2 steps or more"),
        ({"targets": ("y", "y")}, "target 'y' is given twice; name each column once"),
        (
            {"targets": ("y",), "time": "y"},
            "target and time name the same column, 'y'; give each a column of its own",
        ),
        ({"freq": "daily"}, "freq: no frequency is called 'daily'; did you mean D?"),
        (
            {"time_format": "quarters"},
            "time_format: no format is called 'quarters'; did you mean 'quarter'? The names are quarter, half-year, iso-week, "
            "epoch-s, epoch-ms, epoch-us, epoch-ns, decimal-year, excel",
        ),
    ],
)
def test_what_cannot_be_meant(said: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Wishes(**said)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_an_index_of_times_without_a_name_is_a_column(tmp_path: Path) -> None:
    from forecaster.data.reading.arrow_table import ArrowTable

    series = pd.Series(np.arange(N) % 7, index=pd.date_range("2024-01-01", periods=N), name="load")
    for data in (series, series.to_frame()):
        guess = inspect(ArrowTable.of(data), folder=tmp_path).guess
        assert (guess.time.name, guess.target) == ("index", "load")
    assert ArrowTable.of(series.rename(None)).columns == ["value", "index"]
