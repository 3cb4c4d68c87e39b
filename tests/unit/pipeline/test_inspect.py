"""Where `init` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecaster.errors import UsageError
from forecaster.pipeline.inspect import write_draft, write_example


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    folder = tmp_path / "config.csv"
    folder.mkdir()
    for write in (lambda: write_draft(tmp_path / "t.csv", folder), lambda: write_example("sunspots", folder)):
        with pytest.raises(UsageError) as caught:
            write()
        assert (
            str(caught.value)
            == f"{folder} is a folder; name a file in it, such as output {folder}/config.yaml"
        )
    assert list(tmp_path.iterdir()) == [folder]
