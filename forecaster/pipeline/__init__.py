"""The use cases, one a file: what `forecaster VERB` and the function of that name in Python do.

Each reads as a page of calls to the rooms below and returns plain values. None imports another.
"""
