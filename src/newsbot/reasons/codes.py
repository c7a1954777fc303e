"""The codes of warnings, and of reasons about posts: why a post waits for an editor, when it is sent, what
happened to it.
"""

from collections.abc import Iterable

from newsbot.reasons.reason import N_, Reason, ReasonCode

__all__ = ["Code", "WarningCode", "join_reasons", "join_sentences", "list_names"]


class Code(ReasonCode):
    """The codes of reasons about posts and articles, with English texts, which a post's history shows."""

    # The codes of reasons that quote a text unchanged, or join several reasons to one reason.
    TEXT = "{words}"
    LEGACY = "{words}"
    LIST = "{reasons}"
    SENTENCES = "{sentences}"
    TITLED = N_("{what}: {why}")
    WITH_CAUSE = N_("{what} ({why})")
    AT = "{at}"
    REDACTED = N_("redacted")

    # The codes of reasons why a post is held for an editor's approval.
    APPROVAL = N_("approval")
    AN_EDITOR = N_("an editor")
    TRIED_AGAIN = N_("tried again")
    FLOOD = N_("{name} suddenly had {n} new articles (usually {usual}): are they really new?")
    REPEATED_SENTENCE = N_('a sentence stands in {n} summaries: "{words}": was it read right?')
    TEXT_OF_ONE_CHARACTER = N_("its text has 1 character (usually {least} to {most}): was it read right?")
    UNUSUAL_LENGTH = N_("its text has {n} characters (usually {least} to {most}): was it read right?")
    SIMILAR = N_("it looks like {id}")
    SIMILAR_TITLE = N_('it looks like {id}, "{title}"')
    SIMILAR_OUT = N_("it looks like {id}, out {at}")
    SIMILAR_TITLE_OUT = N_('it looks like {id}, "{title}", out {at}')
    OTHER_PLACE = N_("{name} posted to {then} when this was composed, and posts to {place} now")
    WORDS_FOR_ANOTHER_CHANNEL = N_("the words of {by} are not those that were composed for {name}")
    FIX_UNDONE = N_(
        'the source\'s edit has "{words}", where the fix {fix} changed "{was}": fix it again or leave it'
    )
    CORRECTION_UNDONE = N_(
        "the source edited an article whose text {by} had corrected: correct it again or leave it"
    )
    DECISION_LOST = N_(
        "the ledger was restored from a backup, and a later decision about this post is lost: "
        "look at it again"
    )
    NO_LINK = N_("no link, as readers can't open it")
    EMBARGO_NOTE = N_('it begins with a note on an embargo: "{words}"')
    HELD_FOR_WARNING = N_("the warning {name}: {why}")
    EDITED_AFTER_PERSON = N_("its article was edited at its source after {by}'s edit")
    EDITED_NOT_COMPOSED = N_("the article was edited, and can't be composed: {why}")
    APPROVAL_VOID = N_("approval is void")
    CONTENT_CHANGED = N_("its content changed")
    WORDS_EDITED = N_("its words were edited")
    WORDS_CHANGED_BY = N_("its text was changed ({action})")
    OTHER_TIME = N_("it was for another time")
    ARTICLE_EDITED = N_("its article was edited")

    # The codes of reasons that say what a review rule of a source or channel did with an article. `RULE` has
    # the rule's conditions as a text, as older versions of newsbot stored them.
    RULE = N_("rule {n} of {name}: {verb}, {words}")
    RULE_APPLIED = N_("rule {n} of {name}: {verb}, {why}")
    CONDITION = N_("{field} {choices}")
    OLDER_THAN = N_("older than {words}")
    AS_TAG = N_("as {words}")
    RULE_OWN_WORDS = N_("{words} (rule {n} of {name})")
    RULE_TOO_SLOW = N_("rule {n} of {name}: {words} took too long")

    # The codes of reasons why a post is due at its time.
    AS_SOON_AS_THERE = N_("at once, as no rule delays it")
    GAP = N_("{n} min after the post before it")
    QUIET_HOURS = N_("after quiet hours {time}")
    DAY_FULL = N_("after {day}, a day with no more room ({n} a day)")
    SLOT = N_("slot {time}")
    SLOT_ON_DAY = N_("slot {time} on {day}")
    CLOCK_SKIPS_IT = N_("which the clock skips that day")
    SLOT_AFTER_OTHERS = N_("{what} (earlier slots can't be used: {reasons})")
    SLOTS_TAKEN = N_("{n} taken by another post")
    SLOTS_IN_QUIET_HOURS = N_("{n} in quiet hours")
    SLOTS_ON_FULL_DAY = N_("{n} on a day with no more room ({most} a day)")
    SLOTS_NEAR_POST = N_("{n} too close to another post (under {least} min)")
    SLOT_MISSED = N_("at once, as it could not go in its slot {time} on {day}")
    SLOT_PASSED = N_("as its slot {time} on {day} passed")
    BREAKING = N_("breaking")
    AFTER_EMBARGO = N_("after its embargo")
    EMBARGO_ENDS = N_("when its embargo ends")
    EMBARGO_LIFTED = N_("as its embargo was lifted")
    SPREAD_AT_RESUME = N_("spread out at resume")
    AT_ONCE_AT_RESUME = N_("at once, as asked at resume")
    AT_ONCE_ASKED = N_("at once, as asked")
    TIME_SET = N_("the time that was set")
    CORRECTION = N_("a correction")
    DIGEST_OF_ONE = N_("digest of 1 article")
    DIGEST = N_("digest of {n} articles")
    EVERGREEN = N_("evergreen, in slot {time} that nothing else takes; last out {date}")

    # The codes of reasons that are the details of events in a post's history.
    HELD_FOR = N_("held: {why}")
    WAS_HELD_FOR = N_("was held: {why}")
    SOME_OF = N_("{n} of {count}")
    REFUSED = N_("refused")
    FORM_ONLY = N_("its form alone")
    TITLE_CHANGED = N_("title: {words}")
    ADDRESS_CHANGED = N_("address: {words}")
    PHOTO_CHANGED = N_("photo: {words}")
    SUMMARY_CHANGED = N_("summary: {words}")
    TEXT_CHANGED = N_("text: {words}")
    ONE_MORE_PLACE = N_("and 1 more place")
    MORE_PLACES = N_("and {n} more places")
    PUBLISHED_AGAIN = N_("published again")
    NOT_NEW = N_("not new, as answered")
    DROPPED_AT_RESUME = N_("dropped at resume")
    SOURCE_BLOCKED = N_("its source was blocked")
    MOVED_TO = N_("moved to {name}")
    CHANNEL_RENAMED = N_("its channel is called {name} now")
    MOVED_TO_POST = N_("to {name} as post {ref}")
    MOVED_FROM_POST = N_("from {name}, where it was post {ref}")
    PART = N_("part {n} of {count}")
    PART_OUT = N_("part {n} of {count} is out")
    NOTHING_LEFT = N_("nothing is left to send")
    OVER_BUDGET = N_("budget: ${spent} of ${limit} are spent in {date}, and this costs ${price}")
    LATE_ANSWER = N_("a late answer")
    STOPPED_BETWEEN_PARTS = N_("stopped before its next part: it is being taken away or corrected")
    IS_OUT = N_("it is out: {link}")
    NOT_THERE = N_("not there")
    NOT_ON_PLATFORM = N_("not on the platform, from {since} to {until} by its clock")
    SEARCH_GIVEN_UP = (
        N_("{n} looks did not settle it: a person has to (/resolve)"),
        "{n} looks did not settle it: a person has to (`newsbot resolve`)",
    )
    NEXT_PART_IN_DOUBT = N_("so may part {n} of {count} be")
    GONE_AT_SOURCE = N_("its article is not published at its source any more")
    WITHDRAW_IT = N_("the article is not published at its source any more: should this be withdrawn?")
    PROTECTED_AT_SOURCE = N_("its source asks readers of the article for a password now")
    WITHDRAW_PROTECTED = N_(
        "the source asks readers of the article for a password now: should this be withdrawn?"
    )
    PAUSED_BY_PERSON = N_("paused by a person")
    CHANNEL_SENDS = N_("the channel sends again")
    PLATFORM_TAKES_POSTS = N_("the platform takes posts again")
    WARNINGS_OVER = N_("nothing to warn of any more")
    ONCE_KNOWN = N_("once it is known whether it is out ({state} now)")
    TAKEN_DOWN = N_("taken down")
    WITHDRAWN = N_("withdrawn")
    CORRECTED_BY = N_("corrected by {ref}")
    CORRECTED_BY_NONE = N_("corrected by none, as it is blocked")
    EMBARGO_UNTIL = N_("until {until}")
    EMBARGO_LIFTED_BY = N_("lifted by {by} and {who}")
    PUBLISHED = N_("published {at}")
    COMPOSED_OF = N_("{n} of the article's sentences, template {name}, revision {count}")
    COMPOSED_WITH = N_("text by a model (sentences: {n}), template {name}, revision {count}")
    COMPOSED_BY = N_("template {name}, revision {count}")
    OUT_IN_LOST_TIME = N_("some time from {since} to {until}: the ledger was restored, so nobody knows when")
    CALL_OF_PART = N_("part {n}: {why}")
    CALL_ACCEPTED = N_("accepted after {n} s")
    CALL_NOT_SENT = N_("surely not sent after {n} s")
    CALL_REFUSED = N_("refused after {n} s")
    CALL_WITHOUT_PROOF = N_("no answer that proves anything after {n} s")
    CALL_UNDER_WAY = N_("under way")

    # The codes of reasons why an article was not read or summarized, and how much of a budget is spent.
    READING_BROKE = N_("reading failed in a way nobody foresaw ({name}): see the log")
    SOURCE_BROKE = N_("the {name} source failed in a way nobody foresaw ({words}): see the log")
    SUMMARIZER_LATE = N_("gave no answer within {n} s")
    SUMMARIZER_BROKE = N_("failed in a way nobody foresaw ({name})")
    SUMMARIZER_SILENT = N_("gave no sentence")
    SUMMARIZER_PAUSED = N_("failed again and again (in a row: {n}), so it is not asked for a minute")
    SUMMARIZER_DOWN = N_("could not be reached ({name})")
    SUMMARIZER_STATUS = N_("answered HTTP {n}")
    SUMMARIZER_KEY_REFUSED = N_("refused the key (HTTP {n})")
    SUMMARIZER_BUSY = N_("takes no more calls now (HTTP 429)")
    SUMMARIZER_UNREADABLE = N_("gave an answer that is not in the form that was asked for")
    SUMMARIZER_CUT = N_("its answer was longer than allowed (tokens: {n})")
    SUMMARIZER_DECLINED = N_("declined to write")
    SUMMARIZER_OTHER_LANGUAGE = N_("wrote in the language {language}, and {wanted} was asked for")
    SUMMARIZER_TOO_LONG = N_("wrote too much (characters: {n}, asked for: {most})")
    SUMMARIZER_NOT_CARRIED = N_(
        "too little of its answer is carried by the article (sentences: {n} of {count})"
    )
    SUMMARIZER_SHORT_TEXT = N_("was not asked, as the article is short (sentences: {n})")
    SUMMARIZER_NO_PROMPT = N_("was not asked, as its prompt failed: {words}")
    SUMMARY_WRITTEN = N_(
        "written by {name}, prompt {words}; sentences that passed the checks: {n} of {count}"
    )
    SUMMARY_CHECKER = N_("second opinion by {name}")
    SUMMARY_VETOED = N_("second opinion by {name}; rejected sentences: {n} of {count}")
    SPENT_OF = N_("${spent} of ${limit}")

    # The codes of reasons that say what an editor ordered for an article or post.
    FIX = N_("{old} > {new}")
    NEW_TEXT = N_("new text")
    WITHOUT_ARTICLE = N_("without {id}")
    ONE_POST = "{ref}"
    MAYBE_CORRECTED = N_(
        "the ledger was restored from a backup, and this may have been corrected since: "
        "look at it, then correct it or leave it"
    )


class WarningCode(ReasonCode):
    """The codes of warnings that tell an editor what may be wrong with an article or its post."""

    # The codes of warnings about how the article was read.
    PAGE_OF_OTHER_TEXT = N_(
        "The page has another text than the article (a consent, a login, an error): "
        "what the feed has is shown."
    )
    PAGE_UNREADABLE = N_("The article's page could not be read: what the feed has is shown.")

    # The codes of warnings about what readers and platforms get at the article's address.
    PAGE_STATUS = N_("The article's page answers with the status {status}.")
    PAGE_NOT_REACHED = N_("The article's page can't be reached: {why}.")
    PAGE_SLOW = N_("The article's page has not answered within {n} s.")
    PAGE_ASKS_LOGIN = N_("Readers of the article's page are asked to log in, to pay or for a password.")
    PAGE_SHOWS_OTHER_TEXT = N_("The article's page shows another text than the article: {url}.")
    PAGE_IS_FRONT_PAGE = N_("The article's address leads to the site's front page.")
    PAGE_IS_DRAFT = N_("The article's page looks like a draft or a preview: {words}.")
    PAGE_NOT_LISTED = N_("The article's page asks search engines to leave it out ({name}): is it a draft?")
    CANONICAL_ELSEWHERE = N_("The article's page names another address as its own: {url}.")
    CARD_WITHOUT_TITLE = N_("The article's page has no title for the link preview ({name}).")
    CARD_WITHOUT_IMAGE = N_("The article's page has no image for the link preview ({name}).")
    CARD_IMAGE_NOT_HAD = N_("The image of the link preview can't be had: {why}.")
    CARD_IMAGE_NO_IMAGE = N_("The image of the link preview is no image: {url}.")
    CARD_IMAGE_SMALL = N_("The image of the link preview is only {size} pixels: {url}.")

    # The codes of warnings about what was read of the article.
    NO_TITLE = N_("The article has no title.")
    LANGUAGE_UNKNOWN = N_("The article's language is not known.")
    OTHER_LANGUAGE = N_("The article is in {language}, and {name} takes {reasons}.")

    # The codes of warnings about how the article was summarized.
    ONLY_HEADLINE = N_("The article has hardly a sentence that can be shown: only its headline goes out.")
    STANDFIRST_REFUSED = N_("The standfirst is not shown: {why}.")
    CUT_OFF = N_("it is cut, or too short")
    HEADLINE_AGAIN = N_("it is the headline again")
    ABOUT_THE_SITE = N_("it is about the page or the site, not the news")
    NOT_ARTICLES_WORDS = N_("its words are not the article's")
    UNSHOWN_CONTEXT = N_("it leans on words that are not shown")
    OTHER_MONTH = N_("it names another month than the headline")
    A_QUESTION = N_("it is a question")
    QUOTES_NOBODY = N_("it quotes nobody")
    BACKGROUND = N_("it tells what was before the news, and has no word of the headline")
    NOT_GROUNDED = N_('The article does not carry this sentence ({why}): "{words}"')
    HEADLINE_NUMBER_DIFFERS = N_("The headline says {number}, the text says {other}.")
    HEADLINE_NUMBER_MISSING = N_("The headline says {number}, which the text does not.")
    STANDFIRST_NUMBER_DIFFERS = N_("The standfirst says {number}, the text says {other}.")
    STANDFIRST_NUMBER_MISSING = N_("The standfirst says {number}, which the text does not.")

    # The codes of warnings about contradictions in an article, each of which quotes the place or both places.
    CONTRADICTION_HEADLINE = N_('The headline says "{words}", but the text "{other}".')
    CONTRADICTION_VALUES = N_('The text says "{words}", but in another place "{other}".')
    CONTRADICTION_AGES = N_('A person has two ages: "{words}", but in another place "{other}".')
    CONTRADICTION_BIRTH = N_('The age and the year of birth do not fit: "{words}".')
    CONTRADICTION_SUM = N_('The parts add up to {number}: "{words}".')
    CONTRADICTION_SHARES = N_('The shares add up to {number} %: "{words}".')
    CONTRADICTION_WEEKDAY = N_('The date has another weekday, {day}: "{words}".')
    CONTRADICTION_NOT_YET = N_('The text tells as past what is after {day}: "{words}".')
    CONTRADICTION_REVERSED = N_('The end is before the beginning: "{words}".')
    CONTRADICTION_DURATION = N_('The number of years does not fit the years: "{words}".')
    CONTRADICTION_LAUNCH = N_('{name} was launched on {date}, later than this: "{words}".')
    CONTRADICTION_EVENT = N_('newsbot knows another date of "{name}", {date}: "{words}".')
    CONTRADICTION_POST = N_('The post of {at} ({ref}) says "{words}", but this article "{other}".')
    NUMBER_ROSE = N_('The post of {at} ({ref}) says "{words}"; the number has risen since: "{other}".')

    # The codes of warnings about the text, language, links and photo of the post.
    TEXT_CUT = N_("The headline was too long and was cut.")
    NO_SENTENCE = N_("No sentence below the headline has room and stands by itself.")
    NO_SENTENCE_FOR_LINK = N_(
        "No sentence below the headline has room, as the address takes {n} of {most} characters."
    )
    NOT_LINKED = N_("The post does not link to the article.")
    LINK_REMOVED = N_(
        "The post does not link to the article any more. A text with {url} in it keeps the link."
    )
    ONLY_CARD_LINKS = N_(
        "Only the link preview leads to the article now. A text with {url} in it keeps the link."
    )
    EMBARGO_NOTE_AT_START = (
        N_('It begins with a note on an embargo, which would go out too: "{words}". /embargo sets a time.'),
        'It begins with a note on an embargo, which would go out too: "{words}". Set it: newsbot embargo.',
    )
    TAGS_AS_TEXT = (
        N_("Text on purpose, no tags or mentions: {words}. Those that you type in a reply to the card work."),
        "Text on purpose, no tags or mentions: {words}. Those that you type with newsbot edit work.",
    )
    THREAD = N_("The post is a thread of {n}.")
    CAPTION_TOO_LONG = N_("The text is too long for a caption, so the photo is left out.")
    QUOTES = N_("The post quotes {who}.")
    SPEAKER_UNCLEAR = N_("The post has direct speech, and who speaks is not clear.")
    MARKUP_LEFT = N_('The post has leftovers of markup or of a template: "{words}".')
    STALE_DAY = N_('The article is of {day}: "{words}" means another day when the post is sent.')
    PHOTO_WITHOUT_ALT = N_("The photo has no alternative text for readers who can't see it.")
    WOULD_BE_HELD = N_("It would be held: {why}.")
    WOULD_BE_HELD_FOR_WARNING = N_("It would be held, as preflight.hold names {name}.")
    WOULD_BE_DROPPED = N_("It would be dropped: {why}.")


def join_reasons(reasons: Iterable[Reason | None]) -> Reason:
    """Join several reasons to one, whose message to people lists theirs with commas; leave out each None.

    At least one of ``reasons`` must be a reason.
    """
    found = [inner for each in reasons if each for inner in _flatten(each)]
    return found[0] if len(found) == 1 else Code.LIST(reasons=tuple(found))


def join_sentences(reasons: Iterable[Reason | None]) -> Reason | None:
    """Join several reasons to one, whose message to people has theirs as its sentences; leave out each None.

    Returns None if all of ``reasons`` are None.
    """
    found = tuple(each for each in reasons if each)
    if len(found) <= 1:
        return found[0] if found else None
    return Code.SENTENCES(sentences=found)


def list_names(names: Iterable[str]) -> tuple[Reason, ...]:
    """Return each name as a reason, because a message to people can list only reasons, not names."""
    return tuple(Code.TEXT(words=name) for name in names)


def _flatten(reason: Reason) -> Iterable[Reason]:
    inner = reason.params["reasons"] if reason.code is Code.LIST else (reason,)
    assert isinstance(inner, tuple)  # noqa: S101  The class `Reason` has checked the type of this parameter.
    return inner
