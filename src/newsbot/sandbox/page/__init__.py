"""The sandbox's web page, which shows the simulated Telegram chats and X timeline as people see them.

The page also has switches for faults. `attach_page` adds the page to a sandbox's admin address. ``python -m
newsbot.sandbox.page`` runs the sandbox with its page as a separate process.
"""

from newsbot.sandbox.page.routes import SandboxPage, attach_page

__all__ = ["SandboxPage", "attach_page"]
