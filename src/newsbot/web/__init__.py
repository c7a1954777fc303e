"""Health, metrics, hooks and pages. Not in this version."""
