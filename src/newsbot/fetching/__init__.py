"""The guarded fetching of everything from outside, and the worker processes that parse it."""
