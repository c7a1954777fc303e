"""The editors' chat. Not in this version."""
