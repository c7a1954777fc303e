"""Source kind ``database``: articles straight from a CMS's own database, read-only.

``settings`` are its keys, ``source`` the port; ``link`` is the one connection, ``memory`` what the source
remembers between polls, ``looking`` one look. What is read, and how, is a kind of `rows.Rows`: ``query`` for
a query of one's own, ``wordpress`` for the preset. ``examine`` is for `check --online`.
"""
