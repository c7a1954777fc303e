"""The component of the service that sends due posts and records the outcome of each call to a platform.

Only this package calls the platforms through their channels to send, edit, delete or look for messages.
"""
