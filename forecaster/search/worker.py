"""The inside of a worker process; the outside is `workers`."""

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
    """Serve tasks until stdin ends."""
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever prints must not be taken for an answer.
    os.dup2(2, 1)
    tasks: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    first = tasks.get()
    module = importlib.import_module(first["module"])
    module.start(first["setup"])
    while True:
        answer = attempt(module, tasks.get(), lambda said: _say(answers, said))
        _say(answers, answer)


def attempt(module: Any, task: dict[str, Any], report: Any) -> dict[str, Any]:
    """{"result": …} of one task, or {"failed": reason}: the boundary of a trial.

    {"lacking": …} where it is not the trial that is at fault, such as a full disk: the next one would fail too.
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
            "lacking": {"message": f"{where}{error.strerror}", "hint": "make space, and go on with --resume"}
        }
    except MemoryError:
        return {"failed": "memory ran out"}
    except Exception as error:  # noqa: BLE001  a trial may fail in any way, and the search goes on
        return _failed(error)


def _failed(error: Exception) -> dict[str, Any]:
    traceback.print_exception(error)
    kind = type(error).__name__
    if kind == "ResourceExhaustedError":
        return {"failed": "memory ran out"}
    words = str(error).strip().splitlines()
    return {"failed": f"{kind}: {words[0][:300]}" if words else kind}


def _listen(stream: BinaryIO, tasks: queue.Queue[dict[str, Any]]) -> None:
    for line in stream:
        tasks.put(json.loads(line))
    # The search has gone, or has no more use for this process: nothing here is worth finishing.
    os._exit(0)


def _say(answers: BinaryIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()
