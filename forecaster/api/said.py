"""Remarks and warnings, as a program hears them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from forecaster.errors import Diagnostic, ForecasterWarning, in_python

_PACKAGE = str(Path(__file__).parents[1])

# Takes one remark: a warning with its place and the next move, or a plain sentence.
OnNote = Callable[[Diagnostic | str], None]


def tell(on_note: OnNote | None, diagnostics: Sequence[Diagnostic], notes: Sequence[str]) -> None:
    """Pass every remark on; without a listener, as Python warnings."""
    remarks: list[Diagnostic | str] = [*diagnostics, *notes]
    for remark in remarks:
        if on_note is not None:
            on_note(remark)
        else:
            warnings.warn(in_python(str(remark)), ForecasterWarning, stacklevel=_caller())


def _caller() -> int:
    """Return the stacklevel at which a warning of `tell` names the line of the program that called the package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level
