"""What a search is compared by when it goes on."""

from pathlib import Path

import pytest

from forecaster.config.experiment import Experiment
from forecaster.search.inputs import differences, facts_of
from tests.integration.tiny_runs import line

HOUR = {"choice": {"values": ["hour", None], "default": None}}
ANCHOR = {"type": {"choice": {"values": ["ridge", None], "default": None}}, "mode": "average"}


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.calendar.1=day", ["data.calendar.1 was month and is day"]),
        ("model.anchor.mode=correct", ["model.anchor.mode was average and is correct"]),
        ("training.batch_size=8", ["training.batch_size was 16 and is 8"]),
        ("tune.max_trials=9", []),
        ("data.freq=H", []),
    ],
)
def test_a_change_beside_what_is_turned_off_is_seen(tmp_path: Path, override: str, said: list[str]) -> None:
    config = line(tmp_path, 120, model={"layers": [{"type": "gru", "units": 3}], "anchor": ANCHOR})
    with_calendar = config.read_text().replace('"freq": "h",', f'"freq": "h", "calendar": [{HOUR}, "month"],')
    config.write_text(with_calendar.replace("None", "null"))
    before = facts_of(Experiment.from_yaml(config), fingerprint="x", smoke=False)
    now = facts_of(Experiment.from_yaml(config, [override]), fingerprint="x", smoke=False)
    assert differences(before, now) == said
