"""A config file for a table that has none: short, commented, and ready to train."""

from __future__ import annotations

import textwrap

from forecaster.data.draft.infer import Guess
from forecaster.data.draft.recipe import WINDOWS_TO_JUDGE, Recipe
from forecaster.data.draft.scalars import always_quoted, quoted
from forecaster.data.reading.elsewhere import is_elsewhere
from forecaster.data.spec import CsvSpec

_SHOWN = 12
# The longest line of a comment about a choice.
_WIDTH = 100


def draft(guess: Guess, *, path: str, name: str) -> str:
    """Return the text of a config file.

    Args:
        guess: The settings.
        path: The path of the table, as the file names it.
        name: The name of the experiment.
    """
    recipe = guess.recipe
    sections = [
        _opening(guess, name),
        _data(guess, path),
        _split(recipe),
        _window(recipe),
        _scaling(recipe),
        _model(recipe),
        _training(recipe),
        _evaluation(recipe),
        "output: {dir: runs}   # run directories appear here",
    ]
    return "\n\n".join(sections) + "\n"


def _names(names: tuple[str, ...]) -> str:
    more = f"  # and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"[{', '.join(quoted(n) for n in names[:_SHOWN])}]{more}"


def _opening(guess: Guess, name: str) -> str:
    series = "one series" if guess.n_series == 1 else f"{guess.n_series:,} series"
    return (
        "# yaml-language-server: $schema=forecaster.schema.json\n"
        "# (`forecaster schema > forecaster.schema.json` gives an editor completion here.)\n"
        "#\n"
        f"# Guessed by `forecaster init` from {guess.rows:,} rows, {series}: read it through, then\n"
        "#     forecaster validate FILE      # what the table holds, in a second\n"
        "#     forecaster train FILE\n"
        f"version: 1\nname: {quoted(name)}\nseed: 42"
    )


def _data(guess: Guess, path: str) -> str:
    lines = [
        "data:",
        f"  path: {quoted(path)}" + ("" if is_elsewhere(path) else "   # relative to this file"),
        *([] if guess.sheet is None else [f"  sheet: {quoted(guess.sheet)}"]),
        *_time(guess),
        *_chosen(guess, "data.id"),
    ]
    if guess.id is not None:
        lines.append(f"  id: {quoted(guess.id)}   # this column tells the series apart")
    lines += [
        *_targets(guess),
        *_covariates(guess),
        *_bounds(guess.recipe),
        *_calendar(guess.recipe),
        *_policies(guess),
    ]
    csv = guess.csv.model_copy(update={"time_format": guess.time.format})
    return "\n".join([*lines, *_chosen(guess, "data.csv"), *_csv(csv)])


def _chosen(guess: Guess, *keys: str) -> list[str]:
    """Return comments on what was chosen for some keys where the table can be read in several ways."""
    return [
        line
        for choice in guess.choices
        if choice.key in keys and not choice.said
        for line in textwrap.wrap(
            _printable(choice.sentence), _WIDTH, initial_indent="  # ", subsequent_indent="  # "
        )
    ]


def _printable(text: str) -> str:
    """Return text without characters that would end a comment."""
    return "".join(char if char.isprintable() else " " for char in text)


def _time(guess: Guess) -> list[str]:
    time = "step numbers" if guess.time.integer else "timestamps"
    others = f"; {_names(guess.time.others)} would do as well" if guess.time.others else ""
    lines = [
        *_chosen(guess, "data.time"),
        f"  time: {quoted(guess.time.name)}   # the column of {time}{others}",
        *_chosen(guess, "data.time_parts"),
    ]
    if guess.time.parts:
        parts = ", ".join(f"{part}: {quoted(name)}" for part, name in guess.time.parts.items())
        lines.append(f"  time_parts: {{{parts}}}   # the columns that complete the time")
    lines += _chosen(guess, "data.freq")
    lines.append(f"  freq: {guess.freq}   # the step between rows; every time in the table lies on it")
    lines += _chosen(guess, "data.timezone")
    if guess.zone is not None:
        lines.append(
            f"  timezone: {quoted(guess.zone)}   # of times that are moments; names such as Europe/Paris work too"
        )
    lines += _chosen(guess, "data.clock_changes")
    if guess.repeated is not None:
        lines.append(f"  clock_changes: {{repeated: {guess.repeated}}}   # of the hour that clocks repeat")
    return lines


def _targets(guess: Guess) -> list[str]:
    named = [quoted(name) for name in guess.targets]
    said = "what to forecast"
    if guess.candidates:
        said = f"the likeliest column to forecast; others: {_names(guess.candidates)}"
    lines = [f"  # {_printable(remark)}" for remark in guess.remarks] + _chosen(guess, "data.targets")
    return [*lines, f"  targets: [{', '.join(named)}]   # {said}"]


def _covariates(guess: Guess) -> list[str]:
    lines = []
    if guess.others:
        lines += [
            "  # Other columns of numbers. Move those that help to targets, to past_covariates (known up to",
            "  # the forecast's origin) or to future_covariates (known over the horizon too: a plan).",
            f"  # past_covariates: {_names(guess.others)}",
            "  # future_covariates: []",
        ]
    if guess.unused:
        lines.append(f"  # Not used: {_names(guess.unused)}")
    return lines


def _bounds(recipe: Recipe) -> list[str]:
    if not recipe.positive:
        return []
    return ["  bounds: {min: 0}   # no value is below 0, and no forecast will be"]


def _calendar(recipe: Recipe) -> list[str]:
    if not recipe.calendar:
        return []
    return [
        f"  calendar: [{', '.join(recipe.calendar)}]   # from the time itself, known for every step ahead"
    ]


def _policies(guess: Guess) -> list[str]:
    lines = []
    if guess.gaps or guess.empty:
        lines += [
            f"  # Absent steps: {guess.gaps:,}; empty cells of the target: {guess.empty:,}. The network sees the",
            "  # value before each, and learns and is scored without them. Others: zero, where no row means that",
            "  # nothing happened; ffill, interpolate; or error to see where they are.",
            *_chosen(guess, "data.missing"),
            "  missing: mask",
        ]
    else:
        lines.append("  missing: error   # no step is absent; others: mask, zero, ffill, interpolate")
    if guess.duplicates:
        repeat = "1 row repeats" if guess.duplicates == 1 else f"{guess.duplicates:,} rows repeat"
        lines += [
            f"  # {repeat} a series and time; the last counts. Others: mean, error.",
            *_chosen(guess, "data.duplicates"),
            "  duplicates: last",
        ]
    if guess.missing_values:
        lines += _chosen(guess, "data.missing_values")
        values = [always_quoted(v) if isinstance(v, str) else f"{v:.15g}" for v in guess.missing_values]
        lines.append(f"  missing_values: [{', '.join(values)}]   # these stand for no value")
    return lines


def _csv(csv: CsvSpec) -> list[str]:
    """Return the settings that differ from the defaults, on one line."""
    given = csv.model_dump(exclude_defaults=True)
    if not given:
        return []
    settings = ", ".join(
        f"{key}: {always_quoted(value) if isinstance(value, str) else value}" for key, value in given.items()
    )
    return [f"  csv: {{{settings}}}   # how the file is written"]


def _split(recipe: Recipe) -> str:
    test = (
        f"the last {recipe.test} test the forecast, the {recipe.val} before"
        if recipe.test
        else f"the last {recipe.val}"
    )
    none = "" if recipe.test else " The series\n# are too short for a test range beside it."
    return (
        f"# Steps from each series' end: {test} stop training and set\n"
        f"# the weights of the blend and the width of the intervals.{none}\n"
        f"split: {{val: {recipe.val}, test: {recipe.test}}}"
    )


def _window(recipe: Recipe) -> str:
    short = ""
    if recipe.pad:
        short = ", short: pad"
    why = "; series that are shorter than a window are padded" if recipe.pad else ""
    return (
        f"# Steps the network sees, and steps it forecasts{why}.\n"
        f"window: {{lookback: {recipe.lookback}, horizon: {recipe.horizon}{short}}}"
    )


def _scaling(recipe: Recipe) -> str:
    if recipe.log:
        return (
            "# No value is below 0: the network sees logarithms, so that swings may grow with the level.\n"
            "scaling: {method: log}"
        )
    return "# Fitted on training rows only.\nscaling: {method: standard, per_series: true}"


def _model(recipe: Recipe) -> str:
    of_ridge = f", lookback: {recipe.of_ridge}" if recipe.of_ridge < recipe.lookback else ""
    lines = ["model:"]
    if recipe.season > 1:
        lines += [
            f"  season: {recipe.season}   # steps in one season",
            "  normalization: season   # each window is seen relative to its last season",
        ]
    else:
        lines.append("  normalization: last   # each window is seen relative to its last value")
    if recipe.differences:
        lines.append(f"  differences: {list(recipe.differences)}   # the network sees these changes too")
    if recipe.patch:
        n = recipe.lookback // recipe.patch
        lines.append(
            f"  patch: {recipe.patch}   # the lookback enters as {n} segments of {recipe.patch} steps"
        )
    if recipe.corrects:
        mode, means = "correct", "The network learns what a ridge regression leaves; classical forecasts are"
    else:
        mode, means = "average", "A ridge regression and classical forecasts are"
    lines += [
        f"  # {means} averaged with the network, by their validation errors.",
        f"  anchor: {{type: ridge, mode: {mode}{of_ridge}}}",
        f"  blend: [{', '.join(recipe.blend)}]",
        "  layers:   # the stack, first layer first: gru, lstm or another cell",
        f"    - {{type: gru, units: {recipe.units}}}",
        "    - {type: dropout, rate: 0.1}",
        "  output:   # quantiles, so that the intervals know when the series is quiet and when it is busy",
        "    type: quantiles",
        "    levels: [0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975]",
    ]
    return "\n".join(lines)


def _training(recipe: Recipe) -> str:
    steps = ""
    if recipe.steps_per_epoch:
        steps = f"  steps_per_epoch: {recipe.steps_per_epoch}   # not every window in every epoch\n"
    judged = ""
    if recipe.many_judged:
        judged = (
            f"  validation_windows: {WINDOWS_TO_JUDGE}   # forecast after each epoch; the scores use all\n"
        )
    return (
        "training:\n"
        "  loss: pinball   # of the quantiles\n"
        "  optimizer: {type: adam, learning_rate: 2.0e-3, clipnorm: 1.0, ema: 0.98}\n"
        f"  schedule: {{type: exponential, factor: {recipe.rate_factor}}}\n"
        f"  batch_size: {recipe.batch_size}\n"
        f"{steps}"
        f"{judged}"
        f"  epochs: {recipe.epochs}   # at most; training ends when the validation loss stops falling\n"
        f"  early_stopping: {{monitor: val_loss, patience: {recipe.patience}}}\n"
        f"  ensemble: {recipe.members}   # networks from different seeds, averaged\n"
        "  refit: continue   # once scored, they learn every row for a few epochs more, and predict uses these"
    )


def _evaluation(recipe: Recipe) -> str:
    longer = "".join(f"seasonal_naive_{season}, " for season in recipe.longer)
    return (
        "evaluation:\n"
        f"  baselines: [naive, seasonal_naive, {longer}ridge]   # scored beside the model\n"
        f"  seasonality: {recipe.season}   # steps in one season\n"
        "  calibration: scaled   # intervals: those of the network, widened or narrowed by its validation errors"
    )
