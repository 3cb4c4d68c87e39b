"""Load on `forecaster serve`: latency at a rate, many clients, malformed and broken requests, memory over minutes.

    python benchmarks/service.py [--modes rate clients malformed broken memory] [--rate 100] [--seconds 60]
                                 [--minutes 30] [--run DIR] [--workers 1]

Makes three hourly series, trains a small GRU on them unless a run of such a table is named, starts the service on one
core and asks it from another. A request carries the last 168 rows of one series as CSV; every answer is compared with
the one that the series must get.

    rate       requests begin at fixed times, whether or not earlier ones are answered, and their latency counts from
               these times: a service that falls behind is not spared the requests that it should have had
    clients    50 clients that each ask as fast as they are answered
    malformed  1,000 requests that are none, of 25 kinds
    broken     bodies that are cut off, that come a byte at a time or not at all, and answers that nobody reads, beside
               a client that asks properly
    memory     the rate for minutes, with the resident memory of the service every ten seconds

Seconds of the service's processor per request are printed too: on a busy machine they say more than latency does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent
MODES = ("rate", "clients", "malformed", "broken", "memory")
LOOKBACK, HORIZON, ROWS = 168, 24, 1_200
START = datetime(2024, 1, 1)
CONFIG: dict[str, Any] = {
    "version": 1,
    "name": "service",
    "data": {"path": "t.csv", "time": "t", "id": "id", "targets": ["y"], "freq": "h", "calendar": ["hour"]},
    "window": {"lookback": LOOKBACK, "horizon": HORIZON},
    "model": {"layers": [{"type": "gru", "units": 32}]},
    "training": {"epochs": 1, "steps_per_epoch": 10},
    "evaluation": {"seasonality": 24},
}


def made_run(folder: Path) -> Path:
    """Train a small network; its scores do not matter."""
    rng = random.Random(0)
    lines = ["t,id,y"]
    for name in "abc":
        for i in range(ROWS):
            value = 20 + 10 * math.sin(2 * math.pi * i / 24) + rng.random()
            lines.append(f"{START + timedelta(hours=i)},{name},{value:.3f}")
    (folder / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "c.yaml").write_text(json.dumps(CONFIG), encoding="utf-8")
    command = [sys.executable, "-m", "forecaster", "train", "c.yaml", "--run-dir", "run", "--quiet"]
    subprocess.run(command, cwd=folder, env=_environment(), check=True)
    return folder / "run"


def bodies(table: Path) -> list[bytes]:
    """The last rows of each series, and 40 variations of them, each as a request."""
    by_name: dict[str, list[str]] = {}
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    for row in rows:
        by_name.setdefault(row.split(",")[1], []).append(row)
    found = []
    for name, lines in by_name.items():
        for shift in range(14):
            cut = lines[len(lines) - LOOKBACK - shift : len(lines) - shift]
            body = "\n".join([head, *(line.replace(f",{name},", f",{name},1") for line in cut)]) + "\n"
            found.append(body.encode())
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}


class Service:
    """The service as a process of its own, on one core."""

    def __init__(self, run: Path, log: Path, *options: str) -> None:
        command = [sys.executable, "-m", "forecaster", "serve", str(run), "--port", "0", "--quiet", *options]
        self.log = log.open("w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stderr=self.log, env=_environment())
        cores = sorted(psutil.Process().cpu_affinity())
        self._ps = psutil.Process(self.process.pid)
        if len(cores) > 1:
            self._ps.cpu_affinity(cores[:1])
            psutil.Process().cpu_affinity(cores[1:])
        self.port = self._listening(log)

    def _listening(self, log: Path) -> int:
        for _ in range(3_000):
            for line in log.read_text(encoding="utf-8").splitlines():
                if '"listening"' in line:
                    return int(json.loads(line)["url"].rpartition(":")[2])
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit(f"the service did not start: {log.read_text(encoding='utf-8')}")

    def processor_s(self) -> float:
        """Processor seconds of the service so far."""
        used = [p.cpu_times() for p in (self._ps, *self._ps.children(recursive=True))]
        return float(sum(t.user + t.system for t in used))

    def memory_mib(self) -> float:
        """Resident memory of the service, in MiB."""
        return float(sum(p.memory_info().rss for p in (self._ps, *self._ps.children(recursive=True))) / 2**20)

    def end(self) -> float:
        """Stop the service, and return how many seconds that took."""
        begin = time.monotonic()
        self.process.terminate()
        status = self.process.wait(timeout=30)
        self.log.close()
        if status != 0:
            raise SystemExit(f"the service ended with status {status}")
        return time.monotonic() - begin


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        """Send a request, and return the status and the body of its answer."""
        if self._reader is None or self._writer is None or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writer.write(head + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in answer.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        content = await self._reader.readexactly(length)
        if b"\r\nconnection: close" in answer.lower():
            self.close()
        return int(answer.split(b" ", 2)[1]), content

    def close(self) -> None:
        """Let go of the connection."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def head_of(body: bytes, *, path: str = "/v1/forecast", form: str = "text/csv") -> bytes:
    """The head of a request."""
    return (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {form}\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode()


@dataclass
class Tally:
    """What came of a number of requests."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: int = 0

    def share(self, percent: float) -> float:
        """The latency that so many percent of the requests stay below, in milliseconds."""
        ordered = sorted(self.seconds)
        return 1e3 * ordered[min(len(ordered) - 1, math.ceil(len(ordered) * percent / 100) - 1)]

    def text(self) -> str:
        """One line."""
        parts = [f"{len(self.seconds):,} answers", f"statuses {dict(self.statuses)}", f"{self.wrong} wrong"]
        if self.seconds:
            parts += [f"p{p:g} {self.share(p):.1f} ms" for p in (50, 90, 99, 99.9)]
            parts.append(f"most {1e3 * max(self.seconds):.1f} ms")
        return ", ".join(parts)


@dataclass
class Load:
    """Requests and the answers that they must get."""

    port: int
    requests: list[tuple[bytes, bytes]]
    answers: list[bytes] = field(default_factory=list)

    async def learn(self) -> None:
        """Ask each request once, alone."""
        client = Client(self.port)
        for head, body in self.requests:
            status, answer = await client.ask(head, body)
            if status != 200:
                raise SystemExit(f"a proper request was answered with {status}: {answer[:300]!r}")
            self.answers.append(answer)
        client.close()

    async def one(self, client: Client, k: int, tally: Tally, since: float) -> None:
        """Ask one request, and take down what came of it."""
        k %= len(self.requests)
        try:
            status, answer = await client.ask(*self.requests[k])
        except (OSError, asyncio.IncompleteReadError) as error:
            client.close()
            tally.statuses[type(error).__name__] += 1
            return
        tally.seconds.append(time.perf_counter() - since)
        tally.statuses[str(status)] += 1
        tally.wrong += status == 200 and answer != self.answers[k]


async def at_rate(
    load: Load, *, rate: float, seconds: float, tick: Callable[[], None] | None = None
) -> Tally:
    """Begin requests at fixed times. tick: is called every ten seconds."""
    tally, idle, tasks = Tally(), [Client(load.port) for _ in range(4)], set[asyncio.Task[None]]()
    begin, n, next_tick = time.perf_counter(), round(rate * seconds), 10.0

    async def ask(k: int, due: float) -> None:
        client = idle.pop() if idle else Client(load.port)
        await load.one(client, k, tally, due)
        idle.append(client)

    for k in range(n):
        due = begin + k / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(ask(k, due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        if tick is not None and due - begin >= next_tick:
            next_tick += 10
            tick()
    while tasks:
        await asyncio.sleep(0.05)
    for client in idle:
        client.close()
    return tally


async def with_clients(load: Load, *, clients: int, seconds: float) -> Tally:
    """Let clients ask as fast as they are answered."""
    tally, end = Tally(), time.perf_counter() + seconds

    async def ask(first: int) -> None:
        client, k = Client(load.port), first
        while time.perf_counter() < end:
            await load.one(client, k, tally, time.perf_counter())
            k += 1
        client.close()

    await asyncio.gather(*(ask(7 * i) for i in range(clients)))
    return tally


def malformed(rng: random.Random, good: bytes) -> bytes:
    """A request that is none."""
    text = "application/json"
    junk = rng.randbytes(rng.randrange(1, 400))
    cut = good[: rng.randrange(1, len(good))]
    flipped = bytearray(good)
    flipped[rng.randrange(len(flipped))] = rng.randrange(256)
    named = [
        (b"", "text/html", "/v1/forecast"), (junk, "text/csv", "/v1/forecast"), (junk, text, "/v1/forecast"),
        (junk, "application/vnd.apache.parquet", "/v1/forecast"), (junk, "nonsense", "/v1/forecast"),
        (junk, "application/vnd.apache.arrow.stream", "/v1/forecast"), (cut[:200], "text/csv", "/v1/forecast"),
        (b"t,id\n" + cut, "text/csv", "/invocations"), (bytes(flipped)[:600], "text/csv", "/v1/forecast"),
        (b"{", text, "/invocations"), (b"[]", text, "/invocations"), (b'{"inputs": 1}', text, "/invocations"),
        (b'{"data": [{"t": {}}]}', text, "/v1/forecast"), (b"[" * 50_000, text, "/v1/forecast"),
        (b'{"horizon": -1}', text, "/v1/forecast"), (b'{"horizon": 1e99}', text, "/v1/forecast"),
        (b'{"run": "none"}', text, "/v1/forecast"), (b'{"levels": ["x"]}', text, "/v1/forecast"),
        (good, "text/csv", "/v1/forecast?horizon=zero"), (good, "text/csv", "/v1/forecast?run=a&run=b"),
        (good.replace(b"2024", b"20x4"), "text/csv", "/v1/forecast"), (b'{"data": NaN}', text, "/v1/forecast"),
        (good, "text/csv", "/%00%0a"), (b'\xff{"data": []}', text, "/v1/forecast"),
    ]  # fmt: skip
    if rng.randrange(25) == 0:
        return rng.choice(
            [b"GET\r\n\r\n", junk + b"\r\n\r\n", b"POST / HTTP/9\r\n\r\n", b"G" * 70_000 + b"\r\n\r\n"]
        )
    body, form, path = rng.choice(named)
    return head_of(body, path=path, form=form) + body


async def ask_malformed(load: Load, *, n: int) -> Tally:
    """Ask what is no request, each on a connection of its own."""
    tally, rng = Tally(), random.Random(1)
    for k in range(n):
        begin = time.perf_counter()
        try:
            status, answer = await Client(load.port).ask(malformed(rng, load.requests[k % 42][1]), b"")
        except (OSError, asyncio.IncompleteReadError):
            tally.statuses["closed"] += 1
            continue
        tally.seconds.append(time.perf_counter() - begin)
        tally.statuses[str(status)] += 1
        tally.wrong += status < 400 or status >= 500 or b"Traceback" in answer
    return tally


async def with_broken(load: Load, *, seconds: float) -> Tally:
    """Ask properly beside clients that cut off, drip, say nothing, or do not read."""
    head, body = load.requests[0]
    end = time.perf_counter() + seconds

    async def cut() -> None:
        while time.perf_counter() < end:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", load.port)
                writer.write((head + body)[: random.randrange(1, len(head + body))])
                await asyncio.sleep(random.random() / 10)
                writer.transport.abort()

    async def drip() -> None:
        while time.perf_counter() < end:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", load.port)
                for byte in head + body:
                    writer.write(bytes([byte]))
                    await asyncio.sleep(0.05)
                    if writer.is_closing() or time.perf_counter() > end:
                        break
                writer.close()

    async def silent() -> None:
        while time.perf_counter() < end:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(), max(0.1, end - time.perf_counter()))
                writer.close()

    async def unread() -> None:
        while time.perf_counter() < end:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", load.port, limit=1_024)
                writer.write((head + body) * 50)
                await asyncio.sleep(1)
                writer.transport.abort()

    kinds: list[Callable[[], Coroutine[Any, Any, None]]] = [cut, cut, drip, silent, silent, unread]
    others = [asyncio.create_task(kind()) for kind in kinds * 4]
    tally = await at_rate(load, rate=10, seconds=seconds)
    await asyncio.gather(*others)
    return tally


async def measured(service: Service, load: Load, given: argparse.Namespace) -> None:
    """Take the modes one after the other, and print a line for each."""
    await load.learn()
    await at_rate(load, rate=20, seconds=3)
    for mode in given.modes:
        used, begin = service.processor_s(), time.perf_counter()
        memory = [service.memory_mib()]
        if mode == "rate":
            tally = await at_rate(load, rate=given.rate, seconds=given.seconds)
        elif mode == "clients":
            tally = await with_clients(load, clients=50, seconds=given.seconds)
        elif mode == "malformed":
            tally = await ask_malformed(load, n=1_000)
        elif mode == "broken":
            tally = await with_broken(load, seconds=given.seconds)
        else:
            seconds = 60 * given.minutes
            tally = await at_rate(
                load, rate=given.rate, seconds=seconds, tick=partial(_note, service, memory)
            )
        took = time.perf_counter() - begin
        memory.append(service.memory_mib())
        n = sum(tally.statuses.values())
        each = 1e3 * (service.processor_s() - used) / max(1, n)
        print(f"{mode}: {tally.text()}", flush=True)
        print(f"  {n / took:.0f} a second, {each:.2f} ms of processor each, load {os.getloadavg()[0]:.1f}")
        print(f"  resident MiB: {', '.join(f'{m:.0f}' for m in _thinned(memory))}", flush=True)


def _note(service: Service, memory: list[float]) -> None:
    memory.append(service.memory_mib())


def _thinned(values: list[float]) -> list[float]:
    every = max(1, len(values) // 20)
    return [*values[::every], values[-1]]


def main() -> None:
    """Run the modes that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES[:-1]))
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--workers", default="1")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = given.run or made_run(folder)
        requests = [(head_of(body), body) for body in bodies(run.parent / "t.csv")]
        service = Service(run, folder / "log", "--workers", given.workers)
        try:
            asyncio.run(measured(service, Load(service.port, requests), given))
            print(f"stopped in {service.end():.2f} s")
        finally:
            service.process.kill()


if __name__ == "__main__":
    main()
