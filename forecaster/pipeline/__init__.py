"""The whole program as a library: prepare, train, save; load, predict.

from pathlib import Path
from forecaster.artifacts.run_dir import claim
from forecaster.config.load import load_experiment
from forecaster.pipeline import prepare, save, train

loaded = load_experiment(Path("config.yaml"))
prepared = prepare(loaded)
with claim(Path("runs/mine")) as run:
    save(loaded, prepared, train(loaded, prepared, run), run)
"""

from forecaster.pipeline.predict import predict
from forecaster.pipeline.prepare import Prepared, prepare
from forecaster.pipeline.save import save
from forecaster.pipeline.train import Trained, train

__all__ = ["Prepared", "Trained", "predict", "prepare", "save", "train"]
