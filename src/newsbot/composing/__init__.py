"""The composer, which makes an article into posts that fit their platform."""
