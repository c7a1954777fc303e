"""The sandbox's page: each Telegram chat and the X timeline as people know them, live; faults to switch on.

`attach` puts it on a sandbox's admin address. ``python -m newsbot.sandbox.page``: a process of its own.
"""

from newsbot.sandbox.page.routes import Page, attach

__all__ = ["Page", "attach"]
