"""Kills, faults of the disk, races and signals, far more of them than the tests try: `make torture`.

python benchmarks/torture.py [--only kills faults moments disk races signals exits] [--every 1] [--times 20]
                             [--verbs train predict] [--write]

kills and faults go through the file operations (reads, writes, fsync, renames, removals, folders) of small commands,
each from the start: the command is killed there, or the operation fails once with ENOSPC or EIO. disk fills a small
file system. These train no network, so that a case takes a tenth of a second. moments kills the same commands at a
random moment by SIGKILL, and a training of real networks in every tenth case. races starts two processes for one run.
signals and exits run real commands, each in a process forked from one that has imported everything: SIGTERM and SIGINT
in each phase of a training, and commands of every verb that succeed and that fail.

After each case the run is taken up, and must end in the bytes of one to which nothing happened. --write keeps the
counts in docs/reliability.md.
"""

from __future__ import annotations

import argparse
import datetime
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- torture: begin -->", "<!-- torture: end -->"
HEAD = "| Bench | Cases | As promised | Command | Date |\n| --- | --- | --- | --- | --- |\n"


@dataclass
class Count:
    """Cases of one bench, and what went wrong in those that did not end as promised."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)

    def case(self, name: str, check: Callable[[], object]) -> None:
        """Try one case."""
        self.tried += 1
        try:
            check()
        except (AssertionError, OSError) as fault:
            self.wrong.append(f"{name}: {fault}")
            print(f"  {name}: {fault}", file=sys.stderr, flush=True)


def operations(folder: Path, every: int) -> Iterator[tuple[str, Any, int, Any]]:
    """Yield every n-th file operation of every command: the name, the case, the place and the operation."""
    from tests.integration.killed_cases import CASES

    for name, make in CASES.items():
        case = make(folder / name)
        for at, operation in enumerate(case.operations()):
            if at % every == 0:
                yield name, case, at, operation


def kills(folder: Path, given: argparse.Namespace) -> Count:
    """Kill at every operation, and in the middle of every write."""
    count = Count()
    for name, case, at, operation in operations(folder, given.every):
        for cut_short in (False, True) if operation.kind == "write" else (False,):
            check = partial(case.check_kill, at, cut_short=cut_short)
            count.case(f"{name} {at} {operation} {cut_short}", check)
    return count


def faults(folder: Path, given: argparse.Namespace) -> Count:
    """Fail every operation once, with ENOSPC and with EIO."""
    from tests.integration.killed_runs import FAULTS

    count = Count()
    for name, case, at, operation in operations(folder, given.every):
        for code in FAULTS:
            count.case(f"{name} {at} {operation} {code}", partial(case.check_fault, at, code))
    return count


def moments(folder: Path, given: argparse.Namespace) -> Count:
    """SIGKILL at a random moment of a command, then take up what is left; every tenth command trains real networks."""
    from benchmarks.forked import Zygote, training
    from tests.integration.killed_cases import CASES

    count, chance, killed = Count(), random.Random(0), Counter[int]()
    with Zygote(folder) as zygote, Zygote(folder, arithmetic=True) as arithmetic:
        config, whole = training(folder), folder / "whole"
        words = ["train", config, "--run-dir", whole, "-q"]
        assert zygote.run(*words).status == 0
        cases = [make(folder / name) for name, make in CASES.items()]
        # How long each takes from its start, with a process that has imported everything.
        seconds = [arithmetic.seconds_of(*case.words, fresh=case.afresh) for case in cases]
        real_s = zygote.seconds_of(*words[:-2], folder / "again", "-q")
        for i in range(given.times):
            if i % 10 == 9:
                after = chance.uniform(0, real_s)
                real = folder / f"killed-{i}"

                def check_real(real: Path = real, after: float = after) -> None:
                    killed[zygote.check_killed(after, config, whole, real)] += 1

                count.case(f"real training after {after:.3f} s", check_real)
                continue
            case, whole_s = cases[i % len(cases)], seconds[i % len(cases)]
            after = chance.uniform(0, whole_s)

            def check_case(case: Any = case, after: float = after) -> None:
                case.afresh()
                killed[arithmetic.kill(after, *case.words)] += 1
                case.take_up()

            count.case(f"{list(CASES)[i % len(cases)]} after {after:.3f} s", check_case)
    print(f"  {killed[0]} of them had ended before", flush=True)
    return count


def disk(folder: Path, given: argparse.Namespace) -> Count:
    """Train on file systems of growing size, then make room and go on."""
    from tests.integration.killed_cases import on_a_disk

    count = Count()
    for kib in range(8, 8 + 4 * given.times, 4):
        place = folder / f"{kib}"
        place.mkdir(parents=True)
        count.case(f"{kib} KiB", lambda place=place, kib=kib: on_a_disk(place, kib))  # type: ignore[misc]
    return count


def races(folder: Path, given: argparse.Namespace) -> Count:
    """Start two processes for one run at once: one makes it, the other is refused or finds it complete."""
    from tests.integration.killed_cases import CASES
    from tests.integration.killed_commands import Kill, Operation, fake_command, kill_within
    from tests.integration.killed_runs import assert_same_run

    case = CASES["train"](folder / "train")
    stopped = Kill(before=Operation("rename", "model/state.json"))

    def end(words: list[object]) -> str:
        said = folder / f"said-{threading.get_ident()}.txt"
        return str(kill_within(fake_command(*words), case.run, Kill(said=said))[0])

    def race(*, resumed: bool) -> None:
        shutil.rmtree(case.run, ignore_errors=True)
        if resumed:
            kill_within(fake_command(*case.words), case.run, stopped)
        words = [*case.words, *(["--resume"] if resumed else [])]
        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(end, [words, words]))
        assert statuses == ["0", "4"] or (resumed and statuses == ["0", "0"]), statuses
        assert_same_run(case.run, case.whole)

    count = Count()
    for i in range(given.times):
        count.case(f"race {i}", lambda i=i: race(resumed=i % 2 == 1))  # type: ignore[misc]
    return count


def signals(folder: Path, given: argparse.Namespace) -> Count:
    """SIGTERM and SIGINT in each phase of a real training: ended within 5 s, and resumed to the same bytes."""
    from benchmarks.forked import PHASES, Zygote, training

    count = Count()
    with Zygote(folder) as zygote:
        config, whole = training(folder), folder / "whole"
        assert zygote.run("train", config, "--run-dir", whole).status == 0
        for phase in PHASES:
            for number in (15, 2):
                name = f"{phase} {number}"
                count.case(name, lambda p=phase, n=number: zygote.check_signal(p, n, config, whole))  # type: ignore[misc]
    return count


def exits(folder: Path, given: argparse.Namespace) -> Count:
    """Commands of every verb, as many that succeed as that fail, each ended by the interpreter itself."""
    from benchmarks.commands import TRAINED, Command, Inputs, all_commands
    from benchmarks.forked import Zygote

    count, turns = Count(), Counter[str]()
    with Zygote(folder) as zygote, Zygote(folder, arithmetic=True) as arithmetic:
        for command in all_commands(Inputs(folder, zygote), given.times, given.verbs):

            def check(command: Command = command) -> None:
                by = zygote if not command.trains or turns[command.name.split()[0]] <= TRAINED else arithmetic
                ended = (
                    by.stop(*command.words, mark="http://") if command.signalled else by.run(*command.words)
                )
                assert ended.status == command.status, f"{ended.status}: {ended.said[-400:]}"
                assert "Traceback" not in ended.said, ended.said[-400:]
                assert not command.status or "error: " in ended.said.lower(), ended.said[-400:]

            turns[command.name.split()[0]] += 1
            count.case(command.name, check)
            for made in (folder / "out").iterdir():
                (shutil.rmtree if made.is_dir() else Path.unlink)(made)
    return count


BENCHES = {b.__name__: b for b in (kills, faults, moments, disk, races, signals, exits)}


def keep(rows: dict[str, str]) -> None:
    """Put rows into the table of the page, in place of those of the same name."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    table, _, after = rest.partition(END)
    old = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}
    lines = [row for name in BENCHES if (row := rows.get(name) or old.get(name))]
    PAGE.write_text(f"{before}{BEGIN}\n{HEAD}" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


def measured(given: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Count, str]]:
    """Yield each bench, its counts and its row of the table."""
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    for name in given.only:
        begun = time.monotonic()
        place = folder / name
        place.mkdir()
        count = BENCHES[name](place, given)
        shutil.rmtree(place, ignore_errors=True)
        used = f"--every {given.every}" if name in ("kills", "faults") else f"--times {given.times}"
        if name == "exits" and given.verbs:
            used += f" --verbs {' '.join(given.verbs)}"
        how = f"python benchmarks/torture.py --only {name}" + ("" if name == "signals" else f" {used}")
        good = count.tried - len(count.wrong)
        print(f"{name}: {good} of {count.tried} as promised, {time.monotonic() - begun:.0f} s", flush=True)
        yield name, count, f"| {name} | {count.tried:,} | {good:,} | `{how}` | {day} |"


def main() -> None:
    """Run the benches, and say and keep their counts."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(BENCHES), default=list(BENCHES))
    parser.add_argument("--every", type=int, default=1, help="try each so many-th operation")
    parser.add_argument(
        "--times", type=int, default=20, help="moments, races, sizes of the disk, commands of each verb"
    )
    parser.add_argument("--verbs", nargs="+", default=[], help="commands of these verbs only, for exits")
    parser.add_argument("--write", action="store_true", help="keep the counts in docs/reliability.md")
    given = parser.parse_args()
    import pytest

    from tests.integration import fake_training

    # `signals` and `exits` run in processes of their own, which train real networks.
    fake_training.install(pytest.MonkeyPatch())
    good = True
    with tempfile.TemporaryDirectory(prefix="torture-") as scratch:
        for name, count, row in measured(given, Path(scratch).resolve()):
            good = good and not count.wrong
            if given.write:
                keep({name: row})
    sys.exit(not good)


if __name__ == "__main__":
    main()
