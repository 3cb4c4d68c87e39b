"""Tables made ready for training, from a config file."""

from pathlib import Path
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.stages import prepared as stage
from forecaster.stages.prepared import Prepared, SplitPanel


def prepare(given: Experiment | Path, **options: Any) -> Prepared:
    experiment = given if isinstance(given, Experiment) else Experiment.from_yaml(given)
    return stage.prepare(experiment.spec, experiment.data_path, **options)


def read_and_split(experiment: Experiment) -> SplitPanel:
    return stage.read_and_split(experiment.spec, experiment.data_path)
