"""A search as a table."""

from pathlib import Path

from forecaster.config.dimensions import Choice, Dimension
from forecaster.search.log import TrialLog
from forecaster.search.summary import trial_rows
from forecaster.search.trials import Proposal, Trials


def test_a_null_that_was_tried_is_told_from_what_is_not_there(tmp_path: Path) -> None:
    patch = Dimension("model.patch", ("model", "patch"), Choice(values=[None, 3], default=3))
    trials = Trials(TrialLog(tmp_path / "t.jsonl"))
    for name, values in (("0000", {"model.patch": None}), ("0001", {"model.patch": 3}), ("0002", {})):
        trials.propose(Proposal(name, values), values)
    assert [row["model.patch"] for row in trial_rows(trials, [patch])] == ["null", 3, None]
