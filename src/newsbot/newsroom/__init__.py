"""What editors do with articles and posts: the use cases that the command line, chat and pages share."""
