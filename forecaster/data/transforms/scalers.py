"""Scaling, fitted on training rows only and stored as plain numbers.

To add a method, write its function here and name it in `METHODS`; the first paragraph of its docstring is its
text in the config reference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from forecaster.data.arrays import beside, picked, row_blocks
from forecaster.errors import DataError
from forecaster.spec import OneOf, Spec, meanings_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def standard(table: Floats) -> tuple[Floats, Floats]:
    """Subtract the mean and divide by the standard deviation. The usual choice."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    for rows in row_blocks(len(table)):
        scaler.partial_fit(table[rows])
    return scaler.mean_, np.sqrt(scaler.var_)


def minmax(table: Floats) -> tuple[Floats, Floats]:
    """Map the smallest training value to 0 and the largest to 1. For values between fixed limits; one outlier
    squeezes all others together."""
    from sklearn.preprocessing import MinMaxScaler

    scaler = MinMaxScaler()
    for rows in row_blocks(len(table)):
        scaler.partial_fit(table[rows])
    return scaler.data_min_, scaler.data_range_


def robust(table: Floats) -> tuple[Floats, Floats]:
    """Subtract the median and divide by the distance between the quartiles. For values with outliers."""
    # RobustScaler loops over features in Python: 40 times as long on 100,000 series.
    low, loc, high = np.quantile(table, [0.25, 0.5, 0.75], axis=0)
    return loc, high - low


def logarithm(table: Floats) -> tuple[Floats, Floats]:
    """Replace each target by log(1 + x), and scale the covariates as `standard` does. For targets that are never
    negative and whose swings grow with their level."""
    return standard(table)


def none(table: Floats) -> tuple[Floats, Floats]:
    """Leave every value as it is. For counts with `model.output: {type: distribution, family: negative_binomial}`."""
    return np.zeros(table.shape[1]), np.ones(table.shape[1])


# By the name that scaling.method takes. Each returns loc and scale, (columns,), of training rows, (rows, columns).
METHODS: dict[str, Callable[[Floats], tuple[Floats, Floats]]] = {
    "standard": standard,
    "minmax": minmax,
    "robust": robust,
    "log": logarithm,
    "none": none,
}


class ScalingSpec(Spec):
    """How columns are brought to a common scale before they reach the network."""

    method: Annotated[str, OneOf(meanings_of(METHODS))] = Field("standard", examples=["robust"])
    """The method of scaling. It is fitted on training rows only, and undone for every forecast and score. Static
    covariates are always scaled as under `standard`."""
    per_series: bool = Field(True, examples=[False])
    """Whether each series is scaled by its own training rows, so that large and small series count alike. false: one
    scale serves all series, so that the network sees their different levels."""


@dataclass(frozen=True)
class Scaler:
    """Scales column by column: x becomes (f(x) - loc) / scale, where f(x) is x, or log(1 + x) under "log".

    Attributes:
        method: scaling.method.
        loc, scale: (groups, columns), in original units; in log units for targets under "log".
        ids: The series of each group; None where one group serves all series.
        n_targets: "log" applies to the first n_targets columns only.
        static_loc, static_scale: (static covariates,), over the series.
        bounds: The least and the largest value of a target, in original units; None for no bound.
    """

    method: str
    loc: Floats
    scale: Floats
    ids: tuple[str, ...] | None
    n_targets: int
    static_loc: Floats = field(default_factory=lambda: np.zeros(0))
    static_scale: Floats = field(default_factory=lambda: np.zeros(0))
    bounds: tuple[float | None, float | None] = (None, None)

    def with_static(self, static: Floats) -> Scaler:
        """Return this scaler, fitted on static covariates too. static: (series, features), known at all times."""
        loc, scale = _fit("standard", static, 0)
        return replace(self, static_loc=loc, static_scale=scale)

    def apply_static(self, static: Floats) -> npt.NDArray[np.float32]:
        """Scale static covariates, (series, features)."""
        out: npt.NDArray[np.float32] = ((static - self.static_loc) / self.static_scale).astype(np.float32)
        return out

    def rows_for(self, ids: tuple[str, ...]) -> Ints:
        """Return the group of each id, (ids,); -1 for a series that the scaler was not fitted on."""
        if self.ids is None:
            return np.zeros(len(ids), dtype=np.int64)
        place = {name: i for i, name in enumerate(self.ids)}
        return np.array([place.get(name, -1) for name in ids], dtype=np.int64)

    def with_new(self, other: Scaler) -> Scaler:
        """Return this scaler with the groups of `other`, which is fitted on new series, added."""
        assert self.ids is not None
        assert other.ids is not None
        return replace(
            self,
            loc=np.concatenate([self.loc, other.loc]),
            scale=np.concatenate([self.scale, other.scale]),
            ids=(*self.ids, *other.ids),
        )

    def apply(self, values: Floats, offsets: Ints, groups: Ints) -> npt.NDArray[np.float32]:
        """Scale values.

        Args:
            values: (rows, columns), all series one after the other, in original units.
            offsets: (series + 1,), the first row of each series, and the number of rows.
            groups: (series,), from `rows_for`.

        Returns:
            Scaled values, (rows, columns), float32.

        Raises:
            DataError: A target is negative under "log".
        """
        out = beside(values).empty(values.shape, np.float32)
        # Blocks of rows keep the float64 temporaries small.
        for start in range(0, len(values), _BLOCK):
            rows = slice(start, min(start + _BLOCK, len(values)))
            group = self._group_of_rows(rows, offsets, groups)
            out[rows] = (self._forward(values[rows]) - self.loc[group]) / self.scale[group]
        return out

    def _group_of_rows(self, rows: slice, offsets: Ints, groups: Ints) -> Ints | int:
        if self.ids is None:
            return 0
        index: Ints = groups[np.searchsorted(offsets, np.arange(rows.start, rows.stop), side="right") - 1]
        return index

    def invert(self, forecast: npt.NDArray[Any], groups: Ints) -> Floats:
        """Return forecasts in original units, within the bounds.

        forecast: (windows, steps, targets), scaled. groups: (windows,), from `rows_for`.
        """
        n = self.n_targets
        index = groups if self.ids is not None else np.zeros(len(forecast), dtype=np.int64)
        x: Floats = forecast.astype(np.float64)
        x *= self.scale[index, None, :n]
        x += self.loc[index, None, :n]
        if self.method == "log":
            # Logarithms of 1 and more are not negative; e^700 is close to the largest number there is.
            np.expm1(np.clip(x, 0, 700), out=x)
        if self.bounds != (None, None):
            np.clip(x, *self.bounds, out=x)
        return x

    def scale_targets(self, values: npt.NDArray[Any], groups: Ints) -> Floats:
        """Scale targets of windows, (windows, steps, targets); `invert` is the inverse. groups: (windows,)."""
        n = self.n_targets
        index = groups if self.ids is not None else np.zeros(len(values), dtype=np.int64)
        x: Floats = values.astype(np.float64)
        if self.method == "log":
            # A forecast may lie below 0, where the table never does.
            np.log1p(np.maximum(x, 0.0), out=x)
        x -= self.loc[index, None, :n]
        x /= self.scale[index, None, :n]
        return x

    def _forward(self, values: Floats) -> Floats:
        if self.method != "log":
            return values
        out = values.copy()
        targets = out[:, : self.n_targets]
        _check_rows(targets)
        out[:, : self.n_targets] = np.log1p(targets)
        return out

    def as_json(self) -> dict[str, Any]:
        """Return plain data from which `from_json` makes the same scaler."""
        return {
            "method": self.method,
            "ids": None if self.ids is None else list(self.ids),
            "n_targets": self.n_targets,
            "center": self.loc.tolist(),
            "spread": self.scale.tolist(),
            "static_center": self.static_loc.tolist(),
            "static_spread": self.static_scale.tolist(),
            "bounds": list(self.bounds),
        }

    def check(self, *, n_static: int) -> None:
        """Check that the arrays fit each other.

        Args:
            n_static: The number of static covariates that are numbers.

        Raises:
            ValueError: When they do not.
        """
        if self.method not in METHODS:
            raise ValueError(f"there is no method of scaling {self.method[:40]!a}")
        if self.loc.ndim != 2 or self.loc.shape != self.scale.shape or self.loc.shape[1] < self.n_targets:
            raise ValueError("the scaler has no loc and scale for each column")
        if len(self.loc) != (1 if self.ids is None else len(self.ids)):
            raise ValueError("the scaler has other groups than series")
        if self.static_loc.shape != (n_static,) or self.static_scale.shape != (n_static,):
            raise ValueError("the scaler has other static covariates")

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Scaler:
        """Return the scaler that `as_json` stored."""
        return cls(
            state["method"],
            np.asarray(state["center"], dtype=np.float64),
            np.asarray(state["spread"], dtype=np.float64),
            None if state["ids"] is None else tuple(state["ids"]),
            state["n_targets"],
            np.asarray(state["static_center"], dtype=np.float64),
            np.asarray(state["static_spread"], dtype=np.float64),
            tuple(state.get("bounds", (None, None))),
        )


# The square of a smaller number vanishes.
_LEAST_SCALE = 1e-150

# Rows scaled at a time: 16 MiB of float64 per column.
_BLOCK = 1 << 21


def fit_scaler(
    spec: ScalingSpec,
    values: Floats,
    offsets: Ints,
    train_end: Ints,
    *,
    ids: tuple[str, ...],
    n_targets: int,
) -> Scaler:
    """Fit on the training rows of each series and on nothing else. A column that does not vary gets scale 1.

    Args:
        spec: The scaling section.
        values: (rows, columns), without missing values, in original units.
        offsets: (series + 1,), the first row of each series, and the number of rows.
        train_end: (series,), how many first rows of each series are training rows. A series without any gets
            the scaling of all training rows together.
        ids: The series.
        n_targets: How many columns, the first ones, are targets.

    Raises:
        DataError: A training target is negative under "log".
    """
    starts, ends = offsets[:-1], offsets[:-1] + train_end
    if spec.method == "log":
        _check_training_rows(values, starts, ends, ids, n_targets)
    pooled = None
    if not spec.per_series or not train_end.all():
        rows = picked(values, starts, ends)
        pooled = _fit(spec.method, rows, n_targets)
        if not spec.per_series:
            loc, scale = pooled
            return Scaler(spec.method, loc[None], scale[None], None, n_targets)
    loc, scale = np.empty((2, len(ids), values.shape[1]))
    # Series of one length are fitted together: a loop over 100,000 of them takes seconds.
    order = np.argsort(train_end, kind="stable")
    lengths, first = np.unique(train_end[order], return_index=True)
    for length, group in zip(lengths.tolist(), np.split(order, first[1:]), strict=True):
        if length == 0:
            # A series that begins after the training range has no rows to fit on.
            assert pooled is not None
            loc[group], scale[group] = pooled
            continue
        step = max(1, _BLOCK // length)
        for block in (group[at : at + step] for at in range(0, len(group), step)):
            rows = values[starts[block][:, None] + np.arange(length)]
            loc[block], scale[block] = _fit(spec.method, rows, n_targets)
    return Scaler(spec.method, loc, scale, ids, n_targets)


def check_not_negative(
    values: Floats, offsets: Ints, train_end: Ints, *, ids: tuple[str, ...], n_targets: int
) -> None:
    """Refuse a target whose logarithm does not exist, as fitting and applying method "log" do, without fitting.

    Raises DataError, which names the series where the value is in its training rows.
    """
    _check_training_rows(values, offsets[:-1], offsets[:-1] + train_end, ids, n_targets)
    for rows in row_blocks(len(values)):
        _check_rows(values[rows, :n_targets])


def _check_training_rows(
    values: Floats, starts: Ints, ends: Ints, ids: tuple[str, ...], n_targets: int
) -> None:
    for name, a, b in zip(ids, starts, ends, strict=True):
        if b > a and values[a:b, :n_targets].min() < 0:
            series = f"series {name!r} has" if name else "the target has"
            raise _negative(series, float(values[a:b, :n_targets].min()))


def _check_rows(targets: Floats) -> None:
    if targets.size and targets.min() < 0:
        raise _negative("the table has", float(targets.min()))


def _negative(subject: str, value: float) -> DataError:
    return DataError(
        f"log needs targets of 0 and more, and {subject} {value:g}",
        hint="use standard scaling",
        path="scaling.method",
    )


def _fit(method: str, rows: Floats, n_targets: int) -> tuple[Floats, Floats]:
    """Return loc and scale, each (..., columns), of rows, (..., training rows, columns)."""
    shape = (*rows.shape[:-2], rows.shape[-1])
    if not rows.size:
        return np.zeros(shape), np.ones(shape)
    table = rows
    if rows.ndim > 2:
        # A method takes a table: every column of every series is a feature of its own. Each is contiguous in
        # memory, so that the rounding of its sum does not depend on the features beside it.
        table = np.asfortranarray(rows.swapaxes(-1, -2).reshape(-1, rows.shape[-2]).T)
    loc, scale = (part.reshape(shape) for part in METHODS[method](table))
    if method == "log":
        loc[..., :n_targets], scale[..., :n_targets] = 0.0, 1.0
    # Rounding leaves a tiny scale where a column is constant.
    constant = scale <= np.maximum(1e-12 * np.abs(loc), _LEAST_SCALE)
    if (constant & (scale <= _LEAST_SCALE)).any() and (0 < np.abs(rows).max() < _LEAST_SCALE):
        raise DataError(
            f"the training rows hold nothing larger than {np.abs(rows).max():g}, whose square is 0 in floating point",
            hint="multiply the column by a power of ten",
            path="scaling.method",
        )
    return loc, np.where(constant, 1.0, scale)
