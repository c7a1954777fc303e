"""Bodies as CMSs keep them, into the text that readers see."""

import time

import pytest

from newsbot.model import Item
from newsbot.reading.parse import find_fragment_image, parse_fragment_lines, parse_item


def lines(markup: str) -> list[str]:
    return [line.text for line in parse_fragment_lines(markup)]


CLASSIC = """The council met on <b>Monday</b>.
It was late.

[caption id="attachment_7" align="alignright" width="300"]<img src="https://example.org/a.jpg"> The
town hall[/caption]

"We will build it [the tram]," she said [sic].

https://www.youtube.com/watch?v=abc

<h2>What follows</h2>
Work begins in May.

<ul>
<li>First</li>

<li>Second</li>
</ul>

[gallery ids="1,2,3"]
The end.
"""

BLOCKS = """<!-- wp:paragraph -->
<p>The council met.</p>
<!-- /wp:paragraph -->

<!-- wp:embed {"url":"https://twitter.com/a/status/1","type":"rich"} -->
<figure class="wp-block-embed is-type-rich"><div class="wp-block-embed__wrapper">
https://twitter.com/a/status/1
</div><figcaption>A tweet</figcaption></figure>
<!-- /wp:embed -->

<!-- wp:gallery -->
<figure class="wp-block-gallery"><figure class="wp-block-image"><img src="/g.jpg"/></figure></figure>
<!-- /wp:gallery -->

<!-- wp:pullquote -->
<figure class="wp-block-pullquote"><blockquote><p>Said twice.</p></blockquote></figure>
<!-- /wp:pullquote -->

<!-- wp:quote -->
<blockquote class="wp-block-quote"><p>Said once.</p></blockquote>
<!-- /wp:quote -->

<!-- wp:buttons -->
<div class="wp-block-buttons"><div class="wp-block-button"><a class="link">Subscribe</a></div></div>
<!-- /wp:buttons -->

<!-- wp:list -->
<ul><!-- wp:list-item --><li>One</li><!-- /wp:list-item --></ul>
<!-- /wp:list -->

<!-- wp:shortcode -->
[newsletter_form id="4"]
<!-- /wp:shortcode -->
"""


def test_classic_posts_have_their_paragraphs() -> None:
    assert lines(CLASSIC) == [
        "The council met on Monday.",
        "It was late.",
        '"We will build it [the tram]," she said [sic].',
        "What follows",
        "Work begins in May.",
        "First",
        "Second",
        "The end.",
    ]


def test_blocks_are_their_text_without_embeds_galleries_and_buttons() -> None:
    assert lines(BLOCKS) == ["The council met.", "Said once.", "One"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>[dropcap]T[/dropcap]he mayor spoke.</p>", "The mayor spoke."),
        ('<p>Before [ad slot="1"] after.</p>', "Before after."),
        ("<p>[vc_row][vc_column]Text.[/vc_column][/vc_row]</p>", "Text."),
        ("<p>He wrote [[gallery]] there.</p>", "He wrote [gallery] there."),
        ("<p>It was [...] over, [he] said [2].</p>", "It was [...] over, [he] said [2]."),
        ("<p>An [email protected] remains.</p>", "An [email protected] remains."),
        ("<p>[video mp4='a.mp4'][/video]Seen.</p>", "Seen."),
        ("<p>[embed]https://example.org/v[/embed]Seen.</p>", "Seen."),
        ("<p>[caption]never closed.</p>", "never closed."),
    ],
)
def test_shortcodes_go_and_brackets_of_prose_stay(markup: str, text: str) -> None:
    assert lines(markup) == [text]


def test_a_paragraph_with_blank_lines_in_it_stays_one() -> None:
    assert lines("<p>One\n\ntwo.</p><pre>a\n\nb</pre>")[0] == "One two."


def test_the_first_photo_is_found_in_a_caption() -> None:
    image = find_fragment_image(CLASSIC, None)
    assert image is not None
    assert image.url == "https://example.org/a.jpg"


def test_an_item_of_a_cms_is_read_whole() -> None:
    own = parse_item(Item("1", url="https://example.org/1", title="Tram", html=CLASSIC))
    assert own.page.text.startswith("The council met on Monday.\n\nIt was late.")


@pytest.mark.parametrize("piece", ["[caption]", "[a ", "[caption][/", "\n\n<p>", "[[", "https://a\n"])
def test_hostile_bodies_take_time_in_proportion(piece: str) -> None:
    began = time.process_time()
    lines(piece * (150_000 // len(piece)))
    assert time.process_time() - began < 20  # a quadratic one takes minutes
