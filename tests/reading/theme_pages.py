"""Pages laid out as the stock themes of publishing systems lay them out, made from parameters.

Only the structure is theirs: which elements stand in which, and what these are called. All words are made up here.
"""

# ruff: noqa: E501  markup is one line

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

__all__ = ["STORIES", "THEMES", "VARIANTS", "Layout", "Story", "Words", "page_of"]


@dataclass(frozen=True)
class Story:
    """An article of the made-up site."""

    language: str
    title: str
    body: tuple[str, ...]
    others: tuple[tuple[str, str], ...]  # title and teaser of other articles
    remark: str  # a reader's comment
    author: str = "Nadia Velasquez"
    bio: str = "Nadia Velasquez is a reporter who has covered the coast for the Post since 2011."


@dataclass(frozen=True)
class Words:
    """What a theme says in a language."""

    posted: str
    on: str
    by: str
    tags: str
    previous: str
    next: str
    comments: str
    reply: str
    said: str
    share: str
    related: str
    recent: str
    search: str
    newsletter: str
    sign_up: str
    minutes: str
    date: str
    follow: str
    categories: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """What varies within a theme."""

    story: Story
    words: Words
    sidebar: bool = True
    above: bool = True  # byline above the body, else below it
    related: bool = True
    comments: bool = True
    standfirst: str = ""

    @property
    def body(self) -> str:
        return "\n".join(f"<p>{text}</p>" for text in self.story.body)

    @property
    def time(self) -> str:
        return f'<time class="entry-date published" datetime="2026-11-28T09:30:00+00:00">{self.words.date}</time>'

    @property
    def author(self) -> str:
        return f'<a class="url fn n" href="/author/nadia/" rel="author">{self.story.author}</a>'

    @property
    def categories(self) -> str:
        return ", ".join(
            f'<a href="/c/{n}/" rel="category tag">{name}</a>' for n, name in enumerate(self.words.categories)
        )

    @property
    def tags(self) -> str:
        return ", ".join(
            f'<a href="/t/{n}/" rel="tag">{name}</a>' for n, name in enumerate(self.words.labels)
        )


_ENGLISH = Words(
    posted="Posted", on="on", by="by", tags="Tags:", previous="Previous", next="Next", comments="2 thoughts on this",
    reply="Leave a Reply", said="says:", share="Share this:", related="More posts", recent="Recent Posts",
    search="Search", newsletter="Sign up for our newsletter", sign_up="Subscribe to get new posts sent to your email.",
    minutes="3 min read", date="November 28, 2026", follow="Follow", categories=("Harbour", "Town hall"),
    labels=("piers", "winter"),
)  # fmt: skip
_URDU = Words(
    posted="شائع ہوا", on="بتاریخ", by="از", tags="ٹیگز:", previous="پچھلی تحریر", next="اگلی تحریر",
    comments="2 تبصرے", reply="تبصرہ کریں", said="کہتے ہیں:", share="شیئر کریں:", related="مزید خبریں",
    recent="تازہ ترین خبریں", search="تلاش", newsletter="ہمارے نیوز لیٹر", sign_up="تازہ ترین خبریں ای میل پر پانے کے لیے سبسکرائب کریں۔",
    minutes="3 منٹ", date="28 نومبر 2026", follow="فالو کریں", categories=("بندرگاہ", "شہر"), labels=("گھاٹ", "سرما"),
)  # fmt: skip
_SPANISH = Words(
    posted="Publicado", on="el", by="por", tags="Etiquetas:", previous="Anterior", next="Siguiente", comments="2 comentarios",
    reply="Deja una respuesta", said="dice:", share="Comparte esto:", related="Más artículos", recent="Entradas recientes",
    search="Buscar", newsletter="Boletín", sign_up="Suscríbete a nuestro boletín para recibir las noticias.",
    minutes="3 min de lectura", date="28 de noviembre de 2026", follow="Seguir", categories=("Puerto", "Ciudad"), labels=("muelles", "invierno"),
)  # fmt: skip
_ARABIC = Words(
    posted="نشر", on="في", by="بواسطة", tags="الوسوم:", previous="السابق", next="التالي", comments="تعليقان",
    reply="اترك تعليقا", said="يقول:", share="شارك:", related="مواضيع ذات صلة", recent="أحدث المقالات", search="بحث",
    newsletter="النشرة", sign_up="اشترك في نشرتنا البريدية ليصلك الجديد.", minutes="3 دقائق", date="28 نوفمبر 2026",
    follow="تابع", categories=("الميناء", "المدينة"), labels=("أرصفة", "شتاء"),
)  # fmt: skip
_JAPANESE = Words(
    posted="投稿", on="日", by="作成者", tags="タグ:", previous="前の記事", next="次の記事", comments="2件のコメント",
    reply="コメントを残す", said="より:", share="共有:", related="関連記事", recent="最近の投稿", search="検索",
    newsletter="メールマガジン", sign_up="メールマガジンに登録して最新ニュースを受け取る。", minutes="読了3分", date="2026年11月28日",
    follow="フォロー", categories=("港", "市政"), labels=("桟橋", "冬"),
)  # fmt: skip

_LONG = Story(
    "en",
    "Winter pier stays shut until spring",
    (
        "The winter pier stays shut until spring, because divers found its piles eaten away below the water line, the port said on Friday.",
        "“We could see daylight where there should be oak,” said Pilar Anton, who leads the works, after a dive of two hours in the morning.",
        "Boats to the outer bay leave from the fish quay instead, every forty minutes from six in the morning until nine in the evening.",
        "The town pays 310,000 for new piles, and has asked the province for half of it.",
    ),
    (
        (
            "Bakers win a prize for rye bread",
            "Three bakers of the old town won the prize of the province for their rye bread on Thursday.",
        ),
        (
            "Choir sings in the market hall",
            "The choir of the school sings in the market hall on Sunday, and everybody may come and join it.",
        ),
        (
            "Trams run later on Saturdays",
            "Trams run until two in the morning on Saturdays from next month on, the company said in a note.",
        ),
    ),
    "My father built that pier in 1958 and would be sad to see it like this today.",
)
_SHORT = Story(
    "en",
    "Library lends bicycles",
    (
        "The library lends bicycles now. Readers may keep one for a week, said its head, and bring it back to any branch of the town.",
        "Twelve are there.",
    ),
    _LONG.others,
    "At last I can take my books home by bicycle and come back for more of them.",
)
_ONE = Story(
    "en", "Lamp at the gate is lit again", ("The lamp at the north gate is lit again after nine dark years, the mayor said.",), _LONG.others,
    "I walked under it last night and it is really much too bright for a lamp.",
)  # fmt: skip
_URDU_STORY = Story(
    "ur",
    "سرمائی گھاٹ بہار تک بند رہے گا",
    (
        "سرمائی گھاٹ بہار تک بند رہے گا کیونکہ غوطہ خوروں نے پانی کے نیچے اس کے ستون خستہ پائے، بندرگاہ نے جمعے کو بتایا۔",
        "کام کی نگران پلار نے صبح دو گھنٹے کے غوطے کے بعد کہا کہ جہاں لکڑی ہونی چاہیے تھی وہاں روشنی نظر آ رہی تھی۔",
        "بیرونی خلیج کی کشتیاں اب مچھلی گھاٹ سے ہر چالیس منٹ بعد صبح چھ بجے سے رات نو بجے تک روانہ ہوں گی۔",
    ),
    (
        (
            "نانبائیوں نے روٹی پر انعام جیتا",
            "پرانے شہر کے تین نانبائیوں نے جمعرات کو اپنی روٹی پر صوبے کا انعام جیت لیا۔",
        ),
        (
            "بازار میں بچوں کا گیت",
            "اسکول کے بچے اتوار کو بازار میں گیت گائیں گے اور ہر کوئی شریک ہو سکتا ہے۔",
        ),
    ),
    "میرے والد نے یہ گھاٹ انیس سو اٹھاون میں بنایا تھا اور آج اسے دیکھ کر اداس ہوتے۔",
    author="نادیہ ولید",
    bio="نادیہ ولید صحافی ہیں جو دو ہزار گیارہ سے ساحل کی خبریں دیتی ہیں۔",
)
_SPANISH_STORY = Story(
    "es",
    "El muelle de invierno sigue cerrado hasta primavera",
    (
        "El muelle de invierno sigue cerrado hasta primavera, porque los buzos hallaron sus pilotes comidos bajo el agua, dijo el puerto el viernes.",
        "«Se veía la luz donde debía haber roble», dijo Pilar Antón, que dirige las obras, tras una inmersión de dos horas por la mañana.",
        "Los barcos a la bahía exterior salen de la lonja cada cuarenta minutos, desde las seis de la mañana hasta las nueve de la noche.",
    ),
    (
        (
            "Los panaderos ganan un premio",
            "Tres panaderos del casco viejo ganaron el jueves el premio de la provincia por su pan de centeno.",
        ),
        (
            "El coro canta en el mercado",
            "El coro de la escuela canta el domingo en el mercado y puede venir quien quiera.",
        ),
    ),
    "Mi padre construyó ese muelle en 1958 y le daría pena verlo así hoy en día.",
    bio="Nadia Velasquez es periodista y cubre la costa desde 2011.",
)
_ARABIC_STORY = Story(
    "ar",
    "رصيف الشتاء مغلق حتى الربيع",
    (
        "يبقى رصيف الشتاء مغلقا حتى الربيع لأن الغواصين وجدوا أعمدته متآكلة تحت خط الماء، بحسب إدارة المرفأ يوم الجمعة.",
        "قالت بيلار التي تشرف على الأعمال بعد غوص دام ساعتين صباحا إن الضوء كان يظهر حيث ينبغي أن يكون الخشب.",
        "تنطلق القوارب إلى الخليج الخارجي من رصيف السمك كل أربعين دقيقة من السادسة صباحا حتى التاسعة مساء.",
    ),
    (
        (
            "الخبازون يفوزون بجائزة",
            "فاز ثلاثة خبازين من البلدة القديمة يوم الخميس بجائزة المحافظة عن خبزهم الأسمر.",
        ),
        ("الجوقة تغني في السوق", "تغني جوقة المدرسة يوم الأحد في السوق ويمكن للجميع أن يحضروا ويشاركوا."),
    ),
    "بنى والدي هذا الرصيف قبل عقود وكان سيحزن لو رآه اليوم على هذه الحال.",
    author="نادية وليد",
    bio="نادية وليد صحفية تغطي أخبار الساحل منذ سنوات طويلة.",
)
_JAPANESE_STORY = Story(
    "ja",
    "冬の桟橋、春まで閉鎖が続く",
    (
        "冬の桟橋は春まで閉鎖が続く。潜水士が水面下の杭の腐食を見つけたためだと、港湾局が金曜日に発表した。",
        "工事を率いるピラール氏は、午前中に二時間潜った後、木があるはずの場所から光が見えたと語った。",
        "外湾行きの船は魚市場の岸壁から、朝六時から夜九時まで四十分おきに出航する。",
    ),
    (
        ("パン職人がライ麦パンで受賞", "旧市街の三人のパン職人が木曜日、ライ麦パンで県の賞を受けた。"),
        ("合唱団が市場で歌う", "学校の合唱団が日曜日に市場で歌い、誰でも参加できる。"),
    ),
    "父が一九五八年にこの桟橋を造った。今の姿を見たら悲しむだろう。",
    author="中村奈緒",
    bio="中村奈緒は二〇一一年から沿岸を取材する記者。",
)
STORIES = (
    (_LONG, _ENGLISH),
    (_SHORT, _ENGLISH),
    (_ONE, _ENGLISH),
    (_URDU_STORY, _URDU),
    (_SPANISH_STORY, _SPANISH),
    (_ARABIC_STORY, _ARABIC),
    (_JAPANESE_STORY, _JAPANESE),
)
VARIANTS = [
    (sidebar, above, related, comments)
    for sidebar, above in product((True, False), repeat=2)
    for related, comments in ((True, True), (False, False), (True, False))
]


def page_of(theme: str, layout: Layout, *, social: bool = False) -> str:
    """A whole page; ``social`` adds the metadata that plug-ins add."""
    story = layout.story
    right = ' dir="rtl"' if story.language in {"ur", "ar"} else ""
    head = f"<title>{story.title} – The Coast Post</title>"
    if social:
        head += (
            f'<meta property="og:title" content="{story.title}"><meta property="og:site_name" content="The Coast Post">'
            '<meta property="og:image" content="/uploads/pier-1200x800.jpg">'
        )
    return (
        f'<!doctype html><html lang="{story.language}"{right}><head><meta charset="utf-8">{head}</head>'
        f"{THEMES[theme](layout)}</html>"
    )


# ---------------------------------------------------------------- parts that WordPress's own themes share


def _photo(kind: str) -> str:
    return f'<figure class="{kind}"><img class="attachment-post-thumbnail size-post-thumbnail wp-post-image" src="/uploads/pier-1200x800.jpg" width="1200" height="800" alt="The pier"></figure>'


def _comment_form(layout: Layout) -> str:
    words = layout.words
    return (
        f'<div id="respond" class="comment-respond"><h3 id="reply-title" class="comment-reply-title">{words.reply}</h3>'
        '<form action="/wp-comments-post.php" method="post" class="comment-form"><p class="comment-notes">Your email address will not be published. Required fields are marked *</p>'
        '<p><label>Comment *</label><textarea name="comment"></textarea></p><p><label>Name *</label><input name="author"></p>'
        "<p>Save my name, email, and website in this browser for the next time I comment.</p></form></div>"
    )


def _comments(layout: Layout) -> str:
    if not layout.comments:
        return ""
    story, words = layout.story, layout.words
    each = (
        '<li class="comment even"><article class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"><b class="fn">Rosa</b> '
        f'<span class="says">{words.said}</span></div><div class="comment-metadata"><a href="#c1"><time datetime="2026-11-28T12:00:00+00:00">{words.date}</time></a></div></footer>'
        f'<div class="comment-content"><p>{story.remark}</p></div><div class="reply"><a rel="nofollow" href="#r">{words.reply}</a></div></article></li>'
    )
    return (
        f'<div id="comments" class="comments-area"><h2 class="comments-title">{words.comments}</h2><ol class="comment-list">{each}{each}</ol>'
        f"{_comment_form(layout)}</div>"
    )


def _navigation(layout: Layout) -> str:
    (before, _), (after, _) = layout.story.others[:2]
    words = layout.words
    return (
        '<nav class="navigation post-navigation" role="navigation"><h2 class="screen-reader-text">Post navigation</h2><div class="nav-links">'
        f'<div class="nav-previous"><a href="/p" rel="prev"><span class="meta-nav">{words.previous}</span> <span class="post-title">{before}</span></a></div>'
        f'<div class="nav-next"><a href="/n" rel="next"><span class="meta-nav">{words.next}</span> <span class="post-title">{after}</span></a></div></div></nav>'
    )


def _widgets(layout: Layout) -> str:
    if not layout.sidebar:
        return ""
    links = "".join(
        f'<li><a href="/o{n}">{title}</a></li>' for n, (title, _) in enumerate(layout.story.others)
    )
    words = layout.words
    return (
        '<aside id="secondary" class="sidebar widget-area" role="complementary"><section class="widget widget_search"><form role="search"><input type="search"></form></section>'
        f'<section class="widget widget_recent_entries"><h2 class="widget-title">{words.recent}</h2><ul>{links}</ul></section>'
        f'<section class="widget widget_text"><h2 class="widget-title">{words.newsletter}</h2><p>{words.sign_up}</p></section>'
        '<section class="widget"><h2 class="widget-title">Archives</h2><ul><li><a href="/2026/10/">October 2026</a></li><li><a href="/2018/05/">May 2018</a></li></ul></section></aside>'
    )


def _share(layout: Layout) -> str:
    words = layout.words
    return (
        f'<div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">{words.share}</h3><ul><li><a href="#f">Facebook</a></li><li><a href="#x">X</a></li></ul></div>'
        f'<div id="jp-relatedposts" class="jp-relatedposts"><h3>{words.related}</h3></div>'
    )


def _old_footer() -> str:
    return '<footer id="colophon" class="site-footer"><div class="site-info"><a href="https://wordpress.org/">Proudly powered by WordPress</a></div></footer>'


def _old_header(tag: str) -> str:
    return f'<header id="masthead" class="site-header"><div class="site-branding"><{tag} class="site-title"><a href="/" rel="home">The Coast Post</a></{tag}><p class="site-description">News from the coast and the town</p></div></header>'


# ---------------------------------------------------------------- WordPress, 2015 to 2021: classic themes


def _fifteen(layout: Layout) -> str:
    """Twenty Fifteen: sidebar first; all meta in the entry's footer."""
    words = layout.words
    meta = (
        f'<span class="posted-on"><span class="screen-reader-text">{words.posted} {words.on} </span><a href="/a" rel="bookmark">{layout.time}</a></span>'
        f'<span class="byline"><span class="author vcard"><span class="screen-reader-text">{words.by} </span>{layout.author}</span></span>'
        f'<span class="cat-links"><span class="screen-reader-text">Categories </span>{layout.categories}</span><span class="tags-links"><span class="screen-reader-text">{words.tags} </span>{layout.tags}</span>'
    )
    return (
        f'<body class="single single-post"><div id="page" class="hfeed site"><div id="sidebar" class="sidebar">{_old_header("p")}{_widgets(layout)}</div>'
        f'<div id="content" class="site-content"><div id="primary" class="content-area"><main id="main" class="site-main"><article class="post hentry">{_photo("post-thumbnail")}'
        f'<header class="entry-header"><h1 class="entry-title">{layout.story.title}</h1></header><div class="entry-content">{layout.body}{_share(layout)}</div>{_bio(layout)}<footer class="entry-footer">{meta}</footer></article>'
        f"{_comments(layout)}{_navigation(layout)}</main></div></div>{_old_footer()}</div></body>"
    )


def _bio(layout: Layout) -> str:
    if not layout.related:
        return ""
    return (
        '<div class="author-info"><h2 class="author-heading">Published by</h2><div class="author-description">'
        f'<h3 class="author-title">{layout.story.author}</h3><p class="author-bio">{layout.story.bio} <a class="author-link" href="/author/nadia/" rel="author">View all posts by {layout.story.author}</a></p></div></div>'
    )


def _sixteen(layout: Layout) -> str:
    """Twenty Sixteen: the meta beside the content, in front of or behind it."""
    words = layout.words
    meta = (
        f'<footer class="entry-footer"><span class="byline"><span class="author vcard"><img class="avatar" src="/a.png" width="49" height="49"><span class="screen-reader-text">Author </span>{layout.author}</span></span>'
        f'<span class="posted-on"><span class="screen-reader-text">{words.posted} {words.on} </span><a href="/a" rel="bookmark">{layout.time}</a></span><span class="cat-links">{layout.categories}</span><span class="tags-links">{layout.tags}</span></footer>'
    )
    content = f'<div class="entry-content">{layout.body}{_bio(layout)}</div>'
    inner = meta + content if layout.above else content + meta
    return (
        f'<body class="single"><div id="page" class="site"><div class="site-inner">{_old_header("p")}<div id="content" class="site-content"><div id="primary" class="content-area"><main id="main" class="site-main" role="main">'
        f'<article class="post hentry"><header class="entry-header"><h1 class="entry-title">{layout.story.title}</h1></header>{_excerpt(layout)}{_photo("post-thumbnail")}{inner}</article>{_comments(layout)}{_navigation(layout)}</main></div>{_widgets(layout)}</div>{_old_footer()}</div></div></body>'
    )


def _excerpt(layout: Layout) -> str:
    return f'<div class="entry-summary"><p>{layout.standfirst}</p></div>' if layout.standfirst else ""


def _seventeen(layout: Layout) -> str:
    """Twenty Seventeen: one line of meta above the headline, categories and tags below."""
    words = layout.words
    meta = f'<div class="entry-meta"><span class="posted-on"><span class="screen-reader-text">{words.posted} {words.on}</span> <a href="/a" rel="bookmark">{layout.time}</a></span><span class="byline"> {words.by} <span class="author vcard">{layout.author}</span></span></div>'
    return (
        f'<body class="post-template-default single"><div id="page" class="site">{_old_header("p")}<div class="single-featured-image-header">{_photo("x")}</div><div class="site-content-contain"><div id="content" class="site-content"><div class="wrap"><div id="primary" class="content-area"><main id="main" class="site-main">'
        f'<article class="post hentry"><header class="entry-header">{meta if layout.above else ""}<h1 class="entry-title">{layout.story.title}</h1>{"" if layout.above else meta}</header><div class="entry-content">{layout.body}{_share(layout)}</div>'
        f'<footer class="entry-footer"><span class="cat-tags-links"><span class="cat-links"><span class="screen-reader-text">Categories</span>{layout.categories}</span><span class="tags-links"><span class="screen-reader-text">{words.tags}</span>{layout.tags}</span></span></footer></article>'
        f"{_comments(layout)}{_navigation(layout)}</main></div>{_widgets(layout)}</div></div>{_old_footer()}</div></div></body>"
    )


def _nineteen(layout: Layout) -> str:
    """Twenty Nineteen: the headline in the site's header, widgets in a footer, an author box in the content."""
    words = layout.words
    meta = f'<div class="entry-meta"><span class="byline"><svg></svg><span class="screen-reader-text">{words.posted} {words.by}</span><span class="author vcard">{layout.author}</span></span><span class="posted-on"><svg></svg><a href="/a" rel="bookmark">{layout.time}</a></span><span class="comment-count">2 Comments</span></div>'
    return (
        f'<body class="single"><div id="page" class="site"><header id="masthead" class="site-header featured-image"><div class="site-branding"><p class="site-title"><a href="/" rel="home">The Coast Post</a></p></div><div class="site-featured-image">{_photo("post-thumbnail")}<div class="entry-header"><h1 class="entry-title">{layout.story.title}</h1>{meta if layout.above else ""}</div></div></header>'
        f'<div id="content" class="site-content"><section id="primary" class="content-area"><main id="main" class="site-main"><article class="post entry"><div class="entry-content">{layout.body}</div><footer class="entry-footer">{"" if layout.above else meta}<span class="cat-links"><span class="screen-reader-text">{words.posted} {words.on}</span>{layout.categories}</span><span class="tags-links">{words.tags} {layout.tags}</span></footer>{_bio(layout)}</article>'
        f"{_navigation(layout)}{_comments(layout)}</main></section></div>{_widgets(layout)}{_old_footer()}</div></body>"
    )


def _twenty(layout: Layout) -> str:
    """Twenty Twenty: categories above the headline, a list of meta below it and again below the content."""
    words = layout.words
    meta = (
        f'<div class="post-meta-wrapper"><ul class="post-meta"><li class="post-author meta-wrapper"><span class="meta-icon"><span class="screen-reader-text">Post author</span></span><span class="meta-text">{words.by} {layout.author}</span></li>'
        f'<li class="post-date meta-wrapper"><span class="screen-reader-text">Post date</span><span class="meta-text"><a href="/a">{words.date}</a></span></li><li class="post-comment-link"><span class="meta-text"><a href="#c">2 Comments</a></span></li></ul></div>'
    )
    below = f'<div class="post-meta-wrapper post-meta-single-bottom"><ul class="post-meta"><li class="post-tags meta-wrapper"><span class="screen-reader-text">Tags</span><span class="meta-text">{layout.tags}</span></li></ul></div>'
    return (
        f'<body class="singular"><header id="site-header" class="header-footer-group"><div class="header-titles"><div class="site-title faux-heading"><a href="/">The Coast Post</a></div><div class="site-description">News from the coast</div></div></header><main id="site-content"><article class="post hentry"><header class="entry-header has-text-align-center"><div class="entry-header-inner"><div class="entry-categories"><span class="screen-reader-text">Categories</span><div class="entry-categories-inner">{layout.categories}</div></div>'
        f'<h1 class="entry-title">{layout.story.title}</h1>{_intro(layout)}{meta if layout.above else ""}</div></header>{_photo("featured-media")}<div class="post-inner thin"><div class="entry-content">{layout.body}</div></div><div class="section-inner">{"" if layout.above else meta}{below}{_bio(layout)}</div><nav class="pagination-single section-inner"><hr><div class="pagination-single-inner"><a class="previous-post" href="/p"><span class="arrow">←</span><span class="title"><span class="title-inner">{layout.story.others[0][0]}</span></span></a></div></nav>'
        f'<div class="comments-wrapper section-inner">{_comments(layout)}</div></article></main><div class="footer-nav-widgets-wrapper">{_widgets(layout)}</div>{_old_footer()}</body>'
    )


def _intro(layout: Layout) -> str:
    return (
        f'<div class="intro-text section-inner"><p>{layout.standfirst}</p></div>' if layout.standfirst else ""
    )


def _twenty_one(layout: Layout) -> str:
    """Twenty Twenty-One: the byline below the content, beside categories and tags."""
    words = layout.words
    meta = f'<footer class="entry-footer default-max-width"><div class="posted-by"><span class="posted-on">{words.posted} {layout.time}</span><span class="byline">{words.by} {layout.author}</span></div><div class="post-taxonomies"><span class="cat-links">Categorized as {layout.categories} </span><span class="tags-links">{words.tags} {layout.tags}</span></div></footer>'
    return (
        f'<body class="single"><div id="page" class="site">{_old_header("p")}<div id="content" class="site-content"><div id="primary" class="content-area"><main id="main" class="site-main"><article class="post hentry entry"><header class="entry-header alignwide"><h1 class="entry-title">{layout.story.title}</h1>{_photo("post-thumbnail")}</header><div class="entry-content">{layout.body}</div>{meta}{_bio(layout)}</article>'
        f"{_comments(layout)}{_navigation(layout)}</main></div></div>{_widgets(layout)}{_old_footer()}</div></body>"
    )


# ---------------------------------------------------------------- WordPress, 2022 to 2025: block themes


def _block_comments(layout: Layout) -> str:
    if not layout.comments:
        return ""
    story, words = layout.story, layout.words
    return (
        f'<div class="wp-block-comments"><h2 class="wp-block-comments-title">{words.comments}</h2><ol class="wp-block-comment-template"><li class="comment"><div class="wp-block-columns"><div class="wp-block-column"><div class="wp-block-comment-author-name">Rosa</div><div class="wp-block-comment-date"><time datetime="2026-11-28T12:00:00+00:00">{words.date}</time></div>'
        f'<div class="wp-block-comment-content"><p>{story.remark}</p></div><div class="wp-block-comment-reply-link"><a rel="nofollow" href="#r">{words.reply}</a></div></div></div></li></ol>{_comment_form(layout)}</div>'
    )


def _query(layout: Layout, *, excerpts: bool) -> str:
    if not layout.related:
        return ""
    each = "".join(
        f'<li class="wp-block-post post"><div class="wp-block-group"><h3 class="wp-block-post-title"><a href="/o{n}">{title}</a></h3>'
        + (
            f'<div class="wp-block-post-excerpt"><p class="wp-block-post-excerpt__excerpt">{teaser}</p></div>'
            if excerpts
            else ""
        )
        + f'<div class="wp-block-post-date"><time datetime="2026-11-2{n}T08:00:00+00:00"><a href="/o{n}">{layout.words.date}</a></time></div></div></li>'
        for n, (title, teaser) in enumerate(layout.story.others)
    )
    return f'<div class="wp-block-group"><h2 class="wp-block-heading">{layout.words.related}</h2><div class="wp-block-query"><ul class="wp-block-post-template">{each}</ul></div></div>'


def _block_page(main: str) -> str:
    return (
        '<body class="single"><div class="wp-site-blocks"><header class="wp-block-template-part"><div class="wp-block-group"><p class="wp-block-site-title"><a href="/" rel="home">The Coast Post</a></p><nav class="wp-block-navigation"><ul><li><a href="/n">News</a></li></ul></nav></div></header>'
        f'{main}<footer class="wp-block-template-part"><div class="wp-block-group"><p>The Coast Post</p><p class="has-text-align-right">Proudly powered by <a href="https://wordpress.org">WordPress</a></p></div></footer></div></body>'
    )


def _block_sidebar(layout: Layout) -> str:
    if not layout.sidebar:
        return ""
    links = "".join(
        f'<li><a class="wp-block-latest-posts__post-title" href="/o{n}">{title}</a></li>'
        for n, (title, _) in enumerate(layout.story.others)
    )
    return f'<div class="wp-block-column"><h2 class="wp-block-heading">{layout.words.recent}</h2><ul class="wp-block-latest-posts__list wp-block-latest-posts">{links}</ul><p>{layout.words.sign_up}</p></div>'


def _block_navigation(layout: Layout) -> str:
    (before, _), (after, _) = layout.story.others[:2]
    words = layout.words
    return f'<nav class="wp-block-group"><div class="post-navigation-link-previous wp-block-post-navigation-link"><a href="/p" rel="prev"><span class="post-navigation-link__label">{words.previous}:</span> <span class="post-navigation-link__title">{before}</span></a></div><div class="post-navigation-link-next wp-block-post-navigation-link"><a href="/n" rel="next"><span class="post-navigation-link__label">{words.next}:</span> {after}</a></div></nav>'


def _block_meta(layout: Layout) -> str:
    """Twenty Twenty-Two and -Three: a paragraph each for "Posted", "in" and "by", beside the blocks themselves."""
    words = layout.words
    return (
        f'<div class="wp-block-template-part"><div style="height:0" class="wp-block-spacer"></div><div class="wp-block-group"><hr class="wp-block-separator"><div class="wp-block-columns"><div class="wp-block-column"><div class="wp-block-group"><p>{words.posted}</p><div class="wp-block-post-date"><time datetime="2026-11-28T09:30:00+00:00">{words.date}</time></div><p>{words.on}</p><div class="taxonomy-category wp-block-post-terms">{layout.categories}</div></div>'
        f'<div class="wp-block-group"><p>{words.by}</p><div class="wp-block-post-author"><div class="wp-block-post-author__content"><p class="wp-block-post-author__name">{layout.story.author}</p></div></div></div></div><div class="wp-block-column"><div class="wp-block-group"><p>{words.tags}</p><div class="taxonomy-post_tag wp-block-post-terms">{layout.tags}</div></div></div></div></div></div>'
    )


def _twenty_two(layout: Layout) -> str:
    meta = f'<div class="wp-block-group"><div class="wp-block-post-date"><time datetime="2026-11-28T09:30:00+00:00">{layout.words.date}</time></div><div class="wp-block-post-author"><p class="wp-block-post-author__name">{layout.story.author}</p></div><div class="taxonomy-category wp-block-post-terms">{layout.categories}</div><div class="taxonomy-post_tag wp-block-post-terms">{layout.tags}</div></div>'
    return _block_page(
        f'<main class="wp-block-group"><div class="wp-block-group"><h1 class="alignwide wp-block-post-title">{layout.story.title}</h1>{_photo("wp-block-post-featured-image")}<hr class="wp-block-separator">{meta if layout.above else ""}</div><div class="entry-content wp-block-post-content">{layout.body}</div>{"" if layout.above else meta}<section class="wp-block-group">{_block_comments(layout)}</section>{_query(layout, excerpts=False)}{_block_sidebar(layout)}</main>',
    )


def _twenty_three(layout: Layout) -> str:
    meta = _block_meta(layout)
    return _block_page(
        f'<main class="wp-block-group">{_photo("wp-block-post-featured-image")}<div class="wp-block-group"><h1 class="wp-block-post-title">{layout.story.title}</h1></div>{meta if layout.above else ""}<div class="entry-content wp-block-post-content">{layout.body}</div>{"" if layout.above else meta}<section class="wp-block-template-part"><div class="wp-block-group">{_block_comments(layout)}</div></section>{_query(layout, excerpts=True)}{_block_sidebar(layout)}</main>',
    )


def _twenty_four(layout: Layout) -> str:
    words = layout.words
    meta = f'<div class="wp-block-template-part"><div class="wp-block-group"><div class="wp-block-group"><div class="wp-block-post-date"><time datetime="2026-11-28T09:30:00+00:00"><a href="/a">{words.date}</a></time></div><p class="has-contrast-2-color has-text-color">—</p><p class="has-small-font-size has-contrast-2-color has-text-color">{words.by}</p><div class="wp-block-post-author-name"><a class="wp-block-post-author-name__link" href="/author/nadia">{layout.story.author}</a></div><div class="taxonomy-category wp-block-post-terms"><span class="wp-block-post-terms__prefix">{words.on} </span>{layout.categories}</div></div></div></div>'
    aside = (
        f'<div class="wp-block-column"><div class="wp-block-template-part"><h2 class="wp-block-heading">About the author</h2><p class="wp-block-post-author-biography">{layout.story.bio}</p></div>{_block_sidebar(layout)}</div>'
        if layout.sidebar
        else ""
    )
    return _block_page(
        f'<main class="wp-block-group"><div class="wp-block-columns"><div class="wp-block-column"><div class="wp-block-group"><h1 class="wp-block-post-title">{layout.story.title}</h1>{meta if layout.above else ""}{_photo("wp-block-post-featured-image")}</div><div class="entry-content wp-block-post-content">{layout.body}</div><div class="wp-block-group"><div class="taxonomy-post_tag wp-block-post-terms">{layout.tags}</div>{"" if layout.above else meta}</div><hr class="wp-block-separator">{_block_comments(layout)}<hr class="wp-block-separator">{_block_navigation(layout)}</div>{aside}</div>{_query(layout, excerpts=True)}</main>',
    )


def _twenty_five(layout: Layout) -> str:
    words = layout.words
    meta = f'<div class="wp-block-group has-link-color has-accent-4-color"><p>{words.posted} {words.by} </p><div class="wp-block-post-author-name"><a class="wp-block-post-author-name__link" href="/author/nadia">{layout.story.author}</a></div><p>{words.on}</p><div class="taxonomy-category wp-block-post-terms">{layout.categories}</div></div>'
    return _block_page(
        f'<main class="wp-block-group"><div class="wp-block-group alignfull"><h1 class="wp-block-post-title">{layout.story.title}</h1>{_photo("wp-block-post-featured-image")}{meta if layout.above else ""}<div class="entry-content alignfull wp-block-post-content">{layout.body}</div>{"" if layout.above else meta}<div class="wp-block-group"><div class="taxonomy-post_tag is-style-post-terms-1 wp-block-post-terms">{layout.tags}</div></div><div class="wp-block-group"><nav class="wp-block-group alignwide">{_block_navigation(layout)}</nav></div>{_block_comments(layout)}</div>{_query(layout, excerpts=False)}</main>{_block_sidebar(layout)}',
    )


# ---------------------------------------------------------------- other systems


def _ghost(layout: Layout) -> str:
    """Ghost's Casper: a tag above the headline, an excerpt, a byline; a sign-up and cards behind the article."""
    words, story = layout.words, layout.story
    byline = f'<div class="article-byline"><section class="article-byline-content"><ul class="author-list instapaper_ignore"><li class="author-list-item"><a href="/author/n/" class="author-avatar"><img class="author-profile-image" src="/n.jpg" alt="{story.author}"></a></li></ul><div class="article-byline-meta"><h4 class="author-name"><a href="/author/n/">{story.author}</a></h4><div class="byline-meta-content"><time class="byline-meta-date" datetime="2026-11-28">{words.date}</time><span class="byline-reading-time"><span class="bull">•</span> {words.minutes}</span></div></div></section></div>'
    cards = "".join(
        f'<article class="post-card post"><a class="post-card-image-link" href="/o{n}/"><img class="post-card-image" src="/o{n}.jpg" alt="{title}"></a><div class="post-card-content"><a class="post-card-content-link" href="/o{n}/"><header class="post-card-header"><h2 class="post-card-title">{title}</h2></header><div class="post-card-excerpt">{teaser}</div></a><footer class="post-card-meta"><time class="post-card-meta-date" datetime="2026-11-2{n}">{words.date}</time><span class="post-card-meta-length">{words.minutes}</span></footer></div></article>'
        for n, (title, teaser) in enumerate(story.others)
    )
    more = (
        f'<aside class="read-more-wrap outer"><div class="read-more inner">{cards}</div></aside>'
        if layout.related
        else ""
    )
    sign_up = (
        f'<section class="footer-cta outer"><div class="inner"><h2 class="footer-cta-title">{words.newsletter}</h2><a class="footer-cta-button" href="#/portal"><div class="footer-cta-input">Enter your email</div><span>{words.sign_up}</span></a></div></section>'
        if layout.sidebar
        else ""
    )
    excerpt = f'<p class="article-excerpt">{layout.standfirst}</p>' if layout.standfirst else ""
    return (
        '<body class="post-template"><div class="viewport"><header id="gh-head" class="gh-head outer"><div class="gh-head-inner inner"><a class="gh-head-logo" href="/">The Coast Post</a><nav class="gh-head-menu"><ul class="nav"><li><a href="/">Home</a></li></ul></nav><div class="gh-head-actions"><a class="gh-head-link" href="#/portal/signin">Sign in</a><a class="gh-head-button" href="#/portal/signup">Subscribe</a></div></div></header>'
        f'<div class="site-content"><main id="site-main" class="site-main"><article class="article post"><header class="article-header gh-canvas"><div class="article-tag post-card-tags"><span class="post-card-primary-tag"><a href="/tag/h/">{words.categories[0]}</a></span></div><h1 class="article-title">{story.title}</h1>{excerpt}{byline if layout.above else ""}{_photo("article-image")}</header><section class="gh-content gh-canvas">{layout.body}</section>{"" if layout.above else byline}</article></main>{sign_up}{more}</div>'
        '<footer class="site-footer outer"><div class="inner"><section class="copyright"><a href="/">The Coast Post</a> © 2026</section><div class="gh-powered-by"><a href="https://ghost.org/">Powered by Ghost</a></div></div></footer></div></body>'
    )


def _drupal_comments(layout: Layout, kind: str) -> str:
    if not layout.comments:
        return ""
    words = layout.words
    return (
        f'<section class="{kind}"><h2 class="title comments__title">{words.comments}</h2><article class="comment js-comment"><footer class="comment__meta"><p class="comment__author"><span>Rosa</span></p><p class="comment__time">{words.date}</p></footer><div class="comment__content"><h3 class="comment__title"><a href="/comment/1" class="permalink" rel="bookmark">{layout.story.remark[:20]}</a></h3><div class="field--name-comment-body"><p>{layout.story.remark}</p></div></div></article>'
        f'<h2 class="title comment-form__title">{words.reply}</h2><form class="comment-comment-form"><textarea></textarea><input></form></section>'
    )


def _olivero(layout: Layout) -> str:
    words, story = layout.words, layout.story
    meta = f'<div class="node__meta"><div class="node__author-image"><div class="field--name-user-picture"></div></div><span>{words.by} <span class="field--name-uid"><a href="/user/1" class="username">{story.author}</a></span>, {words.date}</span></div>'
    tags = f'<div class="field field--name-field-tags tags"><h3 class="field__label">{words.tags}</h3><div class="field__items"><div class="field__item"><a href="/t/1" hreflang="en">{words.labels[0]}</a></div><div class="field__item"><a href="/t/2" hreflang="en">{words.labels[1]}</a></div></div></div>'
    sidebar = (
        f'<aside class="layout--content-sidebar sidebar-grid"><div class="block"><h2 class="block__title">{words.recent}</h2><ul>'
        + "".join(f'<li><a href="/o{n}">{title}</a></li>' for n, (title, _) in enumerate(story.others))
        + "</ul></div></aside>"
        if layout.sidebar
        else ""
    )
    return (
        '<body class="path-node page-node-type-article"><div class="layout-container"><header class="site-header"><div class="site-branding"><a href="/" rel="home" class="site-branding__name">The Coast Post</a></div></header><div class="breadcrumb"><nav role="navigation"><ol class="breadcrumb__list"><li><a href="/">Home</a></li></ol></nav></div>'
        f'<main role="main" class="site-main"><div class="region region--content"><div class="block block-page-title-block"><h1 class="title page-title"><span class="field--name-title">{story.title}</span></h1></div><article class="node node--type-article grid-full"><header>{meta if layout.above else ""}</header><div class="node__content"><div class="field--name-field-image">{_photo("x")}</div><div class="text-content clearfix field--name-body">{layout.body}</div>{tags}{"" if layout.above else meta}<div class="node__links"><ul class="links inline"><li class="comment-add"><a href="#c">{words.reply}</a></li></ul></div>{_drupal_comments(layout, "field--name-comment comments")}</div></article></div></main>{sidebar}</div><footer class="site-footer"><div>Powered by Drupal</div></footer></body>'
    )


def _bartik(layout: Layout) -> str:
    words, story = layout.words, layout.story
    meta = f'<div class="node__meta"><article class="profile"></article><span>Submitted {words.by} <span class="field--name-uid"><a href="/user/1">{story.author}</a></span> {words.on} <span class="field--name-created">{words.date} - 09:30</span></span></div>'
    tags = f'<div class="field field--name-field-tags field--type-entity-reference"><h3 class="field__label inline">{words.tags}</h3><ul class="links field__items"><li><a href="/t/1">{words.labels[0]}</a></li><li><a href="/t/2">{words.labels[1]}</a></li></ul></div>'
    sidebar = (
        f'<div id="sidebar-first" class="column sidebar"><aside class="section" role="complementary"><div class="region"><div class="search-block-form"><h2>{words.search}</h2><form><input></form></div><nav><h2>Tools</h2><ul class="menu"><li><a href="/a">Add</a></li></ul></nav></div></aside></div>'
        if layout.sidebar
        else ""
    )
    return f'<body class="layout-one-sidebar path-node"><div id="page-wrapper"><div id="page"><header id="header" class="header"><div class="site-branding__text"><div class="site-branding__name"><a href="/" rel="home">The Coast Post</a></div></div></header><div id="main-wrapper"><div id="main" class="layout-main"><main id="content" class="column main-content" role="main"><section class="section"><div class="region region-content"><div class="block"><h1 class="title page-title"><span>{story.title}</span></h1></div><div class="block-system-main-block"><div class="content"><article class="node node--type-article"><header>{meta if layout.above else ""}</header><div class="node__content clearfix">{_photo("field--name-field-image")}<div class="field--name-body">{layout.body}</div>{tags}{"" if layout.above else meta}<div class="node__links"><ul class="links inline"><li><a href="#">{words.reply}</a></li></ul></div>{_drupal_comments(layout, "comment-wrapper")}</div></article></div></div></div></section></main>{sidebar}</div></div><footer class="site-footer"><span>Powered by <a href="https://www.drupal.org">Drupal</a></span></footer></div></div></body>'


def _joomla(layout: Layout) -> str:
    """Joomla's Cassiopeia: a definition list of details, above or below the text."""
    words, story = layout.words, layout.story
    info = f'<dl class="article-info text-muted"><dt class="article-info-term">Details</dt><dd class="createdby"><span class="icon-user"></span> {words.by}: <span>{story.author}</span></dd><dd class="category-name"><span class="icon-folder-open"></span> Category: <a href="/c">{words.categories[0]}</a></dd><dd class="published"><span class="icon-calendar"></span><time datetime="2026-11-28T09:30:00+00:00"> {words.posted}: {words.date} </time></dd><dd class="hits"><span class="icon-eye"></span> Hits: 412</dd></dl>'
    tags = f'<ul class="tags list-inline"><li class="list-inline-item"><a href="/t/1" class="btn btn-sm btn-info">{words.labels[0]}</a></li><li class="list-inline-item"><a href="/t/2" class="btn btn-sm btn-info">{words.labels[1]}</a></li></ul>'
    pager = f'<nav class="pagenavigation"><span class="pagination ms-0"><a class="btn btn-sm btn-secondary previous" href="/p" rel="prev"><span class="visually-hidden">{words.previous}: {story.others[0][0]}</span> <span aria-hidden="true">{words.previous}</span></a> <a class="btn next" href="/n" rel="next"><span class="visually-hidden">{words.next}: {story.others[1][0]}</span></a></span></nav>'
    related = (
        f'<div class="mod-list related"><h3>{words.related}</h3><ul class="relateditems mod-list">'
        + "".join(f'<li><a href="/o{n}">{title}</a></li>' for n, (title, _) in enumerate(story.others))
        + "</ul></div>"
        if layout.related
        else ""
    )
    sidebar = (
        f'<div class="grid-child container-sidebar-right"><div class="sidebar-right card"><h3 class="card-header">{words.recent}</h3><div class="card-body"><ul class="mod-articleslatest latestnews mod-list">'
        + "".join(
            f'<li><a href="/o{n}"><span>{title}</span></a></li>' for n, (title, _) in enumerate(story.others)
        )
        + "</ul></div></div></div>"
        if layout.sidebar
        else ""
    )
    return f'<body class="site com_content view-article"><header class="header container-header full-width"><div class="grid-child"><div class="navbar-brand"><a class="brand-logo" href="/">The Coast Post</a></div></div></header><div class="site-grid"><div class="grid-child container-component"><main><div class="com-content-article item-page" itemscope itemtype="https://schema.org/Article"><meta itemprop="inLanguage" content="en-GB"><div class="page-header"><h1 itemprop="headline">{story.title}</h1></div>{info if layout.above else ""}{tags if layout.above else ""}{_photo("left item-image")}<div itemprop="articleBody" class="com-content-article__body">{layout.body}</div>{"" if layout.above else info + tags}{pager}{related}</div></main></div>{sidebar}</div><footer class="container-footer footer full-width"><div class="grid-child"><p>© 2026 The Coast Post</p></div></footer></body>'


def _blogger(layout: Layout) -> str:
    """Blogger: the headline is an h3, the text has breaks instead of paragraphs, the byline is below it."""
    words, story = layout.words, layout.story
    text = "<br><br>".join(story.body)
    comments = (
        f'<section class="comments" id="comments"><h4>{words.comments}</h4><div class="comment-thread"><ol><li class="comment"><div class="comment-block"><div class="comment-header"><cite class="user"><a href="#">Rosa</a></cite><span class="datetime secondary-text"><a href="#">{words.date} at 12:00</a></span></div><p class="comment-content">{story.remark}</p><span class="comment-actions"><a href="#">Reply</a></span></div></li></ol></div><p class="comment-footer"><a href="#">Post a Comment</a></p></section>'
        if layout.comments
        else ""
    )
    sidebar = (
        '<div class="column-right-outer"><aside><div class="widget PopularPosts"><h2>Popular posts</h2><ul>'
        + "".join(
            f'<li><div class="item-title"><a href="/o{n}">{title}</a></div><div class="item-snippet">{teaser[:60]} ...</div></li>'
            for n, (title, teaser) in enumerate(story.others)
        )
        + "</ul></div><div class='widget BlogArchive'><h2>Blog Archive</h2><ul><li><a href='/2018/'>2018</a> (12)</li></ul></div></aside></div>"
        if layout.sidebar
        else ""
    )
    return (
        f'<body><div class="content"><header><div class="header-outer"><div class="titlewrapper"><h1 class="title"><a href="/">The Coast Post</a></h1></div><div class="descriptionwrapper"><p class="description"><span>News from the coast</span></p></div></div></header><div class="main-outer"><div class="columns"><div class="main section" id="main"><div class="widget Blog"><div class="blog-posts hfeed"><div class="date-outer"><h2 class="date-header"><span>{words.date}</span></h2><div class="date-posts"><div class="post-outer"><div class="post hentry" itemprop="blogPost" itemscope itemtype="http://schema.org/BlogPosting"><h3 class="post-title entry-title" itemprop="name">{story.title}</h3><div class="post-header"><div class="post-header-line-1"></div></div><div class="post-body entry-content" itemprop="description articleBody"><div class="separator"><a href="/pier.jpg"><img src="/uploads/pier-1200x800.jpg" width="640" height="427" border="0"></a></div>{text}<div style="clear: both;"></div></div>'
        f'<div class="post-footer"><div class="post-footer-line post-footer-line-1"><span class="post-author vcard">{words.posted} {words.by} <span class="fn" itemprop="author"><a class="g-profile" href="#" rel="author"><span itemprop="name">{story.author}</span></a></span></span> <span class="post-timestamp">at <a class="timestamp-link" href="#" rel="bookmark"><abbr class="published" itemprop="datePublished" title="2026-11-28T09:30:00Z">09:30</abbr></a></span><div class="post-share-buttons"><a class="goog-inline-block share-button sb-email" href="#"><span class="share-button-link-text">Email This</span></a><a class="share-button sb-blog" href="#"><span class="share-button-link-text">BlogThis!</span></a></div></div><div class="post-footer-line post-footer-line-2"><span class="post-labels">{words.tags} {layout.tags}</span></div></div></div>{comments}</div></div></div></div><div class="blog-pager" id="blog-pager"><span><a class="blog-pager-newer-link" href="#">Newer Post</a></span><span><a class="blog-pager-older-link" href="#">Older Post</a></span><a class="home-link" href="/">Home</a></div></div></div>{sidebar}</div></div><footer><div>Powered by Blogger.</div></footer></div></body>'
    )


def _medium(layout: Layout) -> str:
    words, story = layout.words, layout.story
    byline = f'<div class="speechify-ignore ab cp"><div class="bn bh l"><div class="ab"><a rel="noopener follow" href="/@nadia"><img alt="{story.author}" src="/n.jpg" width="44" height="44"></a><div class="bm bh l"><div class="ab q"><a class="af ag" data-testid="authorName" href="/@nadia" rel="noopener follow">{story.author}</a><span>·</span><p class="be b"><a href="#">{words.follow}</a></p></div><div class="ab ae"><span class="be b">{words.minutes}</span><div class="ab">·</div><span data-testid="storyPublishDate">{words.date}</span></div></div></div></div><div class="ab co"><div class="q"><button aria-label="clap"></button><p class="be b"><span>128</span></p></div><div><button aria-label="responses"><p><span class="pw-responses-count">3</span></p></button></div><div><button><div><p class="be b">Listen</p></div></button></div><div><button><div><p class="be b">{words.share.rstrip(":")}</p></div></button></div></div></div>'
    body = "".join(
        f'<p id="p{n}" class="pw-post-body-paragraph nb nc" data-selectable-paragraph="">{text}</p>'
        for n, text in enumerate(story.body)
    )
    tags = "".join(
        f'<a class="xx" href="/tag/{n}"><div class="be b">{label}</div></a>'
        for n, label in enumerate(words.labels)
    )
    cards = "".join(
        f'<article class="card"><div class="ab"><div><a href="/@x"><p class="be b">Someone Else</p></a></div><a href="/o{n}"><h2 class="be dy">{title}</h2><div><h3 class="be b">{teaser}</h3></div></a><div><span>Nov 2{n}</span></div></div></article>'
        for n, (title, teaser) in enumerate(story.others)
    )
    more = (
        f'<section class="more"><div><h2>{words.related}</h2></div><div>{cards}</div></section>'
        if layout.related
        else ""
    )
    bio = (
        f'<div class="author-card"><div><h2 class="pw-author-name"><span>Written by {story.author}</span></h2><span class="pw-follower-count">1.2K Followers</span><p>{story.bio}</p></div></div>'
        if layout.related
        else ""
    )
    return (
        '<body><div id="root"><div class="a b c"><div class="nav"><a href="/">Open in app</a><p><span><a href="/signup">Sign up</a></span></p><p><a href="/signin">Sign in</a></p></div>'
        f'<article><div class="l"><div class="l"><section><div><div class="fr fs"><div><h1 id="t" class="pw-post-title">{story.title}</h1></div>{byline}{_photo("paragraph-image")}{body}</div></div></section></div></div></article><div class="tags">{tags}</div>{bio}<div class="ab"><h2>No responses yet</h2></div>{more}<div class="foot"><a href="/help"><p>Help</p></a><a href="/about"><p>About</p></a></div></div></div></body>'
    )


def _substack(layout: Layout) -> str:
    words, story = layout.words, layout.story
    half = (len(story.body) + 1) // 2
    widget = (
        '<div class="subscription-widget-wrap" data-attrs="{}"><div class="subscription-widget show-subscribe"><div class="preamble"><p class="cta-caption">Thanks for reading The Coast Post! Subscribe for free to receive new posts and support my work.</p></div><form class="subscription-widget-subscribe"><input type="email" placeholder="Type your email…"><button>Subscribe</button></form></div></div>'
        if layout.sidebar
        else ""
    )
    body = (
        "".join(f"<p>{text}</p>" for text in story.body[:half])
        + (widget if half < len(story.body) else "")
        + "".join(f"<p>{text}</p>" for text in story.body[half:])
    )
    subtitle = f'<h3 dir="auto" class="subtitle">{layout.standfirst}</h3>' if layout.standfirst else ""
    byline = f'<div class="pencraft pc-display-flex byline-wrapper"><div class="pencraft"><a href="/@nadia" class="pencraft">{story.author}</a></div><div class="pencraft meta-EgzBVA">{words.date}</div></div><div class="post-ufi"><a role="button" class="post-ufi-button"><div class="label">14</div></a><button>2</button><button>{words.share.rstrip(":")}</button></div>'
    comments = (
        f'<div class="comments-page"><h4 class="headline">Discussion about this post</h4><div class="comment-list"><div class="comment"><div class="comment-content"><div class="comment-head"><span>Rosa</span><a href="#">Nov 28</a></div><div class="comment-body"><p><span>{story.remark}</span></p></div></div></div></div></div>'
        if layout.comments
        else ""
    )
    more = (
        '<div class="portable-archive"><div class="portable-archive-list">'
        + "".join(
            f'<div class="post-preview"><a class="post-preview-title" href="/o{n}">{title}</a><a class="post-preview-description" href="/o{n}">{teaser}</a><time datetime="2026-11-2{n}">Nov 2{n}</time></div>'
            for n, (title, teaser) in enumerate(story.others)
        )
        + "</div></div>"
        if layout.related
        else ""
    )
    return (
        '<body><div id="entry"><div id="main" class="main"><div class="topbar"><h1 class="pencraft pub-name"><a href="/" native>The Coast Post</a></h1><div class="topbar-buttons"><button>Subscribe</button><button>Sign in</button></div></div>'
        f'<div class="single-post-container"><div class="single-post"><div class="pencraft"><article class="typography newsletter-post post"><div role="region" aria-label="Post header" class="post-header"><h1 dir="auto" class="post-title published title-X77sOw">{story.title}</h1>{subtitle}{byline if layout.above else ""}</div><div><div class="available-content"><div dir="auto" class="body markup">{_photo("captioned-image-container")}{body}</div></div></div><div class="post-footer">{"" if layout.above else byline}</div></article></div></div>{comments}{more}</div><div class="footer-wrap"><div class="subscribe-footer"><p>Ready for more?</p><form><input type="email"><button>Subscribe</button></form></div><div class="footer-copyright-blurb">© 2026 {story.author}</div></div></div></div></body>'
    )


def _amp(layout: Layout) -> str:
    """WordPress's AMP plug-in in its reader mode: custom elements, meta in lists, links behind the article."""
    words, story = layout.words, layout.story
    meta = f'<div class="amp-wp-meta amp-wp-byline"><amp-img src="/n.png" width="24" height="24" layout="fixed"></amp-img><span class="amp-wp-author author vcard">{story.author}</span></div><div class="amp-wp-meta amp-wp-posted-on"><time datetime="2026-11-28T09:30:00+00:00">{words.date}</time></div>'
    share = '<div class="amp-social"><amp-social-share type="twitter"></amp-social-share><amp-social-share type="facebook"></amp-social-share></div>'
    related = (
        f'<div class="amp-related"><h3>{words.related}</h3><ul>'
        + "".join(
            f'<li><a href="/o{n}/amp">{title}</a><p>{teaser}</p></li>'
            for n, (title, teaser) in enumerate(story.others)
        )
        + "</ul></div>"
        if layout.related
        else ""
    )
    sidebar = (
        f'<amp-sidebar id="s" layout="nodisplay"><ul><li><a href="/n">News</a></li><li><a href="/t">{words.categories[0]}</a></li></ul></amp-sidebar>'
        if layout.sidebar
        else ""
    )
    return f'<body>{sidebar}<header id="top" class="amp-wp-header"><div><a href="/"><span class="amp-site-title">The Coast Post</span></a></div></header><article class="amp-wp-article"><header class="amp-wp-article-header"><h1 class="amp-wp-title">{story.title}</h1>{meta if layout.above else ""}</header><figure class="amp-wp-article-featured-image"><amp-img src="/uploads/pier-1200x800.jpg" width="1200" height="800"></amp-img></figure>{share}<div class="amp-wp-article-content">{layout.body}</div><footer class="amp-wp-article-footer">{"" if layout.above else meta}<div class="amp-wp-meta amp-wp-tax-category">Categories: {layout.categories}</div><div class="amp-wp-meta amp-wp-tax-tag">{words.tags} {layout.tags}</div><div class="amp-wp-meta amp-wp-comments-link"><a href="#">{words.reply}</a></div></footer></article>{related}<footer class="amp-wp-footer"><div><h2>The Coast Post</h2><a href="#top" class="back-to-top">Back to top</a></div></footer></body>'


THEMES: dict[str, Callable[[Layout], str]] = {
    "twentyfifteen": _fifteen,
    "twentysixteen": _sixteen,
    "twentyseventeen": _seventeen,
    "twentynineteen": _nineteen,
    "twentytwenty": _twenty,
    "twentytwentyone": _twenty_one,
    "twentytwentytwo": _twenty_two,
    "twentytwentythree": _twenty_three,
    "twentytwentyfour": _twenty_four,
    "twentytwentyfive": _twenty_five,
    "ghost casper": _ghost,
    "drupal olivero": _olivero,
    "drupal bartik": _bartik,
    "joomla cassiopeia": _joomla,
    "blogger": _blogger,
    "medium": _medium,
    "substack": _substack,
    "amp": _amp,
}
