"""What a search is of: written into the first line of its log, and compared when it goes on."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.data.reading.sources import fingerprint, table_files
from forecaster.errors import FORMAT_VERSION, DataError
from forecaster.search.trials import Trials

# May change between a search and its --resume: they say when to stop and what to keep.
MAY_CHANGE = (
    "tune.max_trials",
    "tune.time_budget",
    "tune.max_failed_trials",
    "tune.keep_checkpoints",
    "tune.overwrite",
    "output.dir",
    "data.path",
    "runtime.threads",
)


def begin(experiment: Experiment, book: Trials, *, fingerprint: str, smoke: bool) -> None:
    """Write the log's first line, or compare with it."""
    facts = facts_of(experiment, fingerprint=fingerprint, smoke=smoke)
    first = book.first
    if first is None:
        versions = {name: metadata.version(name) for name in ("keras-tuner", "keras", "tensorflow", "numpy")}
        book.log.append("search", format_version=FORMAT_VERSION, versions=versions, **facts)
        return
    differ = differences(first, facts)
    if differ:
        raise DataError(
            f"{book.log.path}: this search was begun with other inputs: {'; '.join(differ)}",
            hint="resume with the same inputs, or begin again with --overwrite",
        )
    book.log.append("resumed")


class SameData:
    """Holds the table of a search to what it was when the search began."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint
        self.stamps = self._stamps()

    def check(self) -> None:
        """Raises DataError when the table is gone or has other bytes: trials before and after do not compare."""
        stamps = self._stamps()
        if stamps == self.stamps:
            return
        if fingerprint(self.path) != self.fingerprint:
            raise DataError(
                f"{self.path}: changed while the search was under way",
                hint="bring back the table as it was and go on with --resume, or begin again with --overwrite",
            )
        self.stamps = stamps

    def _stamps(self) -> list[tuple[Path, int, int]]:
        stats = [(file, file.stat()) for file in table_files(self.path)]
        return [(file, stat.st_mtime_ns, stat.st_size) for file, stat in stats]


def facts_of(experiment: Experiment, *, fingerprint: str, smoke: bool) -> dict[str, Any]:
    """What a search is of: as long as these are the same, its log can be gone on with."""
    space = {d.name: {d.kind: d.range.model_dump(mode="json")} for d in experiment.dimensions}
    resolved = experiment.spec.model_dump(mode="json")
    # Also as given: what a null turned off is not in the experiment, and moves what stands behind it in a list.
    values = {
        **dict(_flat(resolved, "")),
        **dict(_flat(experiment.values, "")),
        "data.freq": resolved["data"]["freq"],
    }
    fixed = {k: v for k, v in values.items() if k not in MAY_CHANGE and k not in space}
    return {"space": space, "values": fixed, "data_sha256": fingerprint, "smoke": smoke}


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What changed, by name, with both values."""
    # A value that is searched now and was not before is one change.
    was, is_now = ({**facts["space"], **facts["values"]} for facts in (before, now))
    found = [
        f"{name} was {_said(was, name)} and is {_said(is_now, name)}"
        for name in dict.fromkeys([*was, *is_now])
        if was.get(name) != is_now.get(name)
    ]
    if before["data_sha256"] != now["data_sha256"]:
        found.append("the data changed")
    if before["smoke"] != now["smoke"]:
        found.append(f"--smoke was {'on' if before['smoke'] else 'off'}")
    return found


def _said(values: dict[str, Any], name: str) -> str:
    if name not in values:
        return "not there"
    value = values[name]
    if isinstance(value, dict):
        return str({k: {n: v for n, v in inner.items() if v is not None} for k, inner in value.items()})
    return str(value)


def _flat(value: Any, path: str) -> list[tuple[str, Any]]:
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inner is None or not value:
        return [(path, value)]
    return [pair for k, v in inner for pair in _flat(v, f"{path}.{k}" if path else str(k))]
