"""Tables to panels, panels to windows, and the facts about both that commands show.

A line may import only what is below it:

    draft | profile          a config for a new table; the facts that `validate` shows
    transforms | reading     panels to windows; files to panels
    panel | spec             the table as the program works with it; the data, split, window and scaling sections
    time_axis                frequencies, positions, clocks, calendar features
    arrays                   arrays that may be larger than memory
    ranges                   bounds per series to row numbers

Nothing here imports Keras. pandas and pyarrow are imported inside of functions, because `--help` must not wait for
them. Read `panel.py` first, then `time_axis/axis.py`, `reading/table.py` and `transforms/windows.py`.
"""
