"""The sandbox's page: each Telegram chat and the X timeline as people know them, live; faults to switch on.

`attach_page` puts it on a sandbox's admin address. ``python -m newsbot.sandbox.page``: a process of its own.
"""

from newsbot.sandbox.page.routes import SandboxPage, attach_page

__all__ = ["SandboxPage", "attach_page"]
