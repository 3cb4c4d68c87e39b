"""Keeps pyarrow from importing pandas where nothing needs it: that takes a third of a second and 30 MiB."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TypeVar

_T = TypeVar("_T")
_PANDAS = "pandas"


class OwnProcess:
    """Whether this process runs one command of forecaster and nothing else."""

    here = False


def is_plain(source: object) -> bool:
    """Whether a table is a file that is read without pandas."""
    return isinstance(source, Path) and source.suffix.lower() in (".csv", ".parquet")


class _Absent(MetaPathFinder):
    """A finder that knows no pandas."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise ImportError for pandas; leave every other module to the finders after this one."""
        if name == _PANDAS:
            raise ImportError(f"{_PANDAS} is left out for a moment", name=_PANDAS)
        return None


def without_pandas(work: Callable[[], _T]) -> _T:
    """Return what a function returns, which converts between Arrow and NumPy, without pandas if that is possible.

    pyarrow imports pandas at its first conversion, to know its types, and goes on where there is none. Where the
    function needs pandas itself, as for a time zone, it is called once more with it, so it must change nothing. In a
    process that is not our own, where somebody may convert pandas later or in another thread, it is just called.
    """
    if _PANDAS in sys.modules or not OwnProcess.here:
        return work()
    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        return work()
    except ImportError as error:
        if error.name != _PANDAS:
            raise
    finally:
        sys.meta_path.remove(absent)
    return work()
