"""`make mutants`: change the code in small ways, one at a time, and see whether a test notices.

mutmut makes and runs the mutants ([tool.mutmut] in pyproject.toml); this prints a table per module and
compares what survived with tests/mutants.toml, where each survivor that is accepted stands with its reason.
Exits with 1 where fewer than nine of ten mutants are killed, where one survives that is not accepted, or where
one that is accepted is killed by now or is no mutant any more.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

ROOT = Path(__file__).parent.parent
WORK = ROOT / "mutants"
ACCEPTED = ROOT / "tests" / "mutants.toml"
LEAST = 0.9
# Of this file the one class that is about checkpoints.
ONLY = {"forecaster.runs.directory": "FileCheckpoints"}
# A mutant that runs forever or brings the interpreter down is noticed.
KILLED = {"killed", "timeout", "segfault"}


@dataclass
class Module:
    """What became of a module's mutants. survived: (function, mutation), as often as they occur."""

    name: str
    killed: int = 0
    survived: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.killed + self.survived.total()

    def row(self) -> tuple[str, ...]:
        return _row(self.name, self.killed, self.survived.total())


def _row(name: str, killed: int, survived: int) -> tuple[str, ...]:
    total = killed + survived
    return (name, f"{total:,}", f"{killed:,}", f"{survived:,}", f"{killed / max(total, 1):.1%}")


def modules() -> list[str]:
    """Those of [tool.mutmut] in pyproject.toml, by dotted name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [dotted(path) for path in settings["tool"]["mutmut"]["only_mutate"]]


def dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def run_mutmut(names: list[str], processes: int) -> None:
    """From the beginning: mutmut keeps what it found, and does not see that a test has changed."""
    shutil.rmtree(WORK, ignore_errors=True)
    patterns = [f"{name}.*{ONLY.get(name, '')}*" for name in names]
    subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes), *patterns], cwd=ROOT, check=True
    )


def outcome(name: str) -> Module:
    """Read what mutmut found about one module."""
    module = Module(name)
    path = Path(name.replace(".", "/")).with_suffix(".py")
    found = SourceFileMutationData(path=path)
    found.load()
    for key, code in found.exit_code_by_key.items():
        if ONLY.get(name, "") not in key:
            continue
        status = status_by_exit_code[code]
        if status in ("not checked", "check was interrupted by user"):
            sys.exit(f"{key}: mutmut came to no result; run it again")
        if status in KILLED:
            module.killed += 1
        else:
            function, owner = orig_function_and_class_names_from_key(key)
            module.survived[f"{owner}.{function}" if owner else function, mutation(key, path)] += 1
    return module


def mutation(key: str, path: Path) -> str:
    """The lines as the mutant has them; of lines that it drops, what they were."""
    diff = get_diff_for_mutant(key, path=path).splitlines()[2:]
    for sign in "+-":
        lines = [" ".join(line[1:].split()) for line in diff if line.startswith(sign)]
        if any(lines):
            return sign * (sign == "-") + " ".join(filter(None, lines))
    sys.exit(f"{key}: changes nothing")


def accepted() -> dict[str, Counter[tuple[str, str]]]:
    """Of each module, the (function, mutation) that may survive."""
    found: dict[str, Counter[tuple[str, str]]] = {}
    for entry in tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["accepted"]:
        if not entry["reason"].startswith(("equivalent: ", "cosmetic: ")):
            sys.exit(f"{ACCEPTED}: a reason begins with equivalent: or cosmetic:, not {entry['reason']!r}")
        of_module = found.setdefault(entry["module"], Counter())
        of_module.update((entry["function"], m) for m in entry["mutants"])
    return found


def table(rows: list[tuple[str, ...]]) -> str:
    """Markdown, as it stands in docs/mutation.md."""
    lines = [("module", "mutants", "killed", "survived", "share"), ("---", "--:", "--:", "--:", "--:"), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", nargs="*", help="by path or dotted name; all of them when none is given")
    parser.add_argument("--processes", type=int, default=1, help="mutants run at a time (default 1)")
    parser.add_argument("--again", action="store_true", help="only report what the last run found")
    args = parser.parse_args()
    names = [dotted(m) for m in args.module] or modules()
    if unknown := sorted(set(names) - set(modules())):
        parser.error(f"no such module in [tool.mutmut] of pyproject.toml: {', '.join(unknown)}")
    if not args.again:
        run_mutmut(names, args.processes)
    found, allowed = [outcome(name) for name in names], accepted()
    if empty := [m.name for m in found if not m.total]:
        sys.exit(f"no mutants of {', '.join(empty)}: run `make mutants`")
    killed, survived = sum(m.killed for m in found), sum(m.survived.total() for m in found)
    print(table([*(m.row() for m in found), _row("all", killed, survived)]))
    failed = killed < LEAST * (killed + survived)
    for m in found:
        may = allowed.get(m.name, Counter())
        for heading, which in (
            ("survived, and is not in tests/mutants.toml", m.survived - may),
            ("is in tests/mutants.toml, and did not survive", may - m.survived),
        ):
            for (function, change), n in which.items():
                failed = True
                print(f"{m.name}: {function}: {heading}{f' ({n} times)' if n > 1 else ''}\n    {change}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
