"""What calls the handlers at the right times."""
