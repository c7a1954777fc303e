"""What newsbot itself says in posts: in the channel's own words, else in the post's language."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

__all__ = ["Wording"]

_WITHDRAWN = {
    "en": "Withdrawn.",
    "ur": "یہ خبر واپس لے لی گئی ہے۔",
    "ar": "سُحب هذا الخبر.",
    "es": "Retirado.",
    "ja": "この記事は取り下げられました。",
}
_CORRECTED = {
    "en": "Corrected {time}",
    "ur": "تصحیح {time}",
    "ar": "صُحِّح {time}",
    "es": "Corregido {time}",
    "ja": "{time} 訂正",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """``withdrawn`` and ``corrected`` are config.yaml's, None for the language's own; ``zone`` is whose
    clock a correction names; ``language`` is for posts that don't tell theirs.
    """

    zone: tzinfo
    withdrawn: str | None = None
    corrected: str | None = None
    language: str = "en"

    def say_withdrawn(self, language: str | None) -> str:
        return self.withdrawn or self._own(_WITHDRAWN, language)

    def say_corrected(self, language: str | None, at: datetime) -> str:
        return self._pattern(language).replace("{time}", f"{at.astimezone(self.zone):%H:%M}")

    def without_note(self, text: str, language: str | None) -> str:
        """``text`` without what an earlier correction noted at its end."""
        before, _, last = text.rpartition("\n\n")
        head, _, tail = self._pattern(language).partition("{time}")
        is_note = (
            last.startswith(head) and last.endswith(tail) and len(last) <= len(head + tail) + len("14:31")
        )
        return before if before and is_note else text

    def _pattern(self, language: str | None) -> str:
        return self.corrected or self._own(_CORRECTED, language)

    def _own(self, said: dict[str, str], language: str | None) -> str:
        return said.get(language or self.language) or said.get(self.language) or said["en"]
