"""The whole program as a library: prepare, train, save; load, predict.

from pathlib import Path
from forecaster.runs.directory import claim
from forecaster.config.load import load_experiment
from forecaster.stages import prepared as prepare
from forecaster.stages import saving as save
from forecaster.stages import fitting as train

loaded = load_experiment(Path("config.yaml"))
prepared = prepare(loaded)
with claim(Path("runs/mine")) as run:
    save(loaded, prepared, train(loaded, prepared, run), run)
"""

from forecaster.pipeline.predict import predict
from forecaster.stages.fitting import Trained, train
from forecaster.stages.prepared import Prepared, prepare
from forecaster.stages.saving import save

__all__ = ["Prepared", "Trained", "predict", "prepare", "save", "train"]
