"""An article into posts that fit their platform."""
