"""Panels become windows. Nothing is learned from rows after a series' training rows.

May import `panel`, `spec` and the rooms below them, and nothing of `reading`. In the order of use:

    split         training, validation and test targets of each series
    fill          missing values, refused or filled
    scalers       scaling, fitted on training rows
    resolution    values that scaling leaves too alike for single precision
    categories    categories to numbers, by the names of training rows
    windows       windows by index, gathered a batch at a time
"""
