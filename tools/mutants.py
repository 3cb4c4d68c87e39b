"""`make mutants`: change the code in small ways, one at a time, and see whether a test notices.

mutmut writes the mutants of a module (comparisons, arithmetic, numbers, strings, booleans, arguments left out or
None, …) into a copy of the project. pytest collects the module's tests once there, and a process is forked from it
for each mutant, which runs them until one fails. tests/mutants.toml names the modules, their tests, and each mutant
that may survive with the reason.

Exits with 1 where fewer than nine of ten mutants of a module are killed, where one survives that may not, or where
one that may is killed or is no mutant any more.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SETTINGS = ROOT / "tests" / "mutants.toml"
LEAST = 0.9
# What the reason of a mutant that may survive begins with: no input tells it from the code; only the words of a
# message that no test quotes differ; the result is the same, sooner or later.
KINDS = ("equivalent", "wording", "speed")
COPIED = ("forecaster", "tests", "data", "pyproject.toml")
QUIET = [
    "-q",
    "--tb=native",
    "-p",
    "no:logging",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:unraisableexception",
    "--assert=plain",
]
# A mutant that needs ten times the processor time of all the tests has run into an endless loop.
LIMIT, LIMIT_AT_LEAST_S = 10, 3


@dataclass(frozen=True)
class Mutant:
    """One small change of a module.

    Attributes:
        name: The name that mutmut gives it.
        function: The function or method that it is in.
        change: The lines that it writes, or, after a minus, those that it drops.
    """

    name: str
    function: str
    change: str


def mutants_of(path: str, only: str) -> tuple[str, list[Mutant]]:
    """Return the source with all mutants of a module in it, and what each is. only: the class to take them from."""
    from mutmut.mutation.file_mutation import mutate_file_contents

    mutated = mutate_file_contents(path, (ROOT / path).read_text(encoding="utf-8"))
    lines, module = mutated.code.splitlines(), path.removesuffix(".py").replace("/", ".")

    def source(name: str) -> list[str]:
        span = mutated.line_span_by_function_name[name]
        return [line.replace(name, "") for line in lines[span.start - 1 : span.end]]

    found = []
    for name in mutated.mutant_names:
        original = name.partition("__mutmut_")[0]
        owner, _, function = original.removeprefix("x").strip("ǁ").rpartition("ǁ")
        function = f"{owner}.{function}" if owner else function.removeprefix("_")
        if only in function.split(".") or not only:
            diff = list(unified_diff(source(f"{original}__mutmut_orig"), source(name), n=0, lineterm=""))[3:]
            found.append(Mutant(f"{module}.{name}", function, change_of(diff)))
    return mutated.code, found


def change_of(diff: list[str]) -> str:
    for sign in "+-":
        lines = [" ".join(line[1:].split()) for line in diff if line.startswith(sign)]
        if any(lines):
            return sign.strip("+") + " ".join(filter(None, lines))
    raise ValueError("this mutant changes nothing")


class Forks:
    """A pytest plugin that runs what was collected once for each mutant, each time in a process of its own."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.survived = names, list[str]()

    def pytest_runtestloop(self, session: Any) -> bool:
        import resource  # which Windows lacks, where the lists are checked all the same

        if session.testsfailed:
            raise session.Interrupted("the tests cannot be collected")
        gc.collect()
        gc.freeze()  # a collection in a fork would copy all that they share
        order = list(session.items)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if (failed := self.fork(session, order, "", resource.RLIM_INFINITY)) is not None:
            raise session.Interrupted(f"{failed} fails without a mutant")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        limit = math.ceil(max(LIMIT * spent, LIMIT_AT_LEAST_S))
        for name in self.names:
            killer = self.fork(session, order, name, limit)
            if killer is None:
                self.survived.append(name)
            elif killer in order:
                # The next mutant is likely one of the same line.
                order.remove(killer)
                order.insert(0, killer)
        return True

    def fork(self, session: Any, items: list[Any], name: str, limit_s: int) -> Any:
        """Return the test that fails first; what ended the process where it was none; None where all pass."""
        import resource

        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.environ["MUTANT_UNDER_TEST"] = name
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            status = 2
            try:
                for i, item in enumerate(items):
                    following = items[i + 1] if i + 1 < len(items) else None
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if session.testsfailed:
                        os.write(write, str(i).encode())
                        status = 1
                        break
                else:
                    status = 0
            finally:
                os._exit(status)
        os.close(write)
        with os.fdopen(read) as pipe:
            at = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return items[int(at)] if at else status or None


def run_here(names: list[str], tests: list[str], imports: list[str]) -> int:
    """Print, in the copy, the names of those that survive the tests, as JSON."""
    import pytest

    # A module that a function imports would otherwise be imported in every process, for seconds each time.
    for late in imports:
        importlib.import_module(late)
    forks = Forks(names)
    status = pytest.main([*QUIET, *tests], plugins=[forks])
    print("\n" + json.dumps(forks.survived))
    return int(status)


def survivors(module: dict[str, Any], code: str, mutants: list[Mutant]) -> list[Mutant]:
    """Return those that survive the tests of a module of tests/mutants.toml."""
    path = module["path"]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, Path(folder) / name)
        (Path(folder) / path).write_text(code, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, __file__, "--here", *module["tests"]],
            cwd=folder,
            input=json.dumps({"names": [m.name for m in mutants], "imports": module.get("imports", [])}),
            env={**os.environ, "PYTHONPATH": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{path}: its tests fail without a mutant:\n{done.stdout}")
        alive = set(json.loads(done.stdout.splitlines()[-1]))
    return [m for m in mutants if m.name in alive]


def row(name: str, total: int, kinds: Counter[str]) -> str:
    killed = total - kinds.total()
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none"
    return f"| {name} | {total:,} | {killed:,} | {killed / total:.1%} | {listed} |"


def kinds_of(module: dict[str, Any], alive: list[Mutant]) -> Counter[str]:
    """Return how many mutants survive for each kind of reason; "unlisted" are those without one."""
    kinds = dict[tuple[str, str], str]()
    for entry in module.get("survivors", []):
        kind, _, reason = entry["reason"].partition(": ")
        if kind not in KINDS or not reason:
            sys.exit(
                f"{SETTINGS}: a reason begins with one of {', '.join(KINDS)} and a colon, not {entry['reason']!r}"
            )
        kinds |= {(entry["function"], change): kind for change in entry["changes"]}
    return Counter(kinds.get((m.function, m.change), "unlisted") for m in alive)


def compare(module: dict[str, Any], alive: list[Mutant]) -> list[str]:
    """Return what speaks against the list of those that may survive."""
    may: Counter[tuple[str, str]] = Counter()
    for entry in module.get("survivors", []):
        may.update((entry["function"], change) for change in entry["changes"])
    found = Counter((m.function, m.change) for m in alive)
    return [
        *(f"survives: {function}: {change}" for function, change in (found - may).elements()),
        *(
            f"is listed and does not survive: {function}: {change}"
            for function, change in (may - found).elements()
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "module", nargs="*", help="paths of modules in tests/mutants.toml; all when none is given"
    )
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        given = json.load(sys.stdin)
        return run_here(given["names"], args.module, given["imports"])
    modules = {m["path"]: m for m in tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["module"]}
    if unknown := sorted(set(args.module) - modules.keys()):
        parser.error(f"not in tests/mutants.toml: {', '.join(unknown)}")
    print("| module | mutants | killed | share | survivors |\n| --- | --: | --: | --: | --- |", flush=True)
    begin, total, faults = time.monotonic(), 0, list[str]()
    all_kinds: Counter[str] = Counter()
    for path in args.module or modules:
        only = modules[path].get("only", "")
        code, mutants = mutants_of(path, only)
        alive = survivors(modules[path], code, mutants)
        kinds = kinds_of(modules[path], alive)
        print(row(f"`{path}`{only and ', '}{only}", len(mutants), kinds), flush=True)
        faults += [f"{path}: {fault}" for fault in compare(modules[path], alive)]
        if len(mutants) - len(alive) < LEAST * len(mutants):
            faults.append(f"{path}: fewer than {LEAST:.0%} are killed")
        total += len(mutants)
        all_kinds += kinds
    print(row("all", total, all_kinds))
    print(f"\n{(time.monotonic() - begin) / 60:.0f} minutes", *faults, sep="\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
