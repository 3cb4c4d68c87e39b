"""Names of runs, tokens, addresses, and what is refused before anything is loaded."""

import socket
import sys
from pathlib import Path

import pytest

import forecaster as fc
from forecaster.errors import DataError, UsageError
from forecaster.service.settings import (
    Limits,
    allowed_hosts,
    check_reach,
    is_loopback,
    named_runs,
    token_from,
)


def test_runs_are_called_as_they_are_named_or_by_their_directory(tmp_path: Path) -> None:
    assert named_runs("runs/current") == {"current": Path("runs/current")}
    assert named_runs(["a=runs/x", "runs/b"]) == {"a": Path("runs/x"), "b": Path("runs/b")}
    assert named_runs({"best": "runs/x"}) == {"best": Path("runs/x")}
    odd = tmp_path / "a=b"
    odd.mkdir()
    with pytest.raises(UsageError, match="is no name for a served run"):
        named_runs(str(odd))
    assert named_runs(f"ab={odd}") == {"ab": odd}


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "there is no run to serve; name a run directory"),
        (["x/a", "y/a"], "several runs are called 'a'; give them names, as in NAME=DIR"),
        ({"../up": "x"}, "'../up' is no name for a served run: it needs letters, digits, '.', '_' and '-'; give the run "
         "another name, as in NAME=DIR"),
    ],
)  # fmt: skip
def test_runs_that_cannot_be_told_apart_are_refused(runs: object, message: str) -> None:
    with pytest.raises(UsageError) as error:
        named_runs(runs)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_a_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", " 0123456789abcdef\n")
    assert token_from("T") == "0123456789abcdef"
    assert token_from(None) is None
    monkeypatch.setenv("T", "short")
    with pytest.raises(UsageError, match="a token needs 16 characters or more"):
        token_from("T")
    monkeypatch.delenv("T")
    with pytest.raises(UsageError, match="this environment variable is not set"):
        token_from("T")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_an_address_that_others_reach_needs_a_token_or_the_flag(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    check_reach(host, token="t", without_token=False)
    check_reach(host, token=None, without_token=True)
    assert (allowed_hosts(host, token=None, without_token=False) is None) is not loopback
    if loopback:
        check_reach(host, token=None, without_token=False)
        return
    with pytest.raises(UsageError, match="everyone who reaches this address could ask for forecasts"):
        check_reach(host, token=None, without_token=False)


def test_limits_are_numbers_that_make_sense() -> None:
    assert Limits.checked(body_mib=2, rows=3, timeout_s=4) == Limits(2 << 20, 3, 4)
    for wrong in ({"body_mib": 0}, {"rows": -1}, {"timeout_s": 10**6}):
        with pytest.raises(UsageError, match="needs a whole number from 1 to"):
            Limits.checked(**({"body_mib": 1, "rows": 1, "timeout_s": 1} | wrong))


def test_answers_are_sent_at_once() -> None:
    """asyncio lets small packets go without waiting where it knows the protocol of the socket."""
    from forecaster.service.server import Endpoint

    with Endpoint("127.0.0.1", 0).bound() as listener:
        assert listener.proto == socket.IPPROTO_TCP
        assert Endpoint("127.0.0.1", 0).url(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for begin in (lambda: fc.serve("runs/x"), lambda: fc.create_app("runs/x")):
        with pytest.raises(UsageError) as error:
            begin()
        assert str(error.value) == (
            "serve needs uvicorn, which is not installed; pip install 'keras-forecaster[serve]'"
        )
        assert error.value.exit_code == 2


def test_an_application_takes_the_limits_of_the_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="max_body 0: needs a whole number"):
        fc.create_app(tmp_path, max_body=0)
    with pytest.raises(DataError, match="is not a run directory"):
        fc.create_app(tmp_path)
