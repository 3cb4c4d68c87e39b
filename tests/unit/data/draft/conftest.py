"""The tables of these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.data.draft.drafts import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*lines: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return path

    return write
