"""The use cases that the command line, the chat and the pages share."""
