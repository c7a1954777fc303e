"""The Bot API's methods that send, edit and delete messages."""

from datetime import UTC, datetime
from typing import Any

from newsbot.sandbox.telegram.content import DELETE_WINDOW, resolve_photo
from newsbot.sandbox.telegram.parameters import UploadedFile
from newsbot.sandbox.telegram.posting import Method, MethodGroup, bad
from newsbot.sandbox.telegram.serializers import serialize_origin
from newsbot.sandbox.telegram.state import Message, SandboxChat

__all__ = ["CopyMethods", "MessageMethods"]

Json = dict[str, Any]

_ALBUM = range(2, 11)


class MessageMethods(MethodGroup):
    """One coroutine per method; each takes checked parameters and returns ``result``."""

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        return {
            "sendMessage": self.send_message,
            "sendPhoto": self.send_photo,
            "sendMediaGroup": self.send_media_group,
            "editMessageText": self.edit_message_text,
            "editMessageCaption": self.edit_message_caption,
            "editMessageMedia": self.edit_message_media,
            "editMessageReplyMarkup": self.edit_message_reply_markup,
            "deleteMessage": self.delete_message,
            "deleteMessages": self.delete_messages,
        }

    async def send_message(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Handle sendMessage."""
        chat = self._require_send_rights(params)
        text, entities = self._parse_text(chat, params)
        message = self._build_message(chat, params, text, entities)
        message.link_preview_options = params.get("link_preview_options")
        return self._post(chat, message)

    async def send_photo(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Handle sendPhoto."""
        chat = self._require_send_rights(params, photo=True)
        text, entities = self._parse_caption(chat, params)
        message = self._build_message(chat, params, text, entities)
        message.photo = await resolve_photo(self.state, params["photo"])
        return self._post(chat, message)

    async def send_media_group(self, params: Json, files: dict[str, UploadedFile]) -> list[Json]:
        """Handle sendMediaGroup."""
        chat = self._require_send_rights(params, photo=True)
        if len(params["media"]) not in _ALBUM:
            raise bad("wrong number of media in the group: 2 to 10", violation=True)
        messages = [await self._build_album_item(chat, params, item, files) for item in params["media"]]
        group = str(10**15 + chat.last_id)
        for message in messages:
            message.media_group_id = group
        self._count_message(chat)
        return [self._append(chat, message) for message in messages]

    async def edit_message_text(self, params: Json, _files: dict[str, UploadedFile]) -> Json | bool:
        """Handle editMessageText."""
        chat, message = self._get_editable_message(params)
        if message.photo:
            raise bad("there is no text in the message to edit")
        text, entities = self._parse_text(chat, params)
        preview = params.get("link_preview_options")
        return self._edit(chat, message, params, {"text": text, "entities": entities, "preview": preview})

    async def edit_message_caption(self, params: Json, _files: dict[str, UploadedFile]) -> Json | bool:
        """Handle editMessageCaption."""
        chat, message = self._get_editable_message(params)
        if not message.photo:
            raise bad("there is no caption in the message to edit")
        text, entities = self._parse_caption(chat, params)
        return self._edit(chat, message, params, {"text": text, "entities": entities, "preview": None})

    async def edit_message_media(self, params: Json, files: dict[str, UploadedFile]) -> Json | bool:
        """Handle editMessageMedia."""
        chat, message = self._get_editable_message(params)
        new = await self._build_album_item(chat, {}, params["media"], files)
        before, message.photo = message.photo, new.photo
        changed = {"text": new.text, "entities": new.entities, "preview": None}
        return self._edit(chat, message, params, changed, other=before is not new.photo)

    async def edit_message_reply_markup(self, params: Json, _files: dict[str, UploadedFile]) -> Json | bool:
        """Handle editMessageReplyMarkup."""
        chat, message = self._get_editable_message(params)
        same = {"text": message.text, "entities": message.entities, "preview": message.link_preview_options}
        return self._edit(chat, message, params, same)

    async def delete_message(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Handle deleteMessage."""
        chat = self._get_chat(params["chat_id"], present=True)
        message = chat.message(params["message_id"])
        if message is None:
            raise bad("message to delete not found")
        age = self.clock.now() - datetime.fromtimestamp(message.date, UTC)
        others = message.sender is not None and message.sender["id"] != self.state.bot.id
        may = chat.can_post_messages if chat.type == "channel" else True
        if age > DELETE_WINDOW or not may or (others and not chat.can_delete_messages):
            raise bad("message can't be deleted")
        chat.messages.remove(message)
        chat.deleted.append(message)
        return True

    async def delete_messages(self, params: Json, files: dict[str, UploadedFile]) -> bool:
        """Delete the messages that exist, and skip the others."""
        chat = self._get_chat(params["chat_id"], present=True)
        for message_id in params["message_ids"]:
            if chat.message(message_id):
                await self.delete_message({"chat_id": chat.id, "message_id": message_id}, files)
        return True


class CopyMethods(MethodGroup):
    """The methods that forward and copy messages."""

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        return {"forwardMessage": self.forward_message, "copyMessage": self.copy_message}

    async def forward_message(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Handle forwardMessage."""
        chat, (source, original) = self._require_send_rights(params), self._find_original(params, "forward")
        message = self._build_copy(chat, params, original)
        message.more = {"forward_origin": serialize_origin(source, original, hidden=False)}
        return self._post(chat, message)

    async def copy_message(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Handle copyMessage."""
        chat, (_, original) = self._require_send_rights(params), self._find_original(params, "copy")
        message = self._build_copy(chat, params, original)
        if original.photo and "caption" in params:
            message.text, message.entities = self._parse_caption(chat, params)
        return {"message_id": self._post(chat, message)["message_id"]}

    def _find_original(self, params: Json, what: str) -> tuple[SandboxChat, Message]:
        source = self._get_chat(params["from_chat_id"], present=True)
        original = source.message(params["message_id"])
        if original is None:
            raise bad(f"message to {what} not found")
        return source, original

    def _build_copy(self, chat: SandboxChat, params: Json, original: Message) -> Message:
        message = self._build_message(chat, params, original.text, original.entities)
        message.photo, message.link_preview_options = original.photo, original.link_preview_options
        return message
