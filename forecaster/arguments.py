"""What is passed to a public function, held against the types in its signature."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import signature
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeVar, cast

from forecaster.errors import UsageError
from forecaster.text import joined, shortened

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Kind(NamedTuple):
    """What a type in a signature takes: the value to use, of one that fits; `needs` names it in messages."""

    needs: str
    fits: Callable[[Any], bool]
    used: Callable[[Any], Any] = lambda value: value


def checked(function: _Function) -> _Function:
    """Return a function that raises UsageError for an argument of another type than its signature says.

    Types that are not listed here, such as Any, are not looked at; that a text or a number makes sense is for the
    function to say.

    Args:
        function: A function in a module with `from __future__ import annotations`, whose types are text.
    """
    kinds = {name: str(p.annotation) for name, p in signature(function).parameters.items()}

    @wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        args = (
            *(_used(name, kind, value) for (name, kind), value in zip(kinds.items(), args, strict=False)),
            *args[len(kinds) :],
        )
        return function(*args, **{name: _used(name, kinds.get(name, ""), v) for name, v in named.items()})

    return cast(_Function, call)


def wrong_type(name: str, value: Any, needs: str, hint: str | None = None) -> UsageError:
    """Return the error of an argument of another type.

    Args:
        name: The name of the parameter.
        value: What was passed.
        needs: What it needs, such as "a whole number".
        hint: The next move, where that is not plain from what it needs.
    """
    kind = type(value).__name__
    plain = value is None or isinstance(value, str | bool | int | float)
    is_what = shortened(repr(value), 60) if plain else f"{'an' if kind[0] in 'aeioAEIO' else 'a'} {kind}"
    return UsageError(f"{name}: is {is_what}, needs {needs}", hint=hint)


def _used(name: str, annotation: str, value: Any) -> Any:
    """Return the value to use. Raises UsageError for one of another type than the annotation names."""
    parts = annotation.split(" | ")
    if value is None and "None" in parts:
        return None
    # A path is text without the characters that no name of a file may hold.
    names = [part for part in parts if part != "None" and not (part == "str" and "Path" in parts)]
    kinds = [
        _KINDS.get(part.partition("[")[0] if part.startswith(("Literal", "Callable")) else part)
        for part in names
    ]
    found = [kind for kind in kinds if kind is not None]
    if len(found) < len(kinds):
        return value
    for kind in found:
        if kind.fits(value):
            return kind.used(value)
    if _PATH in found and isinstance(value, str | os.PathLike):
        raise UsageError(f"{name}: holds a character that no path can", hint="check the path")
    raise wrong_type(name, value, joined([kind.needs for kind in found], word="or"))


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_path(value: Any) -> bool:
    if not isinstance(value, str | os.PathLike):
        return False
    text = os.fspath(value)
    if not isinstance(text, str) or "\0" in text:
        return False
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def _several(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def all_fit(values: Any) -> bool:
        # One that can be walked through only once is not looked at before it is used.
        if (
            not isinstance(values, Iterable)
            or isinstance(values, str | bytes | Mapping)
            or iter(values) is values
        ):
            return False
        return all(map(fits, values))

    return all_fit


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_TEXT = _Kind("text", _is_text)
_PATH = _Kind("a path", _is_path)
_FUNCTION = _Kind("a function", callable)
_KINDS = {
    # That of NumPy too, which is no bool.
    "bool": _Kind("True or False", lambda value: type(value).__name__ in ("bool", "bool_"), bool),
    "int": _Kind("a whole number", _is_whole, int),
    "float": _Kind("a number", lambda value: isinstance(value, Real) and not isinstance(value, bool), float),
    "str": _TEXT,
    "Literal": _TEXT,
    "Path": _PATH,
    "Sequence[str]": _Kind("a list of texts", _several(_is_text), tuple),
    "Sequence[int]": _Kind(
        "a list of whole numbers", _several(_is_whole), lambda values: tuple(map(int, values))
    ),
    "Mapping[str, Any]": _Kind("a dictionary", lambda value: isinstance(value, Mapping)),
    "Callable": _FUNCTION,
    "OnNote": _FUNCTION,
    "OnEpoch": _FUNCTION,
    "OnTrial": _FUNCTION,
}
