"""The desk: the Telegram bot with which editors approve, change and correct posts in a Telegram chat."""
