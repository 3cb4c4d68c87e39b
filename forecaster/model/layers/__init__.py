"""Layers: the parts of a network that heads are assembled from.

In reading order: normalization.py (each window by its own location and scale), categories.py (codes become
channels), blocks.py (a recurrent layer with residual path, layer normalisation and accessible state),
stack.py (the layers of the YAML file in order, patches, and running them with a state), parameters.py (the
numbers of a head become point, quantiles or distribution parameters in the scaler's units).

Every size is known when a layer is built. Layers import cells, outputs, shape and loops/, never a head.
Names given to layers and weights are keys of saved files and do not change.
"""
