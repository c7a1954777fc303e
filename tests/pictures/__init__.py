"""The pictures of docs/desk.md and README.md: ``python -m tests.pictures`` plays what they show."""
