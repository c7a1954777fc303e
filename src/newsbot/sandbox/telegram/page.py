"""The public preview of a channel at ``t.me/s/NAME``: 20 messages at a time, ``data-post="NAME/ID"``."""

from datetime import UTC, datetime
from html import escape
from typing import Any

import regex

from newsbot.sandbox.telegram.state import Message, SandboxChat, TelegramState

__all__ = ["render_channel_page", "render_message_html"]

_SHOWN = 20
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}|\p{Emoji_Presentation}[\p{M}\u200d\p{Extended_Pictographic}]*"
)
_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}


def render_channel_page(state: TelegramState, name: str, *, now: datetime, before: int | None = None) -> str:
    """Return the page's HTML; it has no messages if there is no public channel of that name.

    ``before`` selects the messages before that id. Messages younger than ``state.preview_lag`` do not show
    yet.
    """
    try:
        chat = state.chat(f"@{name}")
    except KeyError:
        return ""
    if chat.type != "channel":
        return ""
    out = [m for m in chat.messages if m.date + state.preview_lag <= now.timestamp()]
    if before is not None:
        out = [m for m in out if m.message_id < before]
    shown = "".join(_render_message(chat, message) for message in out[-_SHOWN:])
    title = f"<title>{escape(chat.title)} - Telegram</title>"
    body = f'<body class="widget_frame_base"><section class="tgme_channel_history">{shown}</section></body>'
    return f'<!DOCTYPE html><html><head><meta charset="utf-8">{title}</head>{body}</html>'


def _render_message(chat: SandboxChat, message: Message) -> str:
    post = f"{chat.username}/{message.message_id}"
    at = datetime.fromtimestamp(message.date, UTC).isoformat()
    photo = '<a class="tgme_widget_message_photo_wrap"></a>' if message.photo else ""
    content = render_message_html(message)
    text = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{content}</div>'
    link = f'<a class="tgme_widget_message_date" href="https://t.me/{post}"><time datetime="{at}"></time></a>'
    inner = _render_reply(chat, message) + photo + (text if message.text else "") + link
    wrap = f'<div class="tgme_widget_message js-widget_message" data-post="{post}">{inner}</div>'
    return f'<div class="tgme_widget_message_wrap js-widget_message_wrap">{wrap}</div>'


def _render_reply(chat: SandboxChat, message: Message) -> str:
    """Return the replied-to message with the beginning of its text."""
    answered = chat.message(message.reply_to) if message.reply_to else None
    if answered is None:
        return ""
    address = f"https://t.me/{chat.username}/{answered.message_id}"
    text = escape(answered.text[:60])
    words = f'<div class="tgme_widget_message_metatext js-message_reply_text">{text}</div>'
    return f'<a class="tgme_widget_message_reply user-color-default" href="{address}">{words}</a>'


def render_message_html(message: Message) -> str:
    """Return the text with its entities as tags and its line breaks as ``<br/>``."""
    units = message.text.encode("utf-16-le")
    opens: dict[int, list[str]] = {}
    closes: dict[int, list[str]] = {}
    for entity in message.entities:
        start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
        before, after = _build_tags(entity, units[start:end].decode("utf-16-le"))
        opens.setdefault(start, []).append(before)
        closes.setdefault(end, []).insert(0, after)
    edges = sorted({0, len(units), *opens, *closes})
    out = []
    for start, end in zip(edges, [*edges[1:], edges[-1]], strict=True):
        out += [*closes.get(start, []), *opens.get(start, [])]
        out.append(_render_text(units[start:end].decode("utf-16-le")))
    return "".join(out)


def _render_text(text: str) -> str:
    """Return text as HTML: an emoji is a picture that contains it, and a line ends with ``<br/>``."""
    pictured = _EMOJI.sub(lambda found: f'<i class="emoji"><b>{found[0]}</b></i>', escape(text))
    return str(pictured).replace("\n", "<br/>")


def _build_tags(entity: dict[str, Any], shown: str) -> tuple[str, str]:
    kind = entity["type"]
    if kind in {"text_link", "url", "mention", "hashtag", "email"}:
        href = {
            "text_link": entity.get("url", ""),
            "url": shown if "://" in shown else f"http://{shown}",
            "mention": f"https://t.me/{shown[1:]}",
            "hashtag": f"?q=%23{shown[1:]}",
            "email": f"mailto:{shown}",
        }[kind]
        return f'<a href="{escape(href)}" target="_blank" rel="noopener">', "</a>"
    tag = _TAGS.get(kind)
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")
