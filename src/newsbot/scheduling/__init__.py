"""The scheduling of posts: pure functions from rules and a time to when a post may be sent, and why."""
