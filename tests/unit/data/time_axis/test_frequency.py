import pytest

from forecaster.data.time_axis.frequency import canonical_freq, default_seasonality


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("H", "h"), ("T", "min"), ("60min", "h"), ("90min", "90min"), ("3600s", "h"), ("15T", "15min"),
        ("M", "ME"), ("Q", "QE-DEC"), ("A-JUN", "YE-JUN"), ("W", "W-SUN"), ("w-fri", "W-FRI"), ("d", "D"),
        ("BM", "BME"), ("2D", "2D"), ("24h", "24h"), (5, 5),
    ],
)  # fmt: skip
def test_one_spelling_is_stored(given: str | int, stored: str | int) -> None:
    assert canonical_freq(given) == stored
    assert canonical_freq(stored) == stored


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("hourly", "no frequency is called 'hourly'; did you mean h?"),
        (
            "m",
            "no frequency is called 'm'; did you mean min (minutes), ME (month ends) or MS (month starts)?",
        ),
        ("1", "no frequency is called '1'; for an integer time axis write it without quotes: 1"),
        ("1.5h", "freq '1.5h' must be one whole multiple of one unit, such as 90min"),
        ("1h30min", "freq '1h30min' must be one whole multiple of one unit, such as 90min"),
        ("W-FOO", "freq 'W-FOO': 'FOO' is not one of MON, TUE, WED, THU, FRI, SAT, SUN"),
        ("ME-JAN", "freq 'ME-JAN': ME takes no anchor; write ME"),
        ("h-MON", "freq 'h-MON': h takes no anchor; write h"),
        ("0h", "freq '0h' must be at least one h"),
        (0, "freq 0 must be an integer of at least 1"),
        (
            "fortnight",
            "no frequency is called 'fortnight'; use h, min, s, ms, D, B, W-FRI, MS, ME, QS, QE, YS, YE, "
            "a multiple such as 15min, or an integer",
        ),
    ],
)
def test_a_wrong_name_comes_back_with_a_way_out(given: str | int, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        canonical_freq(given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("freq", "season"),
    [
        ("h", 24), ("2h", 12), ("5h", 1), ("24h", 7), ("15min", 96), ("min", 1440), ("s", 3600), ("ms", 1000),
        ("D", 7), ("2D", 1), ("B", 5), ("W-FRI", 52), ("2W", 26), ("ME", 12), ("MS", 12), ("BME", 12),
        ("3MS", 4), ("QE", 4), ("YE", 1), (1, 1), (10, 1),
    ],
)  # fmt: skip
def test_usual_season(freq: str | int, season: int) -> None:
    assert default_seasonality(freq) == season
