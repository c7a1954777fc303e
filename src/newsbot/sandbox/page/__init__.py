"""The sandbox's web page: each simulated Telegram chat and X timeline as people see them, and fault switches.

`attach_page` adds it to a sandbox's admin address. ``python -m newsbot.sandbox.page`` runs it as its own
process.
"""

from newsbot.sandbox.page.routes import SandboxPage, attach_page

__all__ = ["SandboxPage", "attach_page"]
