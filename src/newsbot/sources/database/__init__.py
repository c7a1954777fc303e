"""Source kind ``database``: articles straight from a CMS's own database, read-only.

``settings`` are its keys, ``source`` the port; ``link`` is the one connection, ``memory`` what the source
remembers between polls, ``looking`` one look, ``settling`` whether a row is whole yet. What is read, and
how, is a kind of `rows.Rows`: ``query`` for a query of one's own, ``wordpress`` for the preset, with
``lately`` for which posts may have moved. ``examine`` is for `check --online`.
"""
