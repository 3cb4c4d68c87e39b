"""Run directories: plain data, written atomically and checked when it is read. Independent of Keras."""
