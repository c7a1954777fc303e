"""The lock for imports inside functions, which several threads may make at once.

Python locks each module, not a whole library. Where two threads enter a library with circular imports by
different modules, Python detects the deadlock and hands one of them a module that is only half loaded; then
names are missing in it ("partially initialized module"). One lock for all libraries prevents this, because
libraries import each other, too.
"""

from threading import RLock

__all__ = ["IMPORT_LOCK"]

IMPORT_LOCK = RLock()
"""Held while a function imports a library. It is free again within the seconds that an import takes."""
