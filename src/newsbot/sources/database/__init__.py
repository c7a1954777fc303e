"""Source kind ``database``: articles read directly from a CMS's own database, which is never written to.

``settings`` has its keys in config.yaml, ``source`` implements the port, ``connection`` is the connection,
and ``scan`` is one scan, which also decides whether a row is complete. ``cursor`` has the state between polls
and `RowSource`, from which rows come: ``query`` for an operator's own query, ``wordpress`` for the preset,
with ``wordpress_changes`` for which posts may have changed. ``diagnostics`` serves `check --online`.
"""
