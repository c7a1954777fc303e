"""docs/desk.md's pictures: ``python -m tests.pictures`` plays the editorial day and takes them anew."""
