"""The composer, which makes articles into posts that fit the limits of their platform."""
