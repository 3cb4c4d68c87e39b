"""The inputs of a search: the first line of its log holds them, and --resume compares them."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.data.reading.files import table_files
from forecaster.data.reading.sources import fingerprint
from forecaster.errors import FORMAT_VERSION, DataError
from forecaster.runs.reading import damaged
from forecaster.search.trials import Trials

# These keys may change before --resume, because they do not affect what a trial computes.
MAY_CHANGE = (
    "tune.max_trials",
    "tune.time_budget",
    "tune.max_failed_trials",
    "tune.keep_checkpoints",
    "tune.overwrite",
    "output.dir",
    "data.path",
    "data.sql",
    "data.connection",
    "runtime.threads",
)


def begin(experiment: Experiment, book: Trials, *, fingerprint: str, smoke: bool) -> None:
    """Write the inputs as the first line of a new log, or compare them with those of an existing one.

    Args:
        experiment: The experiment with its search spaces.
        book: The trials and their log.
        fingerprint: The SHA-256 of the table.
        smoke: Whether the search is a quick check.

    Raises:
        DataError: When the inputs differ; names each difference.
    """
    facts = facts_of(experiment, fingerprint=fingerprint, smoke=smoke)
    first = book.first
    if first is None:
        versions = {name: metadata.version(name) for name in ("keras-tuner", "keras", "tensorflow", "numpy")}
        book.log.append("search", format_version=FORMAT_VERSION, versions=versions, **facts)
        return
    if first["event"] != "search":
        raise damaged(book.log.path, "does not begin with the inputs of a search")
    differ = differences(first, facts)
    if differ:
        raise DataError(
            f"{book.log.path}: this search was started with other inputs: {'; '.join(differ)}",
            hint="resume with the same inputs, or start over with --overwrite",
        )
    book.log.append("resumed")


class SameData:
    """A check that the table of a search does not change.

    Attributes:
        path: The table.
        fingerprint: The SHA-256 of the table when the search began.
        stamps: The file, modification time and size of each file of the table, when last checked.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint
        self.stamps = self._stamps()

    def check(self) -> None:
        """Compare the table with its fingerprint, if its modification time or size has changed.

        Raises:
            DataError: When the table is missing or has changed, because later trials would not be comparable.
        """
        stamps = self._stamps()
        if stamps == self.stamps:
            return
        if fingerprint(self.path) != self.fingerprint:
            raise DataError(
                f"{self.path}: changed while the search was running",
                hint="restore it and continue with --resume, or start over with --overwrite",
            )
        self.stamps = stamps

    def _stamps(self) -> list[tuple[Path, int, int]]:
        stats = [(file, file.stat()) for file in table_files(self.path)]
        return [(file, stat.st_mtime_ns, stat.st_size) for file, stat in stats]


def facts_of(experiment: Experiment, *, fingerprint: str, smoke: bool) -> dict[str, Any]:
    """Return the inputs of a search as plain values. A log can be continued as long as they are the same.

    Args:
        experiment: The experiment with its search spaces.
        fingerprint: The SHA-256 of the table.
        smoke: Whether the search is a quick check.
    """
    space = {d.name: {d.kind: d.range.model_dump(mode="json")} for d in experiment.dimensions}
    # Where a search is tracked does not affect what a trial computes either.
    resolved = experiment.spec.model_dump(mode="json", exclude={"tracking"})
    # The values as given are included too: an item that null removes is not in the experiment.
    values = {
        **dict(_flat(resolved, "")),
        **dict(_flat(experiment.values, "")),
        "data.freq": resolved["data"]["freq"],
    }
    left_out = {*MAY_CHANGE, *space}
    fixed = {k: v for k, v in values.items() if k not in left_out and k.partition(".")[0] != "tracking"}
    return {"space": space, "values": fixed, "data_sha256": fingerprint, "smoke": smoke}


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return each difference between two inputs as a phrase with both values.

    Args:
        before: The inputs of the log.
        now: The inputs now.
    """
    # A value that is now searched and was not before counts as one change.
    was, is_now = ({**facts["space"], **facts["values"]} for facts in (before, now))
    found = [
        f"{name} was {_shown(was, name)} and is {_shown(is_now, name)}"
        for name in dict.fromkeys([*was, *is_now])
        if was.get(name) != is_now.get(name)
    ]
    if before["data_sha256"] != now["data_sha256"]:
        found.append("the data changed")
    if before["smoke"] != now["smoke"]:
        found.append(f"--smoke was {'on' if before['smoke'] else 'off'}")
    return found


def _shown(values: dict[str, Any], name: str) -> str:
    """Return a value or a dimension as text."""
    if name not in values:
        return "not there"
    value = values[name]
    if isinstance(value, dict):
        return str({k: {n: v for n, v in inner.items() if v is not None} for k, inner in value.items()})
    return str(value)


def _flat(value: Any, path: str) -> list[tuple[str, Any]]:
    """Return the leaves of nested dictionaries and lists with their dotted keys."""
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inner is None or not value:
        return [(path, value)]
    return [pair for k, v in inner for pair in _flat(v, f"{path}.{k}" if path else str(k))]
