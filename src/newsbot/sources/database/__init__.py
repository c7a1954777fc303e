"""Source kind ``database``: articles read directly from a CMS's own database, which is never written to.

The module ``settings`` has the source's keys in config.yaml, ``source`` implements the interface of all
sources, ``connection`` opens the connection, and ``scan`` scans the tables once at each poll and decides
whether a row is complete. ``cursor`` has the state between polls, and the interface `RowSource` through which
rows are read: ``query`` implements it for an operator's own query, ``wordpress`` for WordPress's tables, with
``wordpress_changes``, which finds changed posts. ``diagnostics`` examines the database for the command `check
--online`.
"""
