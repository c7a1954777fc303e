"""The editors' chat: everything that the command line can do to a post, in Telegram."""
