"""The engines: they call the service's handlers at the right times."""
