"""Why a post can't be moved, in words for the person who asked, with what to do instead."""

from newsbot.errors import InvalidTransition
from newsbot.model import Post, PostEvent, PostState

__all__ = ["refusal"]

_ASKED = {
    PostEvent.APPROVE: "can't be approved",
    PostEvent.HOLD: "can't be retried",  # what `retry` comes to where approval is asked
    PostEvent.CANCEL: "can't be cancelled",
    PostEvent.CLAIM: "can't be sent",
    PostEvent.SKIP: "can't be skipped",
    PostEvent.FIND: "needs no word on whether it is out",
    PostEvent.MISS: "needs no word on whether it is out",
    PostEvent.RETRY: "can't be retried",
    PostEvent.WITHDRAW: "can't be withdrawn",
}
"""What was asked for; the rest is only ever the sender's."""

_WHY = {
    PostState.HELD: "newsbot approve {id} lets it go",
    PostState.SCHEDULED: "nothing holds it, it waits for its time",
    PostState.RETRYING: "nothing holds it, it will be tried again",
    PostState.SENDING: "it is being sent at this moment",
    PostState.UNKNOWN: "it may be out: look first, then "
    "newsbot resolve {id} sent|not-sent, or newsbot skip {id}",
    PostState.FAILED: "newsbot show {id} says why, newsbot retry {id} tries again",
    PostState.CANCELLED: "newsbot post URL --again queues its article once more",
    PostState.WITHDRAWN: "it was taken back",
}


def refusal(found: Post, asked: PostEvent | str) -> InvalidTransition:
    """For a post in a state from which ``asked`` (an event, or words like "can't be moved") leads nowhere."""
    what = _ASKED.get(asked, f"can't become `{asked}`") if isinstance(asked, PostEvent) else asked
    return InvalidTransition(f"post {found.id} is {found.state} and {what}: {_why(found)}")


def _why(found: Post) -> str:
    if found.state is not PostState.SENT:
        return _WHY[found.state].format(id=found.id)
    link = next((receipt.url for receipt in found.receipts if receipt.url), None)
    return f"it is out already ({link})" if link else "it is out already"
