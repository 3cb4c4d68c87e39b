"""The facts about a table that `validate` shows and runs keep: counts and places, no judgement.

May import `reading`, `transforms` and the rooms below them; nothing of `draft`. Read in this order:

    check         facts about a table, in all and for each series
    split_facts   rows and windows of each split
    outliers      values far beyond the quartiles
"""
