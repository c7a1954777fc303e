"""The kind of source ``database``, which reads the articles from a CMS's own database.

The module ``source`` has the keys in config.yaml and implements the interface of all sources, ``connection``
opens the connection, and ``scan`` scans the tables once at each poll and decides whether a row is complete.
It reads rows through ``query``, for an operator's own query, or through ``wordpress``, for WordPress's
tables, with ``wordpress_changes``, which finds changed posts. ``diagnostics`` examines the database for the
command `check --online`.
"""
