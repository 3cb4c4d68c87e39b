"""Tables that are no files of this machine: addresses, downloads, object stores and databases.

    address     what an address is, and what messages call it: without what is secret in it
    http        a download
    objects     objects of S3 and Google Cloud Storage, read and written
    database    the rows of a query, and rows that replace others in a table

Nothing here knows formats of tables or where copies are kept; `data.reading.elsewhere` does.
"""
