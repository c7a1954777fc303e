"""The lock for imports inside functions, which several threads may make at the same time.

Python locks each module, not a whole library. If two threads enter a library with circular imports by
different modules, Python detects the deadlock and gives one of them a module that is only half loaded; then
functions or classes are missing in that module ("partially initialized module"). One lock for all libraries
prevents this, because libraries import each other, too.
"""

from threading import RLock

__all__ = ["IMPORT_LOCK"]

IMPORT_LOCK = RLock()
"""The lock that a function holds while it imports a library; the import takes at most a few seconds."""
