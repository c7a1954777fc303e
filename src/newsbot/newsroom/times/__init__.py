"""Read times as people write them: ``18:30``, ``tomorrow 9am``, ``+20m``, ``2026-12-01 08:00``, ``明日 9時``.

The module `words` splits a text into tokens, each with every meaning that it can have. `grammar` finds every
reading of the tokens, and `reading` turns each reading into instants. The text is a time if all readings give
the same instant.
"""
