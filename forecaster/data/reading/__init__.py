"""Tables on disk become panels: every fault is an error with file, row, column and the next move.

May import `panel`, `spec` and the rooms below them, and nothing of `transforms`. The way of a table:

    cache         load_table, what other rooms call: a large table comes from the cache
    table         read_table: opens the files, reads every batch, assembles the panel
    sources       opens the files of a table, and checks their columns
    files         finds them: one file, those of a folder, or those of a pattern
    formats       which class reads which ending: csv_file, parquet_file, arrow_file
    partitions    files in folders such as shop=north, which hold a column
    compressed    the bytes of a file, decompressed; text_lines makes utf-8 of them and blanks lines that are no rows
    arrow_table   tables in memory; table_digest is their fingerprint
    columns       one column of one batch of cells, and how its faults are reported
    times, numbers, ids, category_cells     cells to stamps, numbers and codes; time_faults has the messages,
                                            and missing_cells what stands for no value
    coded_times, time_parts                 times in formats with a name, and times over several columns
    assemble      rows to a panel, by the next five
    rows          the rows as they were read, and sorted
    placing       rows to positions on the time axis
    statics       one value per series
    merge         rows of one series and time
    regular       series trimmed to their targets, with a row at every step
    problems      faults, collected while a table is read; TableFile, the protocol of a format

A new format is one class that follows `formats.Format`, and its place in `formats.FORMATS`.
"""
