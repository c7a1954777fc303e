"""Which line ends of a template are part of its text.

Jinja2's `trim_blocks` drops the line end behind every ``{% ... %}``, also where that ends a line of text:
``{{ title }}{% if author %} by {{ author }}{% endif %}`` would run into the next line. Here a line of nothing
but tags leaves no line behind, and every other line keeps its end.
"""

import re

__all__ = ["keep_line_ends"]

_TAG = re.compile(
    r"\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*(?P<raw>[-+]?%\})"
    r"|\{%.*?(?P<block>[-+]?%\})|\{#.*?(?P<comment>[-+]?#\})|\{\{.*?\}\}",
    re.DOTALL,
)
_LINE_END = re.compile(r"[ \t]*(?:(?=\n)|\Z)")


def keep_line_ends(source: str) -> str:
    """Mark the tags behind which a line ends that has text in it too, by Jinja2's own ``+%}``.

    Lines keep their numbers. Blanks around a line's only tags are dropped.
    """
    pieces: list[str] = []
    blanks: list[int] | None = []  # the pieces between the line's tags; None where it has text
    at = 0
    for tag in _TAG.finditer(source):
        between = source[at : tag.start()]
        if "\n" in between:
            blanks = []
        if blanks is not None:
            blanks.append(len(pieces))
            if between.rpartition("\n")[2].strip() or not (tag["block"] or tag["comment"]):
                blanks = None
        pieces += between, tag[0]
        at = tag.end()
        mark = tag["raw"] or tag["block"] or tag["comment"]
        end = _LINE_END.match(source, at)
        if not mark or mark[0] in "-+" or not end:
            continue
        if blanks is None:
            pieces[-1] = f"{tag[0].removesuffix(mark)}+{mark}"
            continue
        at = end.end()
        for each in blanks:
            pieces[each] = pieces[each].rstrip(" \t")
    return "".join([*pieces, source[at:]])
