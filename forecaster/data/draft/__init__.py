"""A first config for a table that has none: what `forecaster init` writes.

May import `reading`, `transforms` and the rooms below them; nothing of `profile`. Read in this order:

    sniff         how the file is written, and the kind of each column's values
    roles         which column is the time, the id and the target
    infer         Guess: the settings that follow
    text          the YAML file
"""
