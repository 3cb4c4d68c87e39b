"""Loops: how steps and batches follow one another, with no knowledge of heads or specs.

Three independent files: recurrence.py (Keras' recurrent layers with time loops that XLA compiles well),
batch_streams.py (the windows of each series in consecutive batches, for a state that is carried), dataset.py
(batches as the dataset that Keras' fit and predict read).

Nothing here imports another room of the package.
"""
