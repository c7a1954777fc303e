"""Delivery: the sending of due posts and the recording of what became of each call.

Only this package calls the platforms through their channels to send, edit, delete or look for messages.
"""

from newsbot.delivery.sender import Sender

__all__ = ["Sender"]
