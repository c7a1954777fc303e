"""When a post may go, and why then: pure functions from rules and a time."""
