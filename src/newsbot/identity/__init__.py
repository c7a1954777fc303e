"""The identity of articles: addresses, texts, and the rule for when two items are one article."""
