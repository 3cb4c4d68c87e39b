"""Lists in sentences."""

from forecaster.text import joined, listed, one_line, quoted


def test_listed_counts_what_it_leaves_out() -> None:
    assert listed([], most=2) == ""
    assert listed(["a", "b"], most=2) == "a, b"
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert listed([str(i) for i in range(1_502)], most=2) == "0, 1 and 1,500 more"


def test_joined_puts_a_word_before_the_last() -> None:
    assert joined([], word="or") == ""
    assert joined(["a"], word="or") == "a"
    assert joined(["a", "b"], word="or") == "a or b"
    assert joined(["a", "b", "c"], word="and") == "a, b and c"


def test_quoted_shows_odd_characters() -> None:
    assert quoted(["a", "b\n"]) == ["'a'", "'b\\n'"]


def test_one_line_keeps_both_ends_and_no_character_that_steers_a_terminal() -> None:
    assert one_line("abcdefghijkl", 8, "..") == "abcd..kl"
    assert one_line("a\x1b[31mb\n\tc", 20) == "a [31mb c"
