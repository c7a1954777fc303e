"""The fetching of feeds, pages and pictures by an HTTP client, and their parsing in processes of their own,
because their bytes are not trusted.
"""
