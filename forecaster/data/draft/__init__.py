"""A first config for a table that has none: what `forecaster init` writes.

May import `reading`, `transforms` and the rooms below them; nothing of `profile`. Read in this order:

    sniff         how the file is written, and the kind of each column's values
    dialect       the marks of its numbers
    wishes        what a person says, and so is not guessed
    times         which column holds the times, and how it is read
    time_forms, time_parts    formats that read a column, and times over several columns
    roles         which column is the id, and which the target
    infer         Guess: the settings that follow
    text          the YAML file
"""
