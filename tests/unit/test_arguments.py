"""Arguments of public functions against the types in their signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

import forecaster as fc
from forecaster.arguments import checked


@checked
def verb(
    data: Any = None,
    *,
    horizon: int | None = None,
    rate: float = 0.5,
    strict: bool = False,
    series: str | Sequence[str] = (),
    season: int | Sequence[int] | None = None,
    output: str | Path | None = None,
    engine: Literal["local", "ray"] = "local",
    changes: Mapping[str, Any] | None = None,
    on_epoch: Callable[[int], None] | None = None,
    **more: Any,
) -> dict[str, Any]:
    return locals()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("horizon", 2.5, "is 2.5, needs a whole number"),
        ("horizon", True, "is True, needs a whole number"),
        ("horizon", [1], "is a list, needs a whole number"),
        ("rate", "x", "is 'x', needs a number"),
        ("rate", None, "is None, needs a number"),
        ("strict", 1, "is 1, needs True or False"),
        ("series", 3, "is 3, needs text or a list of texts"),
        ("series", ["a", 3], "is a list, needs text or a list of texts"),
        ("series", {"a": 3}, "is a dict, needs text or a list of texts"),
        ("season", "7", "is '7', needs a whole number or a list of whole numbers"),
        ("output", 3, "is 3, needs a path"),
        ("output", b"x", "is a bytes, needs a path"),
        ("output", "a\0b", "holds a character that no path can; check the path"),
        ("engine", 3, "is 3, needs text"),
        ("changes", [1], "is a list, needs a dictionary"),
        ("on_epoch", "print", "is 'print', needs a function"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(name: str, value: Any, says: str) -> None:
    with pytest.raises(fc.UsageError) as error:
        verb(**{name: value})
    assert str(error.value) == f"{name}: {says}"


def test_what_fits_is_passed_on_as_plain_values() -> None:
    found = verb(
        3,
        horizon=np.int64(4),
        rate=1,
        strict=np.True_,
        series=np.array(["a", "b"]),
        season=[7, np.int32(365)],
        output=Path("o"),
        other=1,
    )
    assert (found["data"], found["output"], found["more"]) == (3, Path("o"), {"other": 1})
    assert [repr(found[name]) for name in ("horizon", "rate", "strict", "season")] == [
        "4", "1.0", "True", "(7, 365)",
    ]  # fmt: skip
    assert list(found["series"]) == ["a", "b"]
    assert verb(series="ab")["series"] == "ab"


def test_a_call_that_python_refuses_is_refused_as_ever() -> None:
    with pytest.raises(
        TypeError, match=r"^verb\(\) takes from 0 to 1 positional arguments but 2 were given$"
    ):
        verb(1, 2)  # type: ignore[misc]


@pytest.mark.parametrize(
    "name", [n for n in fc.__all__ if inspect.isfunction(getattr(fc, n)) and n != "schema"]
)
def test_every_public_function_refuses_an_object_of_no_use(name: str) -> None:
    function = getattr(fc, name)
    first = next(iter(inspect.signature(function).parameters))
    with pytest.raises(
        fc.ForecasterError, match=f"^{first}: is an? object, needs |^data is a object, needs "
    ):
        function(object())


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: fc.load(3), "path: is 3, needs a path"),  # type: ignore[arg-type]
        (lambda: fc.compare([]), "evaluations: there are none; pass what Run.evaluate returns, in a list"),
        (lambda: fc.create_app([3]),  # type: ignore[list-item]
         "runs: is 3, needs a run directory or a Run, several, or several by name"),
        (lambda: fc.Experiment.from_yaml("c.yaml", "seed=7"),
         "overrides: is 'seed=7', needs a list of texts"),
        (lambda: fc.Experiment.from_dict([1]), "values: is a list, needs a dictionary"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_messages_of_single_functions(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(fc.UsageError) as error:
        call()
    assert str(error.value) == says
