"""The HTTP client that fetches feeds, pages and pictures, and the processes that parse untrusted bytes."""
