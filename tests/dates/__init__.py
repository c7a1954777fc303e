"""The suite at other dates and in other time zones, by libfaketime."""
