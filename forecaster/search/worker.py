"""The code of a worker process. `workers` starts the process and talks to it."""

from __future__ import annotations

import errno
import importlib
import json
import os
import queue
import sys
import threading
import traceback
from typing import Any, BinaryIO

from forecaster.errors import EnvironmentError_, ForecasterError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def main() -> None:
    """Run the tasks that arrive on stdin until it ends, and write answers to stdout."""
    answers = os.fdopen(os.dup(1), "wb")
    # Output of libraries goes to stderr, because stdout is for answers only.
    os.dup2(2, 1)
    tasks: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    first = tasks.get()
    module = importlib.import_module(first["module"])
    module.start(first["setup"])
    while True:
        answer = attempt(module, tasks.get(), lambda progress: _send(answers, progress))
        _send(answers, answer)


def attempt(module: Any, task: dict[str, Any], report: Any) -> dict[str, Any]:
    """Run a task, and turn any exception into an answer.

    Args:
        module: A module with `run(task, report)`.
        task: The task, as plain values.
        report: Takes the progress of the task.

    Returns:
        {"result": …}; {"failed": reason} when the trial failed; or {"lacking": {"message": …, "hint": …}} when any
        other trial would fail too, as on a full disk.
    """
    try:
        return {"result": module.run(task, report)}
    except EnvironmentError_ as error:
        return {"lacking": {"message": error.diagnostics[0].summary, "hint": error.diagnostics[0].hint}}
    except ForecasterError as error:
        return {"failed": str(error)}
    except OSError as error:
        if error.errno not in FULL:
            return _failed(error)
        where = f"{error.filename}: " if error.filename else ""
        return {
            "lacking": {
                "message": f"{where}{error.strerror}",
                "hint": "make space, then continue with --resume",
            }
        }
    except MemoryError:
        return {"failed": "memory ran out"}
    except Exception as error:  # noqa: BLE001  a trial may fail in any way, and the search goes on
        return _failed(error)


def _failed(error: Exception) -> dict[str, Any]:
    """Return the answer for an exception, whose traceback is printed."""
    traceback.print_exception(error)
    kind = type(error).__name__
    if kind == "ResourceExhaustedError":
        return {"failed": "memory ran out"}
    words = str(error).strip().splitlines()
    return {"failed": f"{kind}: {words[0][:300]}" if words else kind}


def _listen(stream: BinaryIO, tasks: queue.Queue[dict[str, Any]]) -> None:
    """Put every line of stdin into the queue, and end the process when stdin ends."""
    for line in stream:
        tasks.put(json.loads(line))
    # The search has ended or no longer needs this process, so its task is abandoned.
    os._exit(0)


def _send(answers: BinaryIO, message: dict[str, Any]) -> None:
    """Write a message as one line of JSON."""
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()
