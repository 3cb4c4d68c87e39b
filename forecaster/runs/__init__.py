"""Run directories: plain data, written atomically, read with checks. Knows no Keras."""
