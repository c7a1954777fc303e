"""Guarded fetching of all that comes from outside, and worker processes to parse it in."""
