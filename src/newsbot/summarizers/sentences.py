"""A text into its sentences, each a run of the text with white space collapsed."""

import re
from collections.abc import Iterator

import sentencex

from newsbot.summarizers.boundaries import divide, join_pieces

__all__ = ["each_sentence", "is_finished", "split", "without_headings"]

MAX_CHARS = 100_000  # more than any news article; what lies behind is not read
CHUNK = 4_000  # sentencex is quadratic in unclosed quotation marks, so it gets a text in pieces

PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
STOP = ".!?…。！？｡．؟۔।॥։።᙮"  # noqa: RUF001  the full stops of other scripts are meant
STOPS = frozenset(STOP)
CLOSERS = "\"'”’»«“‘)]}」』）】》〉›"  # noqa: RUF001  so are their quotation marks
FINISHED = re.compile(rf"[{re.escape(STOP)}][{re.escape(CLOSERS)}\s]*$")
CHUNK_END = re.compile(rf"[{re.escape(STOP)}](?=\s)|[。！？]")  # noqa: RUF001
WRAPPED = range(40, 120)  # columns: the widths of mail and of plain text files


def split(text: str, language: str | None = None) -> list[str]:
    """All sentences in order; headings, captions and other lines without a full stop count as sentences too.

    A blank line always ends a sentence. A single newline does too, unless the line is one of a paragraph
    that was wrapped at a fixed width.
    """
    return list(each_sentence(text, language))


def each_sentence(text: str, language: str | None = None) -> Iterator[str]:
    """Yield what `split` returns, as far as somebody reads on."""
    code = (language or "en").replace("_", "-").partition("-")[0].lower()
    opens, found = True, []
    for line in _lines(text[:MAX_CHARS].replace("\ufeff", " ")):
        for part in divide(line):
            pieces = (
                piece for chunk in _chunks(part) for piece in sentencex.segment(language or "en", chunk)
            )
            found = join_pieces(pieces, code, opens=opens)
            yield from found
        opens = opens and not (found and is_finished(found[-1]))  # a heading comes before the first words


def is_finished(sentence: str) -> bool:
    """It ends with a full stop, as headings, captions and list items don't."""
    return sentence[-1:] in STOPS or FINISHED.search(sentence, max(0, len(sentence) - 12)) is not None


def without_headings(sentences: list[str]) -> list[str]:
    """Only the finished ones, unless most are not: then the text does without full stops."""
    finished = [s for s in sentences if is_finished(s)]
    some = finished if len(finished) * 2 >= len(sentences) else sentences
    return [s for s in some if any(map(str.isalnum, s))]


def _lines(text: str) -> Iterator[str]:
    for paragraph in PARAGRAPH.split(
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n\n")
    ):
        rows = [" ".join(row.split()) for row in paragraph.split("\n")]
        yield from filter(None, _unwrap(rows) if len(rows) > 1 else rows)


def _unwrap(rows: list[str]) -> Iterator[str]:
    """Join the rows that only a fixed width broke: nearly the longest row, and its sentence goes on."""
    width = max(map(len, rows))
    held = ""
    for row in rows:
        held = f"{held} {row}".strip() if held else row
        full = width in WRAPPED and len(row) > 0.75 * width
        if not full or is_finished(row):
            yield held
            held = ""
    yield held


def _chunks(line: str) -> Iterator[str]:
    start = 0
    while len(line) - start > CHUNK:
        window = line[start : start + CHUNK]
        stop = max((m.end() for m in CHUNK_END.finditer(window, CHUNK // 2)), default=0)
        end = stop or window.rfind(" ") + 1 or CHUNK
        yield line[start : start + end]
        start += end
    yield line[start:]
