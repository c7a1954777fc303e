"""The editors' desk in Telegram, which can do to a post everything that the command line can."""
