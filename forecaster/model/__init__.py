"""Model: from a validated spec to a Keras network, and from the network to forecasts.

In reading order: spec.py and cells.py (the `model` section of the YAML file), shape.py (the sizes of a
window), build.py (spec and shape become a network), heads/, layers/ and loops/ (what it consists of),
outputs.py (the numbers in its output), predict.py, paths.py and sampling.py (forecasts of many windows, sampled
paths), graph/ (the same network as ONNX, which forecasts without Keras), saved_model.py (as TensorFlow has it),
anchor.py and linear.py (the linear forecast that a network corrects), cost.py and execution.py (how long
training takes, and which way of running it is fastest), seeding.py (its randomness).

spec, cells, shape, outputs, sampling, cost, execution, linear, seeding and graph/ import neither Keras nor
TensorFlow. Nothing here reads tables, trains, prints or, but for saved_model, writes files.
"""
