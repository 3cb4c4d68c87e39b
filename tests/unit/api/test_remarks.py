"""Remarks reach the function that a program passes, or else become warnings at a line of the program."""

import warnings

from forecaster.api.remarks import deliver
from forecaster.errors import Diagnostic, ForecasterWarning

WARNED = Diagnostic("one row is missing", severity="warning", path="data.path")


def test_a_function_takes_warnings_and_then_notes() -> None:
    taken: list[Diagnostic | str] = []
    deliver(taken.append, [WARNED], ["a note"])
    assert taken == [WARNED, "a note"]


def test_without_a_function_each_remark_is_a_warning_at_the_line_of_the_caller() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        deliver(None, [WARNED], ["a note"])
    assert [(w.category, str(w.message), w.filename) for w in caught] == [
        (ForecasterWarning, "data.path: one row is missing", __file__),
        (ForecasterWarning, "a note", __file__),
    ]


def test_frames_of_the_package_between_the_program_and_the_remark_are_skipped() -> None:
    names = {"__name__": "forecaster.pipeline.train", "deliver": deliver}
    exec("def inner():\n    deliver(None, [], ['a note'])\ndef outer():\n    inner()\n", names)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        names["outer"]()  # type: ignore[operator]
    assert [w.filename for w in caught] == [__file__]
