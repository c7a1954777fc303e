"""The scheduling of posts: pure functions that compute from rules when a post may be sent, and the reason for
that time.
"""
