"""A text into its sentences, each a run of the text with white space collapsed."""

import re
from collections.abc import Iterable, Iterator

import sentencex

__all__ = ["is_finished", "split", "without_headings"]

MAX_CHARS = 100_000  # more than any news article; what lies behind is not read
CHUNK = 4_000  # sentencex is quadratic in unclosed quotation marks, so it gets a text in pieces

PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
STOP = ".!?…。！？｡．؟۔।॥։።᙮"  # noqa: RUF001  the full stops of other scripts are meant
STOPS = frozenset(STOP)
CLOSERS = "\"'”’»«“‘)]}」』）】》〉›"  # noqa: RUF001  so are their quotation marks
FINISHED = re.compile(rf"[{re.escape(STOP)}][{re.escape(CLOSERS)}\s]*$")
CHUNK_END = re.compile(rf"[{re.escape(STOP)}](?=\s)|[。！？]")  # noqa: RUF001
STRAY_CLOSERS = re.compile(r"[”’‘»)\]」』）】]+(?=\s|$)")  # noqa: RUF001
STRAIGHT = re.compile(r'"(?=\s|$)')
WRAPPED = range(40, 120)  # columns: the widths of mail and of plain text files

# A title, or one letter of a script without capitals ("د." is Dr.): sentencex knows most of them, not all.
ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Lt|Sgt|Sr|Sra|St|Mme)|(?<!\w)[\u0600-\u06ff]|(?<!\S)[\u0900-\u0dff]{1,3})\.$"
)
LONGEST = len("Prof.")
QUOTATIVES = ("と", "って", "라고", "이라고", "라며", "이라며", "고 ", "며 ")


def split(text: str, language: str | None = None) -> list[str]:
    """All sentences in order; headings, captions and other lines without a full stop count as sentences too.

    A blank line always ends a sentence. A single newline does too, unless the line is one of a paragraph
    that was wrapped at a fixed width.
    """
    found: list[str] = []
    for line in _lines(text[:MAX_CHARS].replace("\ufeff", " ")):
        found += _mend(
            piece for chunk in _chunks(line) for piece in sentencex.segment(language or "en", chunk)
        )
    return found


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


def _mend(pieces: Iterable[str]) -> list[str]:
    """Undo cuts after an abbreviation and around a closing quotation mark."""
    mended: list[str] = []
    for piece in pieces:
        if not mended:
            mended.append(piece)
            continue
        stray = None if piece[:1].isalnum() else _stray(mended[-1], piece)
        if stray or _goes_on(mended[-1], piece):
            end = stray.end() if stray else len(piece)
            mended[-1] += piece[:end]
            piece = piece[end:]  # noqa: PLW2901  the rest is the sentence
        if piece.strip():
            mended.append(piece)
    return [stripped for piece in mended if (stripped := piece.strip())]


def _stray(sentence: str, piece: str) -> re.Match[str] | None:
    """Closing marks on their own; a straight one closes if the sentence before opened it."""
    return STRAY_CLOSERS.match(piece) or (STRAIGHT.match(piece) if sentence.count('"') % 2 else None)


def _goes_on(sentence: str, piece: str) -> bool:
    """``piece`` is no new sentence: it starts small, follows an abbreviation or is the tail of a quote."""
    end = sentence.rstrip()
    if not end or not piece:
        return False
    if piece[0].islower() or (end[-1] in CLOSERS and piece.startswith(QUOTATIVES)):
        return True
    return end[-1] == "." and ABBREVIATION.search(end, max(0, len(end) - LONGEST)) is not None
