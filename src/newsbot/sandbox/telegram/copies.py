"""Messages that the bot forwards or copies from one chat to another."""

from typing import Any

from newsbot.sandbox.telegram.parameters import Upload
from newsbot.sandbox.telegram.posting import Method, Posting, bad
from newsbot.sandbox.telegram.senders import origin_of
from newsbot.sandbox.telegram.state import Chat, Message

__all__ = ["Copies"]

Json = dict[str, Any]


class Copies(Posting):
    def methods(self) -> dict[str, Method]:
        return {"forwardMessage": self.forward_message, "copyMessage": self.copy_message}

    async def forward_message(self, params: Json, _files: dict[str, Upload]) -> Json:
        chat, (source, original) = self._sendable(params), self._original(params, "forward")
        message = self._copied(chat, params, original)
        message.more = {"forward_origin": origin_of(source, original, hidden=False)}
        return self._post(chat, message)

    async def copy_message(self, params: Json, _files: dict[str, Upload]) -> Json:
        chat, (_, original) = self._sendable(params), self._original(params, "copy")
        message = self._copied(chat, params, original)
        if original.photo and "caption" in params:
            message.text, message.entities = self._caption(chat, params)
        return {"message_id": self._post(chat, message)["message_id"]}

    def _original(self, params: Json, what: str) -> tuple[Chat, Message]:
        source = self._chat(params["from_chat_id"], present=True)
        original = source.message(params["message_id"])
        if original is None:
            raise bad(f"message to {what} not found")
        return source, original

    def _copied(self, chat: Chat, params: Json, original: Message) -> Message:
        message = self._message(chat, params, original.text, original.entities)
        message.photo, message.link_preview_options = original.photo, original.link_preview_options
        return message
