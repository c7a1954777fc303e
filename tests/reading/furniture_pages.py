"""Pages of twenty kinds of publishing system, with furniture around and inside the text.

Only the structure is theirs: which elements stand in which, and what these are called. All words are made up.
"""

# ruff: noqa: E501  markup is one line

from collections.abc import Callable

from tests.reading.furniture_words import Text

__all__ = ["SYSTEMS", "page_of"]

PHOTO = '<img src="/uploads/ferry-1200x800.jpg" width="1200" height="800" alt="">'


def page_of(system: str, text: Text) -> str:
    """A whole page, with a headline in its head."""
    right = ' dir="rtl"' if text.language == "ur" else ""
    return (
        f'<!doctype html><html lang="{text.language}"{right}><head><meta charset="utf-8"><title>{text.title} | Coast Post</title>'
        f'<meta property="og:title" content="{text.title}"><meta property="og:site_name" content="Coast Post"></head>'
        f"<body>{SYSTEMS[system](text)}</body></html>"
    )


def _table(text: Text) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in text.scores)
    return f"<table>{rows}</table>"


def _p(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def _link(line: str) -> str:
    return f'<a href="/other/1">{line}</a>'


def _wordpress_blocks(t: Text) -> str:
    b = [f"<p>{line}</p>" for line in t.body]
    return (
        f'<header class="wp-block-template-part"><nav class="wp-block-navigation"><ul><li><a href="/a">News</a></li><li><a href="/b">Sport</a></li></ul></nav></header>'
        f'<main class="wp-block-group"><h1 class="wp-block-post-title">{t.title}</h1><div class="wp-block-post-date"><time>2026-11-28</time></div><p class="has-small-font-size">{t.minutes}</p>'
        f'<div class="entry-content wp-block-post-content"><figure class="wp-block-image size-large">{PHOTO}<figcaption class="wp-element-caption">{t.caption} {t.credit}</figcaption></figure>'
        f'{b[0]}{b[1]}<figure class="wp-block-pullquote"><blockquote><p>{t.quoted}</p><cite>Ines</cite></blockquote></figure>{b[2]}'
        f'<div class="wp-block-group has-background"><h3 class="wp-block-heading">{t.sign_up}</h3><form><input type="email"><button>OK</button></form><p>{t.thanks}</p></div>{b[3]}'
        f'<figure class="wp-block-embed is-type-rich is-provider-twitter"><div class="wp-block-embed__wrapper"><blockquote class="twitter-tweet"><p>{t.post}</p>&mdash; Rosa (@rosa) <a href="https://twitter.com/rosa/status/1">Nov 28</a></blockquote></div></figure>{b[4]}'
        f'<figure class="wp-block-table">{_table(t)}</figure>{b[5]}<hr class="wp-block-separator"><p><em>{t.reprint}</em></p><p class="has-text-align-center"><em>{t.affiliate}</em></p></div>'
        f'<div class="wp-block-post-author"><p class="wp-block-post-author__name">{t.author}</p><p class="wp-block-post-author__bio">{t.bio}</p></div>'
        f'<div class="wp-block-comments"><h2>{t.rules}</h2></div></main><footer><p>{t.cookies}</p></footer>'
    )


def _wordpress_classic(t: Text) -> str:
    b = _p(*t.body[:2]), _p(*t.body[2:4]), _p(*t.body[4:])
    return (
        f'<div id="page"><div id="content"><div class="post hentry"><h1 class="entry-title">{t.title}</h1><div class="entry-meta">{t.author} | {t.minutes}</div><div class="entry-content">'
        f'<div class="wp-caption alignright">{PHOTO}<p class="wp-caption-text">{t.caption}</p></div>{b[0]}<p><strong>{t.related} {_link(t.other)}</strong></p>{b[1]}'
        f'<p style="text-align: center"><strong>{t.promo} {_link("&rarr;")}</strong></p>{b[2]}<p><em>{t.update}</em></p><p><em>{t.bio}</em></p>'
        f'<div class="sharedaddy"><h3>{t.share}</h3><ul><li><a href="#">Facebook</a></li><li><a href="#">X</a></li></ul></div><div class="jp-relatedposts"><h3>{t.related}</h3><p>{_link(t.other)}</p></div></div></div>'
        f'<div id="sidebar"><h3>Archives</h3><p>{t.archive}</p><p>{t.tip}</p></div></div></div>'
    )


def _drupal(t: Text) -> str:
    return (
        f'<div class="layout-content"><div class="block block-core block-page-title-block"><h1 class="page-title"><span class="field field--name-title">{t.title}</span></h1></div>'
        f'<article class="node node--type-article"><div class="node__meta">{t.agency}</div><div class="node__content"><div class="field field--name-field-media">{PHOTO}<div class="field field--name-field-caption">{t.caption}</div><div class="field field--name-field-credit">{t.credit}</div></div>'
        f'<div class="clearfix text-formatted field field--name-body">{_p(*t.body[:3])}<div class="paragraph paragraph--type--newsletter"><h3>{t.sign_up}</h3><p>{t.thanks}</p><a href="/n" class="button">OK</a></div>'
        f'{_p(*t.body[3:])}</div><div class="field field--name-field-note"><p>{t.disclaimer}</p></div><div class="field field--name-field-tags"><a href="/t/1">Ports</a> <a href="/t/2">Islands</a></div></div></article>'
        f'<div class="views-element-container block"><h2>{t.related}</h2><div class="view-content"><div class="views-row"><h3>{_link(t.other)}</h3><p>{t.event}</p></div></div></div></div>'
    )


def _ghost(t: Text) -> str:
    return (
        f'<article class="gh-article post"><header class="gh-article-header"><h1 class="gh-article-title">{t.title}</h1><div class="gh-article-meta"><h4>{t.author}</h4><span>{t.minutes}</span></div>'
        f'<figure class="gh-article-image">{PHOTO}<figcaption>{t.caption}</figcaption></figure></header><section class="gh-content gh-canvas">{_p(*t.body[:2])}'
        f'<div class="kg-card kg-signup-card"><h2 class="kg-signup-card-heading"><span>{t.sign_up}</span></h2><form><input><button>OK</button></form><p class="kg-signup-card-disclaimer"><span>{t.cookies}</span></p></div>'
        f'{_p(*t.body[2:4])}<figure class="kg-card kg-bookmark-card"><a class="kg-bookmark-container" href="/other"><div class="kg-bookmark-content"><div class="kg-bookmark-title">{t.other}</div><div class="kg-bookmark-description">{t.event}</div></div></a></figure>'
        f'{_p(*t.body[4:])}<div class="kg-card kg-callout-card"><div class="kg-callout-text">{t.tip}</div></div><div class="kg-card kg-button-card"><a href="/s" class="kg-btn">{t.follow}</a></div><hr><p><em>{t.affiliate}</em></p></section></article>'
        f'<aside class="gh-sidebar"><p>{t.promo}</p></aside><section class="gh-comments"><p>{t.rules}</p></section>'
    )


def _arc(t: Text) -> str:
    b = [f'<p class="c-paragraph">{line}</p>' for line in t.body]
    return (
        f'<main class="b-article-main"><h1 class="b-headline">{t.title}</h1><div class="b-byline">{t.author} | <time>2026</time></div><div class="c-figure">{PHOTO}<div class="a-caption">{t.caption} ({t.credit})</div></div>'
        f'<section class="b-article-body">{b[0]}{b[1]}<div class="c-ad"><span>Advertisement</span></div>{b[2]}<div class="c-stack interstitial-link"><p>{_link(f"[ {t.other} ]")}</p></div>{b[3]}'
        f'<div class="c-promo"><div class="c-promo__text">{t.sign_up}</div><a href="/nl">OK</a></div>{b[4]}{b[5]}<p class="c-paragraph">___</p><p class="c-paragraph"><i>{t.tip}</i></p></section>'
        f'<div class="b-author-bio"><div>{t.author}</div><div>{t.bio}</div></div><div class="b-results"><h4>{t.related}</h4><div><a href="/1">{t.other}</a></div><div><a href="/2">{t.event}</a></div></div></main>'
    )


def _next_js(t: Text) -> str:
    b = [f'<p class="css-axufdj">{line}</p>' for line in t.body]
    return (
        f'<div id="__next"><div class="sc-1x2"><div class="css-9mylee"><h1 class="css-1vkm6nb">{t.title}</h1><div class="css-k9">{t.minutes}</div><div class="css-img1">{PHOTO}<span class="css-7z">{t.caption}</span><span class="css-8z">{t.credit}</span></div>'
        f'<section class="css-1r7ky0e"><div class="css-53u6y8">{b[0]}{b[1]}</div><div class="css-nl9"><div class="css-h1">{t.sign_up}</div><div class="css-h2">{t.thanks}</div><input><button>OK</button></div>'
        f'<div class="css-53u6y8">{b[2]}{b[3]}</div><div class="css-rel"><div class="css-r0">{t.related}</div><a class="css-r1" href="/o"><div>{t.other}</div></a></div><div class="css-53u6y8">{b[4]}{b[5]}</div></section>'
        f'<div class="css-bio">{PHOTO}<p>{t.bio} {_link(t.more)}</p></div><div class="css-job"><p>{t.job} {_link("&rsaquo;")}</p></div></div></div></div>'
    )


def _div_soup(t: Text) -> str:
    b = [f"<div>{line}</div>" for line in t.body]
    return (
        f"<div><div><a href='/'>Coast Post</a></div><div><a href='/a'>News</a><a href='/b'>Sport</a><a href='/c'>Town</a></div></div><div><div><h1>{t.title}</h1><div>{t.minutes}</div><div>{PHOTO}<div>{t.caption}</div></div>"
        f"<div>{b[0]}{b[1]}<div>{t.related} {_link(t.other)}</div>{b[2]}{b[3]}{b[4]}{b[5]}</div><div><a href='#'>{t.share}</a></div><div><div>{t.author}</div><div>{t.bio}</div></div></div>"
        f"<div><div>{t.job}</div><div>{t.event}</div><div>{t.archive}</div></div></div><div>{t.cookies}</div>"
    )


def _amp(t: Text) -> str:
    return (
        f'<header><a href="/">Coast Post</a></header><article><h1>{t.title}</h1><amp-img src="/uploads/ferry-1200x800.jpg" width="1200" height="800" layout="responsive"></amp-img><p class="caption">{t.caption}</p>{_p(*t.body[:2])}'
        f'<amp-ad width="300" height="250" type="x"><div placeholder>Ad</div></amp-ad>{_p(t.body[2])}<amp-twitter data-tweetid="1" width="375" height="472" layout="responsive"><blockquote placeholder><p>{t.post}</p></blockquote></amp-twitter>'
        f'{_p(*t.body[3:5])}<p>{_link(f"{t.related} {t.other}")}</p>{_p(t.body[5])}<amp-social-share type="facebook"></amp-social-share><p class="note"><small>{t.affiliate}</small></p></article>'
        f'<amp-sidebar id="s"><ul><li><a href="/a">News</a></li><li><a href="/b">Sport</a></li></ul></amp-sidebar><amp-user-notification id="n">{t.cookies}</amp-user-notification>'
    )


def _old_tables(t: Text) -> str:
    return (
        f'<table width="780"><tr><td colspan="3"><a href="/"><img src="/logo.gif"></a></td></tr><tr><td width="120" valign="top"><a href="/a">News</a><br><a href="/b">Sport</a><br><a href="/c">Town</a></td>'
        f'<td valign="top"><font size="5"><b>{t.title}</b></font><br><font size="1">{t.author}, {t.agency}</font><br><br><table align="right" width="200"><tr><td>{PHOTO}</td></tr><tr><td><font size="1">{t.caption}</font></td></tr></table>'
        f"{'<br><br>'.join(t.body)}<br><br><font size='1'><i>{t.disclaimer}</i></font></td>"
        f'<td width="160" valign="top"><b>{t.related}</b><br>{_link(t.other)}<br><br>{t.archive}</td></tr><tr><td colspan="3"><font size="1">&copy; 2026 Coast Post</font></td></tr></table>'
    )


def _live_blog(t: Text) -> str:
    posts = "".join(
        f'<div class="liveblog-post"><div class="liveblog-post__time">{t.stamp}</div><p>{line}</p><div class="liveblog-post__share"><button>{t.share}</button></div></div>'
        for line in t.body[1:]
    )
    return (
        f'<article><h1><span class="live-badge">LIVE</span> {t.title}</h1><p>{t.body[0]}</p><div class="liveblog-keybox"><a href="#1">{t.other}</a></div><div class="liveblog">{posts}</div>'
        f'<p class="liveblog-refresh">{t.archive}</p></article><div class="cookie-bar"><p>{t.cookies}</p></div>'
    )


def _recipe(t: Text) -> str:
    return (
        f'<article class="post"><h1>{t.title}</h1><div class="jump"><a href="#recipe">{t.more}</a></div>{_p(*t.body)}<div class="wprm-recipe-container" id="recipe"><h2 class="wprm-recipe-name">Ferry soup</h2>'
        f'<div class="wprm-recipe-times"><span>{t.minutes}</span></div><h3>Ingredients</h3><ul><li>200 g fish</li><li>1 onion</li><li>1 l water</li></ul><h3>Method</h3><ol><li>Cut it.</li><li>Cook it for ten minutes.</li></ol></div>'
        f'<p class="disclosure"><em>{t.affiliate}</em></p></article><section class="comments"><h3>{t.rules}</h3></section>'
    )


def _sports(t: Text) -> str:
    items = "".join(f"<li>{' '.join(row)}</li>" for row in t.scores)
    return (
        f'<div class="story"><h1>{t.title}</h1><div class="story__dateline">{t.agency}</div>{_p(*t.body[:3])}<div class="scorebox"><h4>Table</h4>{_table(t)}</div>{_p(*t.body[3:])}'
        f'<div class="results"><h4>Results</h4><ul>{items}</ul></div><p class="story__more">{_link(t.more)}</p><p class="story__follow">{t.follow}</p></div>'
    )


def _substack(t: Text) -> str:
    return (
        f'<div class="single-post"><h1 class="post-title">{t.title}</h1><div class="post-meta">{t.author}</div><div class="available-content"><div class="body markup">{_p(*t.body[:3])}<div class="subscription-widget-wrap"><div class="preamble"><p>{t.sign_up}</p></div><form><input></form></div>'
        f'<div class="pullquote"><p>{t.quoted}</p></div>{_p(*t.body[3:])}<p class="button-wrapper"><a class="button primary" href="/s">{t.share}</a></p><div><hr></div><p><em>{t.disclaimer}</em></p></div></div></div>'
        f'<div class="comments-page"><h4>{t.rules}</h4></div>'
    )


def _joomla(t: Text) -> str:
    return (
        f'<div class="item-page"><div class="page-header"><h2 itemprop="headline">{t.title}</h2></div><dl class="article-info"><dt>Details</dt><dd class="createdby">{t.author}</dd><dd class="hits">{t.archive}</dd></dl><div class="pull-right item-image">{PHOTO}<p class="img_caption">{t.caption}</p></div>'
        f'<div itemprop="articleBody">{_p(*t.body)}<p><strong>{t.follow}</strong></p><p style="text-align:right"><em>{t.agency}</em></p></div><ul class="pager pagenav"><li><a href="/p">Prev</a></li><li><a href="/n">Next</a></li></ul></div>'
    )


def _blogger(t: Text) -> str:
    body = "<br /><br />".join(t.body)
    return (
        f'<div class="post hentry"><h3 class="post-title entry-title">{t.title}</h3><div class="post-body entry-content"><table align="center" class="tr-caption-container"><tr><td>{PHOTO}</td></tr><tr><td class="tr-caption">{t.caption}</td></tr></table>{body}'
        f'<br /><br /><b>{t.related} {_link(t.other)}</b><div style="clear: both;"></div></div><div class="post-footer"><span class="post-author">{t.author}</span><span class="post-labels"><a href="/l">Ports</a></span></div></div><div class="blog-pager"><a href="/o">Older</a></div>'
    )


def _squarespace(t: Text) -> str:
    blocks = "".join(
        f'<div class="sqs-block html-block"><div class="sqs-block-content">{_p(*part)}</div></div>{between}'
        for part, between in (
            (t.body[:2], f'<div class="sqs-block image-block"><div class="sqs-block-content"><figure>{PHOTO}<figcaption><p>{t.caption}</p></figcaption></figure></div></div>'),
            (t.body[2:4], f'<div class="sqs-block newsletter-block"><div class="sqs-block-content"><header class="newsletter-form-header"><h2>{t.sign_up}</h2><p>{t.promo}</p></header><form><input></form><div class="hidden form-submission-text">{t.thanks}</div></div></div>'),
            (t.body[4:], f'<div class="sqs-block summary-v2-block"><div><a href="/o">{t.other}</a><p>{t.event}</p></div></div>'),
        )
    )  # fmt: skip
    return f'<article class="entry"><h1 class="entry-title">{t.title}</h1><div class="blog-item-content">{blocks}</div><section class="blog-item-author">{t.bio}</section></article><div class="sqs-cookie-banner">{t.cookies}</div>'


def _wix(t: Text) -> str:
    b = "".join(
        f'<div class="_3nbVj"><p class="xVISr"><span class="_2PHJq">{line}</span></p></div><div class="_3nbVj"><p class="xVISr"><span class="_2PHJq"><br></span></p></div>'
        for line in t.body
    )
    return (
        f'<div class="_1bCKg"><ul><li>{t.author}</li><li>{t.minutes}</li></ul><h1 class="_3HHkW"><span>{t.title}</span></h1><div class="_6XNaB"><figure>{PHOTO}</figure><div class="_2z">{t.caption}</div></div>{b}</div>'
        f'<div class="_3cx"><div><span>142 views</span><span>0 comments</span></div><h3>{t.related}</h3><a href="/o">{t.other}</a></div>'
    )


def _typo3(t: Text) -> str:
    return (
        f'<div id="main"><div class="news news-single"><div class="article"><h1>{t.title}</h1><p class="news-info">{t.agency} | {t.minutes}</p><div class="news-img-wrap"><div class="outer">{PHOTO}<p class="news-img-caption">{t.caption} {t.credit}</p></div></div>'
        f'<div class="news-text-wrap">{_p(*t.body)}<p class="bodytext"><a href="/druck">{t.share}</a></p></div><div class="news-related"><h4>{t.related}</h4><ul><li>{_link(t.other)}</li></ul></div></div></div>'
        f'<div class="box"><h3>{t.tip}</h3><p>{t.job}</p></div></div>'
    )


def _portal(t: Text) -> str:
    b = "".join(f'<p class="sc-54nboa-0">{line}</p>' for line in t.body)
    return (
        f'<div id="wrapper"><main><article id="uamods"><header><h1 class="sc-uzndtb-1">{t.title}</h1><div><time>11/28</time> <span>{t.agency}</span></div></header><div class="sc-pic"><div><picture>{PHOTO}</picture></div><p>{t.caption} {t.credit}</p></div>'
        f'<div class="article_body">{b}</div><section><h2>{t.related}</h2><ul><li><a href="/1">{t.other}</a></li><li><a href="/2">{t.event}</a></li></ul></section><footer><p>{t.agency}</p><p>{t.follow}</p></footer></article>'
        f"<section><p>{t.rules}</p></section></main><aside><h2>{t.archive}</h2></aside></div>"
    )


def _newspaper(t: Text) -> str:
    b = [f"<p>{line}</p>" for line in t.body]
    return (
        f'<div class="container"><div class="row"><div class="col-md-8"><h1>{t.title}</h1><div class="dropdown">{t.share}</div><div class="photo">{PHOTO}<span class="credit">{t.credit}</span></div><div class="detail-text">{b[0]}{b[1]}'
        f'<div class="also-read"><strong>{t.related}</strong><br>{_link(t.other)}</div>{b[2]}<blockquote class="instagram-media"><div><a href="https://www.instagram.com/p/x/">{t.post}</a></div></blockquote>{b[3]}'
        f'<div class="tiktok"><blockquote cite="https://www.tiktok.com/@rosa/video/1" class="tiktok-embed"><section><a href="https://www.tiktok.com/@rosa">@rosa</a> <p>{t.post}</p></section></blockquote></div>{b[4]}{b[5]}<p><b>{t.update}</b></p><p><a href="/wa">{t.follow}</a></p></div>'
        f'<div class="event-box"><h4>{t.event}</h4><a href="/tickets">OK</a></div></div><div class="col-md-4"><h3>{t.archive}</h3><p>{t.job}</p><p>{t.promo}</p></div></div></div>'
    )


SYSTEMS: dict[str, Callable[[Text], str]] = {
    "wordpress blocks": _wordpress_blocks,
    "wordpress classic": _wordpress_classic,
    "drupal": _drupal,
    "ghost": _ghost,
    "arc": _arc,
    "next.js": _next_js,
    "div soup": _div_soup,
    "amp": _amp,
    "old tables": _old_tables,
    "live blog": _live_blog,
    "recipe": _recipe,
    "sports": _sports,
    "substack": _substack,
    "joomla": _joomla,
    "blogger": _blogger,
    "squarespace": _squarespace,
    "wix": _wix,
    "typo3": _typo3,
    "portal": _portal,
    "newspaper": _newspaper,
}
