"""How commands end where the systems differ."""

from __future__ import annotations

import errno

import pytest
import typer

from forecaster import system
from forecaster.terminal import exits


def ended(error: BaseException) -> int:
    """The status of a command that raises this."""
    with pytest.raises(typer.Exit) as caught, exits.command_context(False, False, False, True):
        raise error
    return int(caught.value.exit_code)


def test_a_reader_that_has_gone_ends_it_quietly_on_windows_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    silenced = []
    monkeypatch.setattr(exits, "_write_nowhere", lambda: silenced.append(True))
    assert ended(BrokenPipeError(errno.EPIPE, "Broken pipe")) == 141
    monkeypatch.setattr(system, "_WINDOWS", True)
    assert ended(OSError(errno.EINVAL, "Invalid argument")) == 141
    assert silenced == [True, True]
    assert capsys.readouterr() == ("", "")


def test_a_disk_that_fails_is_still_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "_WINDOWS", True)
    assert ended(OSError(errno.EINVAL, "Invalid argument", "a?.csv")) == 3
    assert (
        capsys.readouterr().err
        == "error: a?.csv: Invalid argument; check the free space and the permissions there\n"
    )


def test_a_name_that_the_environment_cannot_encode_is_its_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(UnicodeEncodeError("ascii", "größe.csv", 2, 4, "ordinal not in range(128)")) == 3
    assert capsys.readouterr().err == (
        "error: 'größe.csv' cannot be written in ascii, the encoding of this environment; set the variable "
        "PYTHONUTF8 to 1\n"
    )


def test_the_statuses_are_those_of_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(KeyboardInterrupt()) == 130
    with pytest.raises(SystemExit) as caught:
        exits.terminated(21, None)  # what Windows sends for Ctrl-Break
    assert caught.value.code == 143
    assert capsys.readouterr().err.endswith("terminated; continue an unfinished run with --resume\n")
