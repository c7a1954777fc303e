"""The stand-in for X's API v2."""
