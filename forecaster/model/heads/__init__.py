"""Heads: how the output of the recurrent stack becomes a forecast of the horizon.

A head is a subclass of `base.Forecaster`, which normalises the window before the head and denormalises the
forecast after it. It defines three methods: `layers_of_network` (the Sequential), `build_head` (whatever it
adds) and `forward` (a `Window` in, normalised numbers for every step of the horizon out). Heads that feed
their forecasts back also define `first_step`, from which `model.paths` samples.

Read window.py and base.py first, then direct.py, the simplest head. segments.py and sequence.py forecast
without feedback too; recursive.py and encoder_decoder.py are built on feedback.py.

A new head is a module here that has the head's name and calls its class `HEAD`, and its name in
`HeadSpec.type` (model/spec.py) with a line of meaning; `build.head_class` finds the module by the name.
Weights are saved by path, so every layer that a head adds has a fixed name. Heads import layers/ and what
is below it, and each other only through base.py, window.py and feedback.py.
"""
