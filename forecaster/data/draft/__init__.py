"""A first config for a table that has none: what `forecaster init` writes.

May import `reading`, `transforms` and the rooms below them; nothing of `profile`. Read in this order:

    kinds         the kind of each column's values
    dialect       the marks of numbers in a CSV file
    sniff         the first rows of a table
    choices       what was chosen where a table can be read in several ways
    wishes        what a person says, and so is not guessed
    names         what the names of columns say
    times         which column holds the times
    column_formats, time_forms, date_forms, codes, zones    how it is read
    unread_times, no_time    why it is not
    time_parts, day_parts    times over several columns
    ids           which column names the series
    roles         which column is the target
    wide          columns that together are one series, or several
    zone_names    columns of zones, and clocks that change
    steps         series of different steps
    remarks       what a person should know about the target
    infer         Guess: the settings that follow
    text          the YAML file
"""
