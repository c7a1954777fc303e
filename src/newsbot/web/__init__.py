"""What machines read over HTTP: health and metrics. Hooks and pages are not in this version."""
