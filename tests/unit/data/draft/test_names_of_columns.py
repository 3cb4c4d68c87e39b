"""What names say of columns: bid and grid end in id and name no series, and flags are no ids."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from forecaster.data.draft.names import ID_NAMES, LABEL_NAMES, SERIES_NAMES
from tests.unit.data.draft.readings import said_of, table

DAYS = [date(2023, 1, 1) + timedelta(days=i) for i in range(40)]


@pytest.mark.parametrize("name", ["bid", "grid", "paid", "valid", "humid", "Fluid", "BID"])
def test_words_that_end_in_id_are_no_ids(name: str) -> None:
    assert not any(pattern.search(name) for pattern in (ID_NAMES, SERIES_NAMES, LABEL_NAMES))


@pytest.mark.parametrize("name", ["store_id", "storeId", "storeID", "storeid", "StationID", "id", "UserId"])
def test_names_of_ids(name: str) -> None:
    assert ID_NAMES.search(name)
    assert LABEL_NAMES.search(name)


@pytest.mark.parametrize("name", ["bid", "grid"])
def test_such_a_column_of_whole_numbers_is_the_target(name: str, tmp_path: Path) -> None:
    rows = (f"{d},{100 + i * 7 % 31},{i % 3}" for i, d in enumerate(DAYS))
    assert said_of(table(tmp_path, f"day,{name},level", rows))[0].targets == (name,)


@pytest.mark.parametrize("words", [("Y", "N"), ("ja", "nein"), ("open", "closed"), ("", "p")])
def test_flags_are_not_said_to_name_series(words: tuple[str, str], tmp_path: Path) -> None:
    rows = (f"{d},{100.5 + i * 7 % 31},{words[i // 20]}" for i, d in enumerate(DAYS))
    guess, said = said_of(table(tmp_path, "day,y,mark", rows))
    assert (guess.id, said) == (None, [])
