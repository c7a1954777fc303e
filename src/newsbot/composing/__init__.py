"""The composing of an article into posts that fit their platform."""
