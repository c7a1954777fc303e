"""The simulated X API v2."""
