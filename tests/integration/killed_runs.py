"""What a kill or a fault of the disk left of a run, and how it is taken up."""

import errno
import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forecaster.runs.directory import RunDir
from tests.integration.killed_commands import KILLED, Kill, Operation, fake_command, kill_within
from tests.integration.tiny_runs import call, done

# Times differ, and the page is made from the rest at any time.
NOT_COMPARED = {"events.jsonl", "manifest.json", "report.html"}
FAULTS = (errno.ENOSPC, errno.EIO)


def kills(
    work: Callable[[], object], run: Path, before: Path | None = None, until: Operation | None = None
) -> Iterator[Operation]:
    """Kill something at every file operation, and within every one that writes a file in its place.

    Args:
        work: What is killed, each time from the start.
        run: The run directory.
        before: What is in the run directory at the start; None where it does not exist.
        until: The first operation that no longer matters; None goes on until nothing is left to kill.

    Yields:
        The operation that the kill came before or in. The run directory is as the kill left it.
    """
    at, cut_short = 0, False
    while True:
        shutil.rmtree(run, ignore_errors=True)
        if before is not None:
            shutil.copytree(before, run)
        status, operations = kill_within(work, run, Kill(at, cut_short))
        if status == 0 or operations[-1] == until:
            break
        assert status == KILLED
        yield operations[-1]
        # What is in a part that is never put in its place makes no difference.
        in_place = operations[-1].kind == "open" and not operations[-1].path.endswith(".part")
        cut_short = in_place and not cut_short
        at += not cut_short
    assert at > 10


def contents(path: Path) -> dict[str, bytes]:
    """Every file but the lock."""
    files = (p for p in path.rglob("*") if p.is_file() and p.name != ".lock")
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in files}


def assert_same_run(run: Path, whole: Path) -> None:
    """The same files of the same bytes, whole by the manifest, and nothing that a kill left."""
    found, expected = contents(run), contents(whole)
    assert found.keys() == expected.keys()
    for name in expected.keys() - NOT_COMPARED:
        assert found[name] == expected[name], name
    files = RunDir(run).manifest()["files"]
    assert files.keys() == RunDir(whole).manifest()["files"].keys()
    RunDir(run).check(*files)


def shown(run: Path) -> str | None:
    """What `show` refuses a directory for; None where it shows a complete run, whose files are whole."""
    result = call("show", run)
    if result.exit_code == 0:
        RunDir(run).check(*RunDir(run).manifest()["files"])
        return None
    assert result.exit_code == 2
    said = result.stderr.removeprefix("error: ").strip()
    names = {p.name for p in run.iterdir() if not p.name.endswith(".part")} if run.exists() else set()
    if not run.exists():
        assert said.startswith(f"{run}: there is no such run directory; ")
    elif names <= {".lock"}:
        assert said.startswith(f"{run}: is not a run directory; ")
    else:
        assert said.startswith(f"{run}: this run is not complete; ")
    return said


def to_resume(said: str | None, words: list[object]) -> list[object]:
    """The command that `show` names; where it names none, the one that was killed with --resume."""
    _, names_one, named = (said or "").partition("finish it with: forecaster ")
    return [*shlex.split(named), "-q"] if names_one else [*words, "--resume"]


@dataclass(frozen=True)
class Case:
    """A command that writes a run.

    Attributes:
        words: The command; one that ends with the run directory where it has one.
        run: The run directory.
        whole: The same run of a command to which nothing happened.
        folder: Holds the run, its config and its table, whose operations are counted.
        before: What is in the run directory at the start; None where it does not exist.
        said: Where the stderr of the command goes; outside of `folder`.
    """

    words: Sequence[object]
    run: Path
    whole: Path
    folder: Path
    said: Path
    before: Path | None = None

    def afresh(self) -> None:
        """Put into the run directory what is there at the start."""
        shutil.rmtree(self.run, ignore_errors=True)
        if self.before is not None:
            shutil.copytree(self.before, self.run)

    def met(self, kill: Kill) -> tuple[int | None, list[Operation]]:
        """Run the command from the start, with fake networks, up to the kill or past the fault."""
        self.afresh()
        return kill_within(fake_command(*self.words), self.folder, kill)

    def operations(self) -> list[Operation]:
        """Every operation of the command, reads, writes and fsync among them."""
        status, operations = self.met(Kill(fine=True))
        assert status == 0
        assert_same_run(self.run, self.whole)
        return operations

    def check_kill(self, at: int, *, cut_short: bool = False) -> None:
        """Kill the command at an operation, and take up what is left."""
        status, operations = self.met(Kill(at, cut_short=cut_short, fine=True))
        assert status == KILLED, operations[-1]
        self.take_up()

    def check_fault(self, at: int, code: int) -> int:
        """Let an operation fail once. Returns the exit status: 3, or 0 where the command can do without."""
        status, operations = self.met(Kill(at, fine=True, fault=code, said=self.said))
        operation, said = operations[at], self.said.read_text()
        assert status in (0, 3), (operation, status, said)
        assert "Traceback" not in said, (operation, said)
        if status == 3:
            self._check_said(said, operation, code)
            if operation.kind != "remove":
                assert not list(self.run.rglob("*.part")), operation
        else:
            assert "error: " not in said, (operation, said)
            assert shown(self.run) is None
        self.take_up()
        return status

    def _check_said(self, said: str, operation: Operation, code: int) -> None:
        """One line that names what failed, why, and the next move."""
        lines = [line for line in said.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, (operation, said)
        place, _, rest = lines[0].removeprefix("error: ").partition(": ")
        assert os.strerror(code) in rest, (operation, said)
        assert "; " in rest, (operation, said)
        path, where = self.folder / operation.path, Path(place)
        named = path.with_name(path.name.removeprefix(".").removesuffix(".part"))
        # What concerns a folder as a whole, such as its lock, names the run directory.
        assert where in {named, path, self.run, self.run / "manifest.json"} or (
            operation.kind in ("mkdir", "fsync") and path in where.parents
        ), (operation, said)

    def take_up(self) -> None:
        """A plain second start, or the command that `show` names; it ends in the bytes of the whole run."""
        said = shown(self.run)
        second = call(*self.words)
        if second.exit_code != 0:
            assert second.exit_code == 4, second.stderr
            assert "add --resume to " in second.stderr
            words = [word for word in self.words if word != "--overwrite"]
            done(*to_resume(said, words))
        assert_same_run(self.run, self.whole)
        assert not (self.run / ".replaced").exists()
