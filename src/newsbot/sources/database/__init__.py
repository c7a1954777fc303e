"""Source kind ``database``: articles read directly from a CMS's own database, which is never written to.

``settings`` has its keys in config.yaml, ``source`` implements the port, ``connection`` is the connection,
``cursor`` the state between polls, and ``scan`` one scan, which also decides whether a row is complete. Rows
come from a `row_source.RowSource`: ``query`` for the operator's own query, or ``wordpress`` for the
preset, with ``wordpress_changes`` for which posts may have changed, ``wordpress_display`` for addresses and
titles and ``prefixes`` for the tables' prefix. ``values`` converts values, and ``diagnostics`` serves
`check --online`.
"""
