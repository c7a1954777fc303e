"""The codes of warnings for editors: how an article was read and summarized, and what its post lacks."""

from newsbot.reasons.table import N_, ReasonCode

__all__ = ["WarningCode"]


class WarningCode(ReasonCode):
    """The codes of warnings that tell an editor what may be wrong with an article or its post."""

    # The codes of warnings about how the article was read.
    PAGE_OF_OTHER_TEXT = (
        "page-of-other-text",
        N_(
            "The page has another text than the article (a consent, a login, an error): "
            "what the feed has is shown."
        ),
    )
    PAGE_UNREADABLE = (
        "page-unreadable",
        N_("The article's page could not be read: what the feed has is shown."),
    )
    NO_TITLE = "no-title", N_("The article has no title.")
    LANGUAGE_UNKNOWN = "language-unknown", N_("The article's language is not known.")
    OTHER_LANGUAGE = (
        "other-language",
        N_("The article is in {language}, and {name} takes {reasons}."),
    )

    # The codes of warnings about how the article was summarized.
    ONLY_HEADLINE = (
        "only-headline",
        N_("The article has hardly a sentence that can be shown: only its headline goes out."),
    )
    STANDFIRST_REFUSED = "standfirst-refused", N_("The standfirst is not shown: {why}.")
    CUT_OFF = "cut-off", N_("it is cut, or too short")
    HEADLINE_AGAIN = "headline-again", N_("it is the headline again")
    ABOUT_THE_SITE = "about-the-site", N_("it is about the page or the site, not the news")
    NOT_ARTICLES_WORDS = "not-articles-words", N_("its words are not the article's")
    UNSHOWN_CONTEXT = "unshown-context", N_("it leans on words that are not shown")
    OTHER_MONTH = "other-month", N_("it names another month than the headline")
    A_QUESTION = "a-question", N_("it is a question")
    QUOTES_NOBODY = "quotes-nobody", N_("it quotes nobody")
    HEADLINE_NUMBER_DIFFERS = (
        "headline-number-differs",
        N_("The headline says {number}, the text says {other}."),
    )
    HEADLINE_NUMBER_MISSING = (
        "headline-number-missing",
        N_("The headline says {number}, which the text does not."),
    )
    STANDFIRST_NUMBER_DIFFERS = (
        "standfirst-number-differs",
        N_("The standfirst says {number}, the text says {other}."),
    )
    STANDFIRST_NUMBER_MISSING = (
        "standfirst-number-missing",
        N_("The standfirst says {number}, which the text does not."),
    )

    # The codes of warnings about the text, language, links and photo of the post.
    TEXT_CUT = "text-cut", N_("The headline was too long and was cut.")
    NO_SENTENCE = (
        "no-sentence",
        N_("No sentence below the headline has room and stands by itself."),
    )
    NO_SENTENCE_FOR_LINK = (
        "no-sentence-for-link",
        N_("No sentence below the headline has room, as the address takes {n} of {most} characters."),
    )
    NOT_LINKED = "not-linked", N_("The post does not link to the article.")
    LINK_REMOVED = (
        "link-removed",
        N_("The post does not link to the article any more. A text with {url} in it keeps the link."),
    )
    ONLY_CARD_LINKS = (
        "only-card-links",
        N_("Only the link preview leads to the article now. A text with {url} in it keeps the link."),
    )
    EMBARGO_NOTE_AT_START = (
        "embargo-note-at-start",
        N_('It begins with a note on an embargo, which would go out too: "{words}". /embargo sets a time.'),
        'It begins with a note on an embargo, which would go out too: "{words}". Set it: newsbot embargo.',
    )
    TAGS_AS_TEXT = (
        "tags-as-text",
        N_("Text on purpose, no tags or mentions: {words}. Those that you type in a reply to the card work."),
        "Text on purpose, no tags or mentions: {words}. Those that you type with newsbot edit work.",
    )
    THREAD = "thread", N_("The post is a thread of {n}.")
    CAPTION_TOO_LONG = (
        "caption-too-long",
        N_("The text is too long for a caption, so the photo is left out."),
    )
    QUOTES = "quotes", N_("The post quotes {who}.")
    SPEAKER_UNCLEAR = (
        "speaker-unclear",
        N_("The post has direct speech, and who speaks is not clear."),
    )
    WOULD_BE_HELD = "would-be-held", N_("It would be held: {why}.")
    WOULD_BE_DROPPED = "would-be-dropped", N_("It would be dropped: {why}.")
