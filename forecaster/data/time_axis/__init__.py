"""The regular time axis: a whole number, the position, for every time of a table.

Knows no tables: it imports nothing of data/ but `arrays`. Read in this order:

    frequency     names of frequencies and what they mean
    clocks        UTC and local time, also where clocks repeat and skip hours
    axis          TimeAxis: stamps to positions and back, and times as text
    infer         the frequency that a table's times have
    calendar      features that follow from time alone
"""
