"""Run docs/sunspots.ipynb from top to bottom, and keep what its cells print.

python -m tools.run_notebook        # needs the extra docs
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "sunspots.ipynb"


def main() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": folder}}
        ).execute()
    for cell in notebook.cells:
        # When a cell ran is of no interest, and changes every time.
        cell.metadata.pop("execution", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
