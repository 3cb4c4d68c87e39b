"""Delivery of remarks and warnings to the program that calls the API."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence

from forecaster.errors import Diagnostic, ForecasterWarning, in_python

PACKAGE = __name__.partition(".")[0]
# Takes one remark: a warning with its location and a hint, or a plain sentence.
OnNote = Callable[[Diagnostic | str], None]


def deliver(on_note: OnNote | None, diagnostics: Sequence[Diagnostic], notes: Sequence[str]) -> None:
    """Pass every remark to a function, or issue it as a Python warning where there is none.

    Args:
        on_note: The function that takes each remark. With None, each remark is a `ForecasterWarning` at the line
            outside this package that called the API.
        diagnostics: Warnings with a location and a hint.
        notes: Plain sentences.
    """
    remarks: list[Diagnostic | str] = [*diagnostics, *notes]
    for remark in remarks:
        if on_note is not None:
            on_note(remark)
        else:
            warnings.warn(in_python(str(remark)), ForecasterWarning, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """Return the stack level, as `warnings.warn` counts it in `deliver`, of the first frame outside this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals["__name__"]).partition(".")[0] == PACKAGE:
        level, frame = level + 1, frame.f_back
    return level
