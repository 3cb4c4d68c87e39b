"""The pictures in docs/images: `make images`.

Trains what README and docs/getting-started.md describe, in a temporary folder, and keeps the
plots of the run directories with fewer colours, which makes them a fifth of the size.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"


def train(config: Path, run: Path) -> None:
    command = [sys.executable, "-m", "forecaster", "train", str(config), "--run-dir", str(run)]
    subprocess.run(command, check=True)


def keep(plot: Path, name: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with Image.open(plot) as picture:
        picture.convert("RGB").quantize(32, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(ROOT / "configs" / "quickstart.yaml", folder / "quickstart")
        keep(folder / "quickstart" / "plots" / "forecast.png", "forecast.png")

        guide = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
        script = re.search(r"```python\n(.*?)```", guide, re.DOTALL)
        assert script is not None
        subprocess.run([sys.executable, "-c", script[1]], cwd=folder, check=True)
        (folder / "sine.yaml").write_bytes((ROOT / "configs" / "sine.yaml").read_bytes())
        train(folder / "sine.yaml", folder / "sine")
        keep(folder / "sine" / "plots" / "forecast.png", "sine.png")
        keep(folder / "sine" / "plots" / "loss.png", "sine-loss.png")


if __name__ == "__main__":
    main()
