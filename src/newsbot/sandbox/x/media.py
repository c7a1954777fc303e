"""X's v2 media upload, in one request or by initialize, append and finalize; and alt text."""

from typing import Any

from newsbot.ports import Clock
from newsbot.sandbox.images import read_image_info
from newsbot.sandbox.journal import PlatformError
from newsbot.sandbox.x.schema import check_body, invalid_request
from newsbot.sandbox.x.state import Media, XState

__all__ = ["MediaEndpoints"]

Json = dict[str, Any]

_MB = 1024 * 1024
_LIMITS = {"tweet_image": 5 * _MB, "tweet_gif": 15 * _MB, "tweet_video": 512 * _MB}
_KINDS = {
    "tweet_image": {"image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff"},
    "tweet_gif": {"image/gif"},
    "tweet_video": {"video/mp4", "video/quicktime", "video/webm"},
}
_ALT_LIMIT, _EXPIRES = 1000, 86_400
_INITIALIZE = {
    "media_type": str,
    "total_bytes": int,
    "media_category": str,
    "shared": bool,
    "additional_owners": [str],
}
_METADATA = {"id!": str, "metadata!": {"alt_text!": {"text!": str}}}
_FORM = frozenset({"media", "media_category", "media_type", "shared", "additional_owners"})


class MediaEndpoints:
    """The endpoints for media."""

    def __init__(self, state: XState, clock: Clock) -> None:
        self.state = state
        self.clock = clock

    def upload_whole(self, form: dict[str, Any]) -> Json:
        """Handle POST /2/media/upload: ``media`` bytes, ``media_category``, ``media_type``."""
        for name in form.keys() - _FORM:
            raise invalid_request(f"The form field [{name}] is not one of [{','.join(sorted(_FORM))}]")
        data, category = form.get("media"), form.get("media_category")
        if not isinstance(data, bytes) or not isinstance(category, str):
            raise invalid_request("The form fields [media] and [media_category] are required")
        media = self._create_media(category, str(form.get("media_type") or ""))
        media.data = data
        return self._finish_upload(media)

    def initialize(self, body: Any) -> Json:
        """Handle POST /2/media/upload/initialize."""
        asked = check_body(body, _INITIALIZE)
        media = self._create_media(asked.get("media_category", "tweet_image"), asked.get("media_type", ""))
        media.total = asked.get("total_bytes", 0)
        if not 0 < media.total <= _LIMITS[media.category]:
            raise invalid_request(f"$.total_bytes: must be 1 to {_LIMITS[media.category]}")
        return {"id": media.id, "media_key": media.key, "expires_after_secs": _EXPIRES}

    def append(self, media_id: str, form: dict[str, Any]) -> None:
        """Handle POST /2/media/upload/:id/append."""
        media = self._get_open_media(media_id)
        data, index = form.get("media"), str(form.get("segment_index", ""))
        if not isinstance(data, bytes) or not index.isdigit() or form.keys() - {"media", "segment_index"}:
            raise invalid_request("The form fields are [media] and [segment_index]")
        media.segments[int(index)] = data

    def finalize(self, media_id: str) -> Json:
        """Handle POST /2/media/upload/:id/finalize."""
        media = self._get_open_media(media_id)
        if sorted(media.segments) != list(range(len(media.segments))):
            raise invalid_request("Segments do not add up to provided total file size.")
        media.data = b"".join(media.segments[n] for n in sorted(media.segments))
        if len(media.data) != media.total:
            raise invalid_request("Segments do not add up to provided total file size.")
        return self._finish_upload(media)

    def set_metadata(self, body: Any) -> Json:
        """Handle POST /2/media/metadata, which sets the alt text."""
        asked = check_body(body, _METADATA)
        media = self.state.media.get(asked["id"])
        text = asked["metadata"]["alt_text"]["text"]
        if media is None or not media.complete:
            raise invalid_request("$.id: Your media IDs are invalid.")
        if not 0 < len(text) <= _ALT_LIMIT:
            raise invalid_request(f"$.metadata.alt_text.text: must be 1 to {_ALT_LIMIT} characters")
        self.state.charge("metadata")
        media.alt = text
        return {"id": media.id, "associated_metadata": {"alt_text": {"text": text}}}

    def _create_media(self, category: str, kind: str) -> Media:
        if category not in _LIMITS:
            raise invalid_request(f"media_category [{category}] is not one of [{','.join(_LIMITS)}]")
        if kind and kind not in _KINDS[category]:
            raise invalid_request(f"media_type [{kind}] does not fit media_category [{category}]")
        media = Media(self.state.next_id(self.clock.now()), category, kind)
        self.state.media[media.id] = media
        return media

    def _get_open_media(self, media_id: str) -> Media:
        media = self.state.media.get(media_id)
        if media is None or media.complete:
            raise invalid_request("The media id is invalid.")
        return media

    def _finish_upload(self, media: Media) -> Json:
        if not 0 < len(media.data) <= _LIMITS[media.category]:
            raise PlatformError(
                400, "File size exceeds the limit.", extra={"title": "Bad Request", "status": 400}
            )
        out: Json = {"id": media.id, "media_key": media.key, "size": len(media.data)}
        if media.category != "tweet_video":
            out["image"] = self._describe_image(media)
        media.complete = True
        return out | {"expires_after_secs": _EXPIRES}

    @staticmethod
    def _describe_image(media: Media) -> Json:
        found = read_image_info(media.data)
        if found is None or found.kind not in _KINDS[media.category]:
            raise PlatformError(
                400, "media type unrecognized.", extra={"title": "Bad Request", "status": 400}
            )
        if media.kind and media.kind != found.kind:
            raise invalid_request(f"media_type [{media.kind}] is not what the file is [{found.kind}]")
        return {"image_type": found.kind, "w": found.width, "h": found.height}
