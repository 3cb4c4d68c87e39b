"""Training: fits one network on windows, reproducibly, and resumes it from checkpoints.

In reading order: spec.py (the `training` and `runtime` sections of the YAML file), backend.py (starts Keras),
fit.py (the fit of one member), batches.py (which windows in which order), losses.py and likelihood.py,
optimizers.py, schedules.py, state.py (what a checkpoint holds), progress.py (what a listener is told).

The same network, windows, spec and seed give the same weights on one machine, whether or not training was
interrupted, and in any thread: nothing reads a clock, a global generator or the order of other trainings.
Nothing here prints or writes files; checkpoints go to a `CheckpointStore`, messages to a `Listener`.
"""
