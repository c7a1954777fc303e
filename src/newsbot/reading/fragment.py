"""HTML that is an article already (a feed's content, a Markdown file) into lines."""

from newsbot.model import Image
from newsbot.reading.blocks import lines_of, parse_markup
from newsbot.reading.boxes import drop_boxes
from newsbot.reading.clean import clean_text, unescape_markup
from newsbot.reading.cms import drop_widgets, shown_markup
from newsbot.reading.furniture import Line
from newsbot.reading.photos import best_photo

__all__ = ["fragment_image", "fragment_lines"]


def fragment_lines(markup: str) -> list[Line]:
    """Its paragraphs, headings and items, without scripts, pictures and forms; plain text by its lines."""
    markup = shown_markup(unescape_markup(markup))
    tree = parse_markup(clean_text(markup if "<" in markup else markup.replace("\n", "<br>")))
    if tree is None:
        return []
    drop_widgets(tree)
    drop_boxes(tree)
    return lines_of(tree)


def fragment_image(markup: str, base: str | None) -> Image | None:
    """The first picture in it that may be a photo; ``base`` is the article's address."""
    markup = unescape_markup(markup)
    tree = parse_markup(markup) if "<img" in markup.lower() or "<amp-img" in markup.lower() else None
    return None if tree is None else best_photo(tree, base)
