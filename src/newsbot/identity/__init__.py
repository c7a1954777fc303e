"""The identity of articles: which addresses and texts are the same, and the rule that decides when two items
are one article.
"""
