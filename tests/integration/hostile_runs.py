"""Run directories as somebody else might hand them over: damaged at one place, and sealed again as if they were whole."""

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from forecaster.forecasting.graphs import graph_content
from forecaster.pipeline.show import show
from forecaster.runs.directory import RunDir
from forecaster.stages.ahead import forecast_ahead
from forecaster.stages.learned import learned_of
from forecaster.stages.loaded import fitted_of
from forecaster.stages.metrics import splits_of
from forecaster.stages.next_horizon import read_next_horizon
from forecaster.stages.opened import open_run
from forecaster.stages.report import read_epochs, write_report
from forecaster.stages.start import find_forecast_start
from forecaster.training.spec import RuntimeSpec

SAMPLES = Path(__file__).parents[1] / "samples" / "runs"
JSON_FILES = (
    "manifest.json",
    "metrics.json",
    "splits.json",
    "model/spec.json",
    "model/state.json",
    "model/network.json",
)
CSV_FILES = ("history.csv", "scores/by_step.csv", "forecasts.csv", "next.csv", "model/context.csv")
WEIGHTS = "model/weights.safetensors"
GRAPH = "model/network-0.onnx"
TEXTS = ("events.jsonl", "resolved.yaml")
# Tokens that stand where JSON has a value; the first ones are JSON, the others are only nearly so.
VALUES = (
    *(
        "null",
        "true",
        "-1",
        "0",
        "1",
        "2",
        "65536",
        "1000000000",
        "9223372036854775808",
        "1e308",
        "1e999",
        "0.5",
    ),
    *('""', '"x"', '"\\u0000\\u001b[31m"', '"../../etc/passwd"', "[]", "{}", "[0]", "[[[[0]]]]", '{"a": 1}'),
    *(
        "NaN",
        "-Infinity",
        "9" * 5000,
        "[" * 100_000,
        "[" * 5000 + "]" * 5000,
        '{"a":' * 5000 + "1" + "}" * 5000,
    ),
    *('"' + "a" * 200_000 + '"', "[" + "0," * 50_000 + "0]", "'x'", "", "\x00"),
)
CELLS = (
    "",
    "nan",
    "inf",
    "-1",
    "1e999",
    "9" * 400,
    "x",
    '"',
    "1,2",
    "\x00",
    "2024-13-45",
    "True",
    "١٢",
    "0x10",
)
# A part of a JSON text that a token takes the place of.
MARK = "\N{REPLACEMENT CHARACTER}here"


def reseal(run: Path) -> None:
    """Write sizes and checksums anew, as somebody does who wants a change to pass."""
    path = run / "manifest.json"
    if not path.is_file():
        return
    try:
        manifest = json.loads(path.read_bytes())
        for name, entry in manifest["files"].items():
            file = run / name
            if file.is_file():
                content = file.read_bytes()
                entry.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return
    path.write_text(json.dumps(manifest))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def mutate_json(run: Path, name: str, rng: random.Random) -> str:
    path = run / name
    value = json.loads(path.read_bytes())
    place = rng.choice(list(places(value))[1:])
    holder = value
    for key in place[:-1]:
        holder = holder[key]
    how = rng.choice(("value", "value", "value", "drop", "add", "rename"))
    if how == "drop":
        del holder[place[-1]]
    elif isinstance(holder, dict) and how == "add":
        holder["unknown"] = MARK
    elif isinstance(holder, dict) and how == "rename":
        holder[f"{place[-1]}_"] = holder.pop(place[-1])
    else:
        holder[place[-1]] = MARK
    token = rng.choice(VALUES)
    path.write_text(json.dumps(value).replace(json.dumps(MARK), token))
    return f"{name} {how} {place} {token[:20]}"


def mutate_csv(run: Path, name: str, rng: random.Random) -> str:
    path = run / name
    rows = [line.split(",") for line in path.read_text().splitlines()]
    row = rng.randrange(len(rows))
    how = rng.choice(("cell", "cell", "cell", "drop", "add", "swap"))
    cell = rng.choice(CELLS)
    if how == "cell":
        rows[row][rng.randrange(len(rows[row]))] = cell
    elif how == "drop":
        del rows[row]
    elif how == "add":
        rows[row].append(cell)
    else:
        rows[row] = rows[0]
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return f"{name} {how} line {row + 1} {cell[:20]}"


def mutate_text(run: Path, name: str, rng: random.Random) -> str:
    path = run / name
    lines = path.read_text().splitlines()
    at = rng.randrange(len(lines))
    key, colon, _ = lines[at].partition(": ")
    token = rng.choice(VALUES)
    lines[at] = key + colon + token if name.endswith(".yaml") else token
    path.write_text("\n".join(lines) + "\n")
    return f"{name} line {at + 1} {token[:20]}"


def mutate_weights(run: Path, rng: random.Random, name: str = WEIGHTS) -> str:
    path = run / name
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    tensor = rng.choice([key for key in header if key != "__metadata__"])
    how = rng.choice(
        ("dtype", "shape", "offsets", "extra", "name", "drop", "length", "data", "header", "token")
    )
    if how == "dtype":
        header[tensor]["dtype"] = rng.choice(("I8", "I32", "F64", "F16", "BF16", "BOOL", "X", 3, None))
    elif how == "shape":
        header[tensor]["shape"] = rng.choice(([], [0], [1], [2**62, 4], [-1], [1] * 40, "x", [2.5], None))
    elif how == "offsets":
        header[tensor]["data_offsets"] = rng.choice(([0, 0], [4, 0], [0, 2**60], [-4, 4], [0], "x"))
    elif how == "extra":
        header["0/other"] = {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}
        data += bytes(4)
    elif how == "name":
        header[rng.choice(("x", "7/a", "-1/a", "0/a", "99999999999/a", "\x00"))] = header.pop(tensor)
    elif how == "drop":
        del header[tensor]
    elif how == "data":
        data = rng.choice((b"", data[:-1], data + b"\0", b"\xff" * len(data), bytes(3)))
    text = json.dumps(header)
    if how == "token":
        text = json.dumps(header | {tensor: MARK}).replace(json.dumps(MARK), rng.choice(VALUES))
    if how == "header":
        text = rng.choice(VALUES)
    n = rng.choice((0, 2**63, 2**32, len(content), 90_000_000)) if how == "length" else len(text.encode())
    path.write_bytes(n.to_bytes(8, "little") + text.encode() + data)
    return f"{name} {how} {tensor}"


def mutate_graph(run: Path, rng: random.Random) -> str:
    path = run / GRAPH
    content = bytearray(path.read_bytes())
    how = rng.choice(("byte", "byte", "byte", "bytes", "cut", "operator", "text"))
    at = rng.randrange(len(content))
    if how == "byte":
        content[at] ^= 1 << rng.randrange(8)
    elif how == "bytes":
        content[at : at + 8] = bytes(rng.randrange(256) for _ in range(8))
    elif how == "cut":
        del content[at:]
    elif how == "operator":
        # Of the same length, so that the file stays a protocol buffer.
        content = bytearray(bytes(content).replace(b"Sub", rng.choice((b"Add", b"Div", b"Mod", b"Loo"))))
    else:
        content = bytearray(rng.choice(VALUES).encode())
    path.write_bytes(content)
    return f"{GRAPH} {how} {at}"


def mutate_file(run: Path, rng: random.Random, outside: Path) -> str:
    """Any file, as a whole."""
    name = rng.choice((*JSON_FILES, *CSV_FILES, WEIGHTS, GRAPH, *TEXTS))
    path = run / name
    how = rng.choice(("cut", "empty", "folder", "link", "pipe", "gone", "noise", "link of a folder"))
    content = path.read_bytes()
    if how == "link of a folder" and "/" in name:
        shutil.copytree(path.parent, outside / path.parent.name, dirs_exist_ok=True)
        shutil.rmtree(path.parent)
        path.parent.symlink_to(outside / path.parent.name)
        return f"{name} {how}"
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how.startswith("link"):
        (outside / path.name).write_bytes(content)
        path.symlink_to(outside / path.name)
    elif how == "pipe":
        os.mkfifo(path)
    elif how != "gone":
        noise = bytes(rng.randrange(256) for _ in range(200))
        path.write_bytes({"cut": content[: rng.randrange(len(content))], "empty": b"", "noise": noise}[how])
    return f"{name} {how}"


def mutate(run: Path, rng: random.Random, outside: Path) -> str:
    """Damage a run at one place, seal it again, and return what was done."""
    kind = rng.choice(("json", "json", "json", "csv", "text", "weights", "weights", "graph", "graph", "file"))
    if kind == "json":
        what = mutate_json(run, rng.choice(JSON_FILES), rng)
    elif kind == "csv":
        what = mutate_csv(run, rng.choice(CSV_FILES), rng)
    elif kind == "text":
        what = mutate_text(run, rng.choice(TEXTS), rng)
    elif kind == "weights":
        what = mutate_weights(run, rng)
    elif kind == "graph":
        what = mutate_graph(run, rng)
    else:
        what = mutate_file(run, rng, outside)
    if not what.startswith("manifest.json"):
        reseal(run)
    return what


def forecast(run: RunDir) -> object:
    """The forecast by onnxruntime, whatever the run says about its runtime."""
    opened = open_run(run)
    fitted = fitted_of(opened)
    spec = opened.spec.model_copy(update={"runtime": RuntimeSpec()})
    return forecast_ahead(
        spec, fitted, find_forecast_start(opened, fitted.time_axis, data=None, cutoff=None)
    ).forecast.point


READERS: tuple[Callable[[RunDir], object], ...] = (
    show,
    splits_of,
    learned_of,
    read_epochs,
    lambda run: fitted_of(open_run(run)),
    lambda run: read_next_horizon(open_run(run)),
    lambda run: find_forecast_start(
        open_run(run), fitted_of(open_run(run)).time_axis, data=None, cutoff=None
    ),
    forecast,
)
"""What reads a run before TensorFlow is loaded."""


def read_report(run: RunDir) -> object:
    """The report, which reads every file but the weights."""
    return write_report(open_run(run), output=run.path.parent / "report.html")


# What `predict` reads.
BUNDLE = (
    *("manifest.json", "events.jsonl", "resolved.yaml", "metrics.json"),
    *("model/spec.json", "model/state.json", "model/weights.safetensors", "model/context.csv"),
    *("model/network.json", GRAPH),
)


def what_predict_reads(path: Path) -> list[Any]:
    """Everything that the forecast of a run follows from, read as `predict` reads it."""
    opened = open_run(RunDir(path))
    fitted = fitted_of(opened)
    start = find_forecast_start(opened, fitted.time_axis, data=None, cutoff=None)
    weights = [(name, a.tobytes()) for member in fitted.members for name, a in sorted(member.items())]
    panel = start.panel
    # The one that runs: a run whose manifest names no graph gets it from its weights.
    stored = fitted.graphs
    graph = (
        stored.content(0, "network")
        if stored is not None
        else graph_content(fitted.spec, fitted.shape, fitted.members[0], "network")
    )
    return [
        splits_of(opened.run),
        *(opened.spec, fitted.spec, fitted.shape, fitted.scaler.as_json(), fitted.time_axis, weights),
        fitted.calibration and fitted.calibration.as_json(network=fitted.scaler),
        graph,
        *(panel.ids, panel.values.tobytes(), panel.first.tolist(), start.known.tolist()),
    ]
