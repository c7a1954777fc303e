"""The codes of reasons about posts: why one is held, when it is sent, and what happened to it."""

from newsbot.reasons.table import N_, ReasonCode

__all__ = ["Code"]


class Code(ReasonCode):
    """The codes of reasons about posts and articles, with English texts, which a post's history shows."""

    # The codes of reasons that quote a text unchanged, or join several reasons to one reason.
    TEXT = "text", "{words}"
    LEGACY = "legacy", "{words}"
    LIST = "list", "{reasons}"
    SENTENCES = "sentences", "{sentences}"
    TITLED = "titled", N_("{what}: {why}")
    WITH_CAUSE = "with-cause", N_("{what} ({why})")
    AT = "at", "{at}"
    REDACTED = "redacted", N_("redacted")

    # The codes of reasons why a post is held for an editor's approval.
    APPROVAL = "approval", N_("approval")
    AN_EDITOR = "an-editor", N_("an editor")
    TRIED_AGAIN = "tried-again", N_("tried again")
    FLOOD = "flood", N_("{name} suddenly had {n} new articles (usually {usual}): are they really new?")
    REPEATED_SENTENCE = (
        "repeated-sentence",
        N_('a sentence stands in {n} summaries: "{words}": was it read right?'),
    )
    TEXT_OF_ONE_CHARACTER = (
        "text-of-one-character",
        N_("its text has 1 character (usually {least} to {most}): was it read right?"),
    )
    UNUSUAL_LENGTH = (
        "unusual-length",
        N_("its text has {n} characters (usually {least} to {most}): was it read right?"),
    )
    SIMILAR = "similar", N_("it looks like {id}")
    SIMILAR_TITLE = "similar-title", N_('it looks like {id}, "{title}"')
    SIMILAR_OUT = "similar-out", N_("it looks like {id}, out {at}")
    SIMILAR_TITLE_OUT = "similar-title-out", N_('it looks like {id}, "{title}", out {at}')
    OTHER_PLACE = (
        "other-place",
        N_("{name} posted to {then} when this was composed, and posts to {place} now"),
    )
    WORDS_FOR_ANOTHER_CHANNEL = (
        "words-for-another-channel",
        N_("the words of {by} are not those that were composed for {name}"),
    )
    FIX_UNDONE = (
        "fix-undone",
        N_('the source\'s edit has "{words}", where the fix {fix} changed "{was}": fix it again or leave it'),
    )
    CORRECTION_UNDONE = (
        "correction-undone",
        N_("the source edited an article whose text {by} had corrected: correct it again or leave it"),
    )
    DECISION_LOST = (
        "decision-lost",
        N_(
            "the ledger was restored from a backup, and a later decision about this post is lost: "
            "look at it again"
        ),
    )
    NO_LINK = "no-link", N_("no link, as readers can't open it")
    EMBARGO_NOTE = "embargo-note", N_('it begins with a note on an embargo: "{words}"')
    EDITED_AFTER_PERSON = "edited-after-person", N_("its article was edited at its source after {by}'s edit")
    EDITED_NOT_COMPOSED = "edited-not-composed", N_("the article was edited, and can't be composed: {why}")
    APPROVAL_VOID = "approval-void", N_("approval is void")
    CONTENT_CHANGED = "content-changed", N_("its content changed")
    WORDS_EDITED = "words-edited", N_("its words were edited")
    WORDS_CHANGED_BY = "words-changed-by", N_("its text was changed ({action})")
    OTHER_TIME = "other-time", N_("it was for another time")
    ARTICLE_EDITED = "article-edited", N_("its article was edited")

    # The codes of reasons that say what a review rule of a source or channel did with an article.
    RULE = "rule", N_("rule {n} of {name}: {verb}, {words}")
    RULE_OWN_WORDS = "rule-own-words", N_("{words} (rule {n} of {name})")
    RULE_TOO_SLOW = "rule-too-slow", N_("rule {n} of {name}: {words} took too long")

    # The codes of reasons why a post is due at its time.
    AS_SOON_AS_THERE = "as-soon-as-there", N_("at once, as no rule delays it")
    GAP = "gap", N_("{n} min after the post before it")
    QUIET_HOURS = "quiet-hours", N_("after quiet hours {time}")
    DAY_FULL = "day-full", N_("after {day}, a day with no more room ({n} a day)")
    SLOT = "slot", N_("slot {time}")
    SLOT_ON_DAY = "slot-on-day", N_("slot {time} on {day}")
    CLOCK_SKIPS_IT = "clock-skips-it", N_("which the clock skips that day")
    SLOT_AFTER_OTHERS = "slot-after-others", N_("{what} (earlier slots can't be used: {reasons})")
    SLOTS_TAKEN = "slots-taken", N_("{n} taken by another post")
    SLOTS_IN_QUIET_HOURS = "slots-in-quiet-hours", N_("{n} in quiet hours")
    SLOTS_ON_FULL_DAY = "slots-on-full-day", N_("{n} on a day with no more room ({most} a day)")
    SLOTS_NEAR_POST = "slots-near-post", N_("{n} too close to another post (under {least} min)")
    SLOT_MISSED = "slot-missed", N_("at once, as it could not go in its slot {time} on {day}")
    SLOT_PASSED = "slot-passed", N_("as its slot {time} on {day} passed")
    BREAKING = "breaking", N_("breaking")
    AFTER_EMBARGO = "after-embargo", N_("after its embargo")
    EMBARGO_ENDS = "embargo-ends", N_("when its embargo ends")
    EMBARGO_LIFTED = "embargo-lifted", N_("as its embargo was lifted")
    SPREAD_AT_RESUME = "spread-at-resume", N_("spread out at resume")
    AT_ONCE_AT_RESUME = "at-once-at-resume", N_("at once, as asked at resume")
    AT_ONCE_ASKED = "at-once-asked", N_("at once, as asked")
    TIME_SET = "time-set", N_("the time that was set")
    CORRECTION = "correction", N_("a correction")
    DIGEST_OF_ONE = "digest-of-one", N_("digest of 1 article")
    DIGEST = "digest", N_("digest of {n} articles")
    EVERGREEN = "evergreen", N_("evergreen, in slot {time} that nothing else takes; last out {date}")

    # The codes of reasons that are the details of events in a post's history.
    HELD_FOR = "held-for", N_("held: {why}")
    WAS_HELD_FOR = "was-held-for", N_("was held: {why}")
    SOME_OF = "some-of", N_("{n} of {count}")
    REFUSED = "refused", N_("refused")
    FORM_ONLY = "form-only", N_("its form alone")
    TITLE_CHANGED = "title-changed", N_("title: {words}")
    ADDRESS_CHANGED = "address-changed", N_("address: {words}")
    PHOTO_CHANGED = "photo-changed", N_("photo: {words}")
    SUMMARY_CHANGED = "summary-changed", N_("summary: {words}")
    TEXT_CHANGED = "text-changed", N_("text: {words}")
    ONE_MORE_PLACE = "one-more-place", N_("and 1 more place")
    MORE_PLACES = "more-places", N_("and {n} more places")
    PUBLISHED_AGAIN = "published-again", N_("published again")
    NOT_NEW = "not-new", N_("not new, as answered")
    DROPPED_AT_RESUME = "dropped-at-resume", N_("dropped at resume")
    SOURCE_BLOCKED = "source-blocked", N_("its source was blocked")
    MOVED_TO = "moved-to", N_("moved to {name}")
    CHANNEL_RENAMED = "channel-renamed", N_("its channel is called {name} now")
    MOVED_TO_POST = "moved-to-post", N_("to {name} as post {ref}")
    MOVED_FROM_POST = "moved-from-post", N_("from {name}, where it was post {ref}")
    PART = "part", N_("part {n} of {count}")
    PART_OUT = "part-out", N_("part {n} of {count} is out")
    NOTHING_LEFT = "nothing-left", N_("nothing is left to send")
    OVER_BUDGET = (
        "over-budget",
        N_("budget: ${spent} of ${limit} are spent in {date}, and this costs ${price}"),
    )
    LATE_ANSWER = "late-answer", N_("a late answer")
    STOPPED_BETWEEN_PARTS = (
        "stopped-between-parts",
        N_("stopped before its next part: it is being taken away or corrected"),
    )
    IS_OUT = "is-out", N_("it is out: {link}")
    NOT_THERE = "not-there", N_("not there")
    NOT_ON_PLATFORM = "not-on-platform", N_("not on the platform, from {since} to {until} by its clock")
    SEARCH_GIVEN_UP = (
        "search-given-up",
        N_("{n} looks did not settle it: a person has to (/resolve)"),
        "{n} looks did not settle it: a person has to (`newsbot resolve`)",
    )
    NEXT_PART_IN_DOUBT = "next-part-in-doubt", N_("so may part {n} of {count} be")
    GONE_AT_SOURCE = "gone-at-source", N_("its article is not published at its source any more")
    WITHDRAW_IT = (
        "withdraw-it",
        N_("the article is not published at its source any more: should this be withdrawn?"),
    )
    PAUSED_BY_PERSON = "paused-by-person", N_("paused by a person")
    CHANNEL_SENDS = "channel-sends", N_("the channel sends again")
    PLATFORM_TAKES_POSTS = "platform-takes-posts", N_("the platform takes posts again")
    ONCE_KNOWN = "once-known", N_("once it is known whether it is out ({state} now)")
    TAKEN_DOWN = "taken-down", N_("taken down")
    WITHDRAWN = "withdrawn", N_("withdrawn")
    CORRECTED_BY = "corrected-by", N_("corrected by {ref}")
    CORRECTED_BY_NONE = "corrected-by-none", N_("corrected by none, as it is blocked")
    EMBARGO_UNTIL = "embargo-until", N_("until {until}")
    EMBARGO_LIFTED_BY = "embargo-lifted-by", N_("lifted by {by} and {who}")
    PUBLISHED = "published", N_("published {at}")
    COMPOSED_OF = "composed-of", N_("{n} of the article's sentences, template {name}, revision {count}")
    COMPOSED_BY = "composed-by", N_("template {name}, revision {count}")
    OUT_IN_LOST_TIME = (
        "out-in-lost-time",
        N_("some time from {since} to {until}: the ledger was restored, so nobody knows when"),
    )
    CALL_OF_PART = "call-of-part", N_("part {n}: {why}")
    CALL_ACCEPTED = "call-accepted", N_("accepted after {n} s")
    CALL_NOT_SENT = "call-not-sent", N_("surely not sent after {n} s")
    CALL_REFUSED = "call-refused", N_("refused after {n} s")
    CALL_WITHOUT_PROOF = "call-without-proof", N_("no answer that proves anything after {n} s")
    CALL_UNDER_WAY = "call-under-way", N_("under way")

    # The codes of reasons why an article was not read or summarized, and how much of a budget is spent.
    READING_BROKE = "reading-broke", N_("reading failed in a way nobody foresaw ({name}): see the log")
    SOURCE_BROKE = (
        "source-broke",
        N_("the {name} source failed in a way nobody foresaw ({words}): see the log"),
    )
    SUMMARIZER_LATE = "summarizer-late", N_("gave no answer within {n} s")
    SUMMARIZER_BROKE = "summarizer-broke", N_("failed in a way nobody foresaw ({name})")
    SUMMARIZER_SILENT = "summarizer-silent", N_("gave no sentence")
    SPENT_OF = "spent-of", N_("${spent} of ${limit}")

    # The codes of reasons that say what an editor ordered for an article or post.
    FIX = "fix", N_("{old} > {new}")
    NEW_TEXT = "new-text", N_("new text")
    WITHOUT_ARTICLE = "without-article", N_("without {id}")
    ONE_POST = "one-post", "{ref}"
    MAYBE_CORRECTED = (
        "maybe-corrected",
        N_(
            "the ledger was restored from a backup, and this may have been corrected since: "
            "look at it, then correct it or leave it"
        ),
    )
