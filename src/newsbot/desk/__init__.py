"""The desk, by which editors do in a Telegram chat everything with posts that the command line can do."""
