"""The log of a search: nothing that was written is lost, and what is not whole is no event."""

import json
from pathlib import Path

import pytest

from forecaster.errors import DataError
from forecaster.search.log import TrialLog
from forecaster.search.trials import Proposal, Trials


def three(path: Path) -> TrialLog:
    log = TrialLog(path)
    for score in (1.5, 0.1, 0.2):
        log.append("completed", score=score)
    return log


def test_what_was_appended_is_read_again(tmp_path: Path) -> None:
    written = three(tmp_path / "t.jsonl")
    assert [e["score"] for e in TrialLog(tmp_path / "t.jsonl").entries] == [1.5, 0.1, 0.2]
    assert TrialLog(tmp_path / "t.jsonl").entries == written.entries


def test_every_cut_of_the_last_line_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    three(path)
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    for cut in range(1, last + 1):
        path.write_bytes(whole[: len(whole) - cut])
        log = TrialLog(path)
        assert len(log.entries) == 2, cut
        log.append("completed", score=9.0)
        assert [e["score"] for e in TrialLog(path).entries] == [1.5, 0.1, 9.0]


def test_a_changed_digit_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    three(path)
    path.write_text(path.read_text().replace("1.5", "1.4"))
    with pytest.raises(DataError, match=r"t\.jsonl:1: is damaged: its checksum or its number"):
        TrialLog(path)


def test_a_changed_last_line_is_damage_and_no_cut(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    three(path)
    path.write_text(path.read_text().replace('"score": 0.2', '"score": 0.3'))
    with pytest.raises(DataError, match=r"t\.jsonl:3: is damaged"):
        TrialLog(path)


def test_a_lost_line_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    three(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[2] + lines[2])
    with pytest.raises(DataError, match=r"t\.jsonl:2: is damaged"):
        TrialLog(path)


def test_a_line_is_plain_json(tmp_path: Path) -> None:
    three(tmp_path / "t.jsonl")
    first = json.loads((tmp_path / "t.jsonl").read_text().splitlines()[0])
    assert list(first) == ["n", "time", "event", "score", "sum"]


def test_nan_is_never_written(tmp_path: Path) -> None:
    log = three(tmp_path / "t.jsonl")
    with pytest.raises(ValueError, match="not JSON compliant"):
        log.append("completed", score=float("nan"))
    assert len(TrialLog(tmp_path / "t.jsonl").entries) == 3


def test_the_best_is_by_direction_and_of_equals_the_first(tmp_path: Path) -> None:
    for direction, best in (("min", "0001"), ("max", "0000")):
        trials = Trials(TrialLog(tmp_path / f"{direction}.jsonl"), direction=direction)  # type: ignore[arg-type]
        for name, score in (("0000", 3.0), ("0001", 1.0), ("0002", 1.0)):
            trials.propose(Proposal(name, {}), {})
            trials.complete(name, score)
        assert trials.best is not None
        assert trials.best.proposal.trial == best


def test_failures_in_a_row_are_counted_from_the_log(tmp_path: Path) -> None:
    trials = Trials(TrialLog(tmp_path / "t.jsonl"))
    for name, score in (("0000", None), ("0001", 1.0), ("0002", None), ("0003", None)):
        trials.propose(Proposal(name, {}), {})
        if score is None:
            trials.fail(name, "because")
        else:
            trials.complete(name, score)
    assert Trials(TrialLog(tmp_path / "t.jsonl")).failed_in_a_row == 2
