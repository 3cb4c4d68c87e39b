"""Remarks and warnings, as a program hears them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from forecaster.errors import Diagnostic, ForecasterWarning

# Takes one remark: a warning with its place and the next move, or a plain sentence.
OnNote = Callable[[Diagnostic | str], None]


def tell(on_note: OnNote | None, diagnostics: Sequence[Diagnostic], notes: Sequence[str]) -> None:
    """Pass every remark on; without a listener, as Python warnings."""
    remarks: list[Diagnostic | str] = [*diagnostics, *notes]
    for remark in remarks:
        if on_note is not None:
            on_note(remark)
        else:
            # At the line of the program that called the API.
            warnings.warn(str(remark), ForecasterWarning, stacklevel=4)
