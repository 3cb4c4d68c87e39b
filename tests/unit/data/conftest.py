"""Every hint of init in these tests can be followed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forecaster.data.draft.infer import Guess, infer
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.sources import TableSource
from forecaster.errors import ForecasterError
from forecaster.pipeline import inspect
from tests.following import follow_init


@pytest.fixture(autouse=True)
def _hints_are_followed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Follow the hints of what init said, once the test is over; not in the fast lane, where it takes too long."""
    if request.config.option.markexpr == "not slow":
        yield
        return
    answers: list[tuple[TableSource, Wishes, Guess | ForecasterError]] = []

    def noted(source: TableSource, wishes: Wishes) -> Guess:
        try:
            guess = infer(source, wishes)
        except ForecasterError as error:
            answers.append((source, wishes, error))
            raise
        answers.append((source, wishes, guess))
        return guess

    monkeypatch.setattr(inspect, "infer", noted)
    yield
    monkeypatch.undo()
    assert [fault for answer in answers for fault in follow_init(*answer)] == []
