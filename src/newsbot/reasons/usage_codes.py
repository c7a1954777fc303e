"""The codes of reasons why a command can't be carried out, and for errors of the ledger."""

from newsbot.reasons.table import N_, ReasonCode

__all__ = ["UsageCode"]


class UsageCode(ReasonCode):
    """The codes of reasons why an editor's command can't be carried out, or how a post ended."""

    # The codes of reasons that the post, article or channel that a command names does not exist.
    NO_POST = (
        "no-post",
        N_("there is no post {ref}: /queue lists them"),
        "there is no post {ref}: `newsbot posts` lists them",
    )
    NO_POST_ID = (
        "no-post-id",
        N_("there is no post {ref}: check the id's characters (/queue lists them)"),
        "there is no post {ref}: check the id's characters (`newsbot posts` lists them)",
    )
    NO_ARTICLE = "no-article", N_("there is no article {ref}")
    NO_ARTICLE_ID = (
        "no-article-id",
        N_("there is no article {ref}: an article's id looks like a-k7mq (/show ID)"),
        "there is no article {ref}: an article's id looks like a-k7mq (`newsbot show ID`)",
    )
    NO_ACTION = "no-action", N_("there is no action {ref}")
    NEVER_POLLED = (
        "never-polled",
        N_("no source {name} was ever polled: /status lists them"),
        "no source {name} was ever polled: `newsbot status` lists them",
    )
    NEVER_READ = "never-read", N_("article {ref} was never read")
    NO_SUCH_CHANNEL = "no-such-channel", N_("there is no channel {name}. {mend}")
    NO_SUCH_SOURCE = "no-such-source", N_("there is no source {name}. {mend}")
    SEVERAL_CHANNELS = (
        "several-channels",
        N_("{name} fits {reasons}: write more of the channel's name"),
    )
    SEVERAL_SOURCES = "several-sources", N_("{name} fits {reasons}: write more of the source's name")
    DID_YOU_MEAN = "did-you-mean", N_("Did you mean {name}?")
    THERE_ARE = "there-are", N_("There are {reasons}.")
    THERE_IS_NONE = "there-is-none", N_("There is none.")

    # The codes of reasons that say what the state of a post does not allow.
    POST_IN_STATE = "post-in-state", N_("post {ref} is {state} and {what}: {why}")
    POST_OUT_IN_PART = (
        "post-out-in-part",
        N_("post {ref} is out in part and {what}: /fix changes what is out"),
        "post {ref} is out in part and {what}: newsbot fix changes what is out",
    )
    ONLY_SENDER_CLAIMS = (
        "only-sender-claims",
        N_("post {ref} is {state}: only the sender's claim takes it to `sending`"),
    )
    CANNOT_APPROVE = "cannot-approve", N_("can't be approved")
    CANNOT_RETRY = "cannot-retry", N_("can't be retried")
    CANNOT_CANCEL = "cannot-cancel", N_("can't be cancelled")
    CANNOT_SEND = "cannot-send", N_("can't be sent")
    CANNOT_SKIP = "cannot-skip", N_("can't be skipped")
    CANNOT_RESOLVE = "cannot-resolve", N_("needs no word on whether it is out")
    CANNOT_WITHDRAW = "cannot-withdraw", N_("can't be withdrawn")
    CANNOT_CHANGE_TIME = "cannot-change-time", N_("can't get another time")
    CANNOT_CHANGE_CHANNEL = "cannot-change-channel", N_("can't be moved to another channel")
    CANNOT_EDIT = "cannot-edit", N_("can't be edited")
    CANNOT_BECOME = "cannot-become", N_("can't become `{event}`")
    HELD_POST = (
        "held-post",
        N_("/approve {ref} lets it go"),
        "newsbot approve {ref} lets it go",
    )
    SCHEDULED_POST = "scheduled-post", N_("nothing holds it, it waits for its time")
    RETRYING_POST = "retrying-post", N_("nothing holds it, it will be tried again")
    SENDING_POST = "sending-post", N_("it is being sent at this moment")
    UNKNOWN_POST = (
        "unknown-post",
        N_("it may be out: look first, then /resolve {ref} sent|not-sent, or /skip {id}"),
        "it may be out: look first, then newsbot resolve {ref} sent|not-sent, or newsbot skip {id}",
    )
    FAILED_POST = (
        "failed-post",
        N_("/show {ref} says why, /retry {id} tries again"),
        "newsbot show {ref} says why, newsbot retry {id} tries again",
    )
    CANCELLED_POST = (
        "cancelled-post",
        N_("/post URL again queues its article once more"),
        "newsbot post URL --again queues its article once more",
    )
    WITHDRAWN_POST = "withdrawn-post", N_("it was taken back")
    SENT_POST = "sent-post", N_("it is out already")
    SENT_POST_AT = "sent-post-at", N_("it is out already ({link})")
    CHANGED_SINCE = "changed-since", N_("post {ref} was changed since: look at it again")
    CLAIM_CHANGED = "claim-changed", N_("a post is not what it was a moment ago")
    ARTICLE_CHANGED = (
        "article-changed",
        N_("what {ref} has become changed at this very moment: try again"),
    )
    RETRY_REFUSED = "retry-refused", N_("post {ref} can't be retried: {why}")
    MOVE_REFUSED = "move-refused", N_("post {ref} can't be moved: {why}")
    NOTHING_BY_HAND = (
        "nothing-by-hand",
        N_("nothing of post {ref} waits to be taken away by hand"),
    )

    # The codes of reasons, one for each state of a post that is not published, why the post can't be
    # withdrawn and what to do instead.
    CANCEL_INSTEAD = (
        "cancel-instead",
        N_("/cancel {ref} keeps it from going out"),
        "newsbot cancel {ref} keeps it from going out",
    )
    TAKE_DOWN_SENDING = (
        "take-down-sending",
        N_("it is in a call at this moment: /takedown {id} takes it away once it is out"),
        "it is in a call at this moment: newsbot takedown {id} takes it away once it is out",
    )
    TAKE_DOWN_UNKNOWN = (
        "take-down-unknown",
        N_("/takedown {id} takes it away once it is known to be out"),
        "newsbot takedown {id} takes it away once it is known to be out",
    )
    NOTHING_IS_OUT = "nothing-is-out", N_("nothing of it is out")
    NEVER_OUT = "never-out", N_("it never went out")
    SHOW_INSTEAD = (
        "show-instead",
        N_("/show {ref} says what became of it"),
        "newsbot show {ref} says what became of it",
    )

    # The codes of reasons why an editor's approval of a post does not count.
    APPROVED_ALREADY = "approved-already", N_("post {ref} is approved already")
    SAME_APPROVER = (
        "same-approver",
        N_("post {ref} has this person's approval already: another has to"),
    )
    OWN_WORDS = "own-words", N_("post {ref} is worded by who would approve it: others have to")

    APPROVED_BY = (
        "approved-by",
        N_("post {ref} was approved already by {reasons} at {at}: /show {id}"),
        "post {ref} was approved already by {reasons} at {at}: newsbot show {id}",
    )
    APPROVED_BY_SAME = (
        "approved-by-same",
        N_("{reasons} approved post {ref} already at {at}: another person has to"),
    )
    LOOK_AGAIN = (
        "look-again",
        N_("post {ref} was changed since: look at it again, /show {id}"),
        "post {ref} was changed since: look at it again, newsbot show {id}",
    )
    WORDS_OF_APPROVER = (
        "words-of-approver",
        N_("these words of post {ref} are your own: two others have to approve them"),
    )
    ROLE_TOO_LOW = (
        "role-too-low",
        N_("{task} needs the role {role}: {name} has the role {own_role}"),
    )
    NO_ROLE = "no-role", N_("{task} needs the role {role}: {name} has none")
    OTHER_CHANNELS = "other-channels", N_("{name} does not act on {reasons}")
    OTHER_POSTS = (
        "other-posts",
        N_("{name} acts on other channels or languages than those of {reasons}"),
    )

    # The codes of reasons why an article can't be posted, or its embargo can't be changed.
    POST_AGAIN = (
        "post-again",
        N_("{why}: /post URL again posts it once more"),
        "{why}: --again posts it once more",
    )
    OUT_ON_CHANNEL = "out-on-channel", N_("this article is out on {channel} as post {ref}")
    WAITING_ON_CHANNEL = (
        "waiting-on-channel",
        N_("this article is waiting ({state}) on {channel} as post {ref}"),
    )
    TAKEDOWN_BLOCK = (
        "takedown-block",
        N_("{id} was taken down by {by} on {date}: nothing of it is posted"),
    )
    LONGER_EMBARGO = (
        "longer-embargo",
        N_(
            "{id} is under embargo until {until}: an earlier end lifts it, which takes two people: "
            "/embargo {ref} lift"
        ),
        (
            "{id} is under embargo until {until}: an earlier end lifts it, which takes two people: "
            "newsbot embargo {ref} lift"
        ),
    )
    UNDER_EMBARGO = "under-embargo", N_("{id} is under embargo, and can't go before {until}")
    NO_EMBARGO = "no-embargo", N_("{id} is under no embargo")

    # The codes of reasons why a post ended without being sent, or why it can't be sent, moved or corrected.
    NOT_IN_TIME = "not-in-time", N_("not sent in time")
    TOO_OLD = (
        "too-old",
        N_("too old by its date when it was found; /post takes it all the same"),
        "too old by its date when it was found; `newsbot post` takes it all the same",
    )
    HELD_FOR = "held-at-end", N_("held for {why}")
    CHANNEL_PAUSED = "channel-paused", N_("its channel is paused")
    OTHER_POST_WAITED = "other-post-waited", N_("another post of its channel waited")
    LEFT_AS_IT_IS = "left-as-it-is", N_("left as it is")
    OUTCOME_NOT_KNOWN = "outcome-not-known", N_("whether it is out was not known")
    RESTORED = (
        "restored",
        N_(
            "the ledger was restored from a backup: it may have gone out between {since} and {until}: "
            "look there, then /resolve ID sent|not-sent, or /skip ID"
        ),
        (
            "the ledger was restored from a backup: it may have gone out between {since} and {until}: "
            "look there, then newsbot resolve ID sent|not-sent, or newsbot skip ID"
        ),
    )
    SENDER_ENDED = (
        "sender-ended",
        N_("its sender ended before the platform answered: look there, then /resolve it"),
        "its sender ended before the platform answered: look there, then `newsbot resolve` it",
    )
    SENDER_ENDED_BEFORE_CALL = "sender-ended-before-call", N_("its sender ended before the call left")
    CLAIM_LOST = (
        "claim-lost",
        N_("the database went before its sender had the claim: no call was made"),
    )
    CALL_DID_NOT_LEAVE = "call-did-not-leave", N_("the call did not leave: {why}")
    NOBODY_KNOWS = "nobody-knows", N_("nobody knows whether it is out: look there")
    SUMMARY_LOST = "summary-lost", N_("the call was interrupted, and its answer is lost")
    CHANNEL_GONE = "channel-gone", N_("config.yaml has no channel {name} any more")
    POSTS_ELSEWHERE = "posts-elsewhere", N_("{name} posted to {then}, and posts to {place} now")
    CHANNEL_HAS_NEW_NAME = (
        "channel-has-new-name",
        N_("{name} is called {place} now, and its posts follow when newsbot starts again"),
    )
    CORRECTION_DROPPED = "correction-dropped", N_("its correction, post {ref}, was dropped")
    DELETE_BY_HAND = "delete-by-hand", N_("{why}: take it away by hand")
    STAYS_AS_IT_IS = "stays-as-it-is", N_("{why}: post {ref} stays as it is")
    NOT_CORRECTED_YET = "not-corrected-yet", N_("post {ref} can't be corrected yet: {why}")
    CANNOT_GO = "cannot-go", N_("post {ref} can't go: {why}. {mend}")
    LEAVE_PART = (
        "leave-part",
        N_("A part of it is out: /cancel {ref} leaves it at that"),
        "A part of it is out: newsbot cancel {ref} leaves it at that",
    )
    QUEUE_ELSEWHERE = (
        "queue-elsewhere",
        N_("/post {link} NAME queues its article elsewhere"),
        "newsbot post {link} --channel NAME queues its article elsewhere",
    )
    MOVE_OR_CANCEL = (
        "move-or-cancel",
        N_("/move {ref} NAME, or /cancel {id}"),
        "newsbot move {ref} --channel NAME, or newsbot cancel {id}",
    )
    DELETED_ONCE_KNOWN = (
        "deleted-once-known",
        N_("it is {state}: taken away once it is known to be out"),
    )

    # The codes of reasons why an editor's order can't be carried out.
    NO_ARTICLE_IN = "no-article-in", N_("{link} has no article in it now")
    NEVER_POSTED = (
        "never-posted",
        N_("we never posted this, nor took in an article of this address: {link}"),
    )
    CANNOT_SAY = "cannot-say", N_("post {ref} can't say that: {why}")
    NO_CHANNEL_IN_CONFIG = "no-channel-in-config", N_("there is no channel {name} in config.yaml")
    ON_CHANNEL_ALREADY = "on-channel-already", N_("post {ref} is on {name} already")
    OF_ONE_CHANNEL = (
        "of-one-channel",
        N_("post {ref} is a {role}, of {name} alone: /cancel {id}"),
        "post {ref} is a {role}, of {name} alone: newsbot cancel {id}",
    )
    NEVER_READ_FOR_COMPOSING = (
        "never-read-for-composing",
        N_("article {ref} was never read, so it can't be composed again"),
    )
    GOES_ON_AFTER_PART = (
        "goes-on-after-part",
        N_("{id} goes on after part {n}: give that part's id with --remote-id"),
    )
    NO_DOUBT = "no-doubt", N_("{id} is {state}, so nobody need say whether it is out")
    WORDS_NOT_FOUND = (
        "words-not-found",
        N_("{words} stands neither in article {ref} nor in any of its posts: /show {id} shows them"),
        "{words} stands neither in article {ref} nor in any of its posts: newsbot show {id} shows them",
    )
    NEW_TEXT_EMPTY = (
        "new-text-empty",
        N_("the new text is empty: /takedown takes an article away"),
        "the new text is empty: newsbot takedown takes an article away",
    )
    FIX_NOT_GIVEN = "fix-not-given", N_("say what is wrong and what is right, like: 4.2 2.4")
    FIX_WITH_ARROW = (
        "fix-with-arrow",
        N_("what is wrong may hold neither > nor a line break: name a shorter piece of it"),
    )
    WOULD_STAY = "would-stay", N_("{words} would stay as it is")
    NOTHING_CHANGED = "nothing-changed", N_("nothing was changed. {why}")
    OF_POST = "of-post", N_("{id} on {channel}: {why}")
    TOO_LONG = "too-long-by", N_("it is {n} too long")
    TEXT_TOO_LONG = "text-too-long", N_("{channel}: {n} too long: {count} of {most}")
    CAPTION_TOO_LONG = (
        "text-too-long-with-photo",
        N_("{channel}: {n} too long: {count} of {most}, with its photo"),
    )
    CANNOT_COMPOSE = "cannot-compose", N_("it can't be composed: {why}")
    OTHER_PARTS = (
        "other-parts",
        N_("it does not have as many parts as are out: {n} now, {count} out"),
    )
    EMBARGO_IN_PAST = "embargo-in-past", N_("an embargo ends in the future: give a later time")

    # The codes of reasons why an article or digest has no posts.
    NO_CHANNEL_TAKES = "no-channel-takes", N_("no channel takes it: {why}")
    NO_CHANNEL_ASKED = "no-channel-asked", N_("no channel was named for it")
    LANGUAGE_NOT_TAKEN = (
        "language-not-taken",
        N_("{name} takes {reasons}; the article is in {language}"),
    )
    SOURCE_BLOCKED_BY = "source-blocked-by", N_("the source was blocked by {by}")
    NO_DIGEST = "no-digest", N_("no digest: {why}")
    NO_ROOM = "no-room", N_("{n} of {count} had no room")
    NOTHING_TO_GATHER = "nothing-to-gather", N_("there is nothing to gather")
    DIGEST_TOO_LATE = "digest-too-late", N_("its time was over")
    DIGEST_OF_NOTHING = "digest-of-nothing", N_("nothing went out since the last one")
    SAME_ARTICLE = "same-article", N_("the same article as {id}")

    # The codes of reasons why a text is refused as a time, or has to be confirmed.
    NO_TIME = (
        "no-time",
        N_("{text} is no time. Write it like {examples} or {example}"),
        "'{text}' is no time: write it like {examples} or {example}",
    )
    NO_CLOCK_TIME = (
        "no-clock-time",
        N_("{text} names a day without a time of day. Write it like {examples} or {example}"),
        "'{text}' names a day without a time of day: write it like {examples} or {example}",
    )
    NO_UNIT = (
        "no-unit",
        N_("{text} has no unit. Write it like +90m or +2h"),
        "'{text}' has no unit: write it like +90m or +2h",
    )
    BARE_LENGTH = (
        "bare-length",
        N_("{text} is a length of time. Write it like +20m or +2h, or a time of day like 18:30"),
        "'{text}' is a length of time: write it like +20m or +2h, or a time of day like 18:30",
    )
    TWO_TIMES = (
        "two-times",
        N_("{text} can be {first} or {second}. Write it like {example}"),
        "'{text}' can be {first} or {second}: write it like {example}",
    )
    TIME_LEFT_OUT = (
        "time-left-out",
        N_("{text} does not come: the clocks are put forward then. Write it like {example}"),
        "'{text}' is when the clocks are put forward and does not come: write it like {example}",
    )
    OTHER_ZONE = (
        "other-zone",
        N_("{text} names a zone's short name that does not fit then. Write it like {example}"),
        "'{text}' names a zone's short name that does not fit then: write it like {example}",
    )
    OTHER_WEEKDAY = (
        "other-weekday",
        N_("{text} has a date that is another weekday. Write it like {example}"),
        "'{text}' has a date that is another weekday: write it like {example}",
    )
    NO_SUCH_DAY = (
        "no-such-day",
        N_("{text} is no day of the calendar. Write it like {example}"),
        "'{text}' is no day of the calendar: write it like {example}",
    )
    TIME_IS_PAST = (
        "time-is-past",
        N_("{text} is {first}, which is past."),
        "'{text}' is {first}, which is past",
    )
    TIME_TOO_FAR = (
        "time-too-far",
        N_("{text} is over a hundred years ahead."),
        "'{text}' is over a hundred years ahead",
    )
    TIME_FAR = (
        "time-far",
        N_("{text} is {first}, over a year ahead. Is that right?"),
        "'{text}' is {first}, over a year ahead",
    )
    TIME_NEXT_YEAR = (
        "time-next-year",
        N_("{text} is {first}, as it is past in this year. Is that right?"),
        "'{text}' is {first}, as it is past in this year",
    )
    TIME_NEAR = (
        "time-near",
        N_("{text} is {first}, which is two minutes away or less. Is that right?"),
        "'{text}' is {first}, which is two minutes away or less",
    )

    # The codes of reasons why a command of the command line can't be carried out.
    NOT_BLOCKED = "not-blocked", N_("{name} is not blocked")
    NO_SUSPICION = (
        "no-suspicion",
        N_("post {ref} is held for no suspicion"),
        "post {ref} is held for no suspicion: leave --alike out",
    )
    NO_SITE_ADDRESS = (
        "no-site-address",
        N_("{url} is no web address: write it whole, like https://your.site/"),
    )
    OR_ALLOW_PRIVATE = "or-allow-private", N_("{why}, or add --allow-private")
    NOT_WRITTEN = "not-written", N_("{path} can't be written: {words}")
    DEMO_IS_THERE = (
        "demo-is-there",
        N_("{path} has a {name} already: name an empty folder for the demo"),
    )
    NOT_STARTED = "not-started", N_("the {name} did not start: {words}")
    ENDED_BY_ITSELF = "ended-by-itself", N_("the {name} ended by itself with status {n}: {words}")

    # The codes of reasons why a part of the service does not work.
    PART_ENDED = (
        "part-ended",
        N_(
            "{name} failed ({why}), and newsbot has ended with what was in flight settled or marked: "
            "start it again, as systemd and Docker do by themselves"
        ),
    )
    SEE_LOG = "see-log", N_("{name}, see the log")
    DESK_NOT_READY = "desk-not-ready", N_("the desk is not ready")
    NO_MORE_REQUESTS = "no-more-requests", N_("web.listen: requests do not come in any more")
    NOT_LISTENING = (
        "not-listening",
        N_("web.listen: {place} can't be listened on ({words}): end what has it, or write another address"),
    )
    PORTS_TAKEN = (
        "ports-taken",
        N_(
            "the sandbox can't listen on the ports {n} to {most} of 127.0.0.1 ({words}): "
            "end what runs there (another sandbox?), or take another --port"
        ),
    )
    NO_SANDBOX_NAME = (
        "no-sandbox-name",
        N_(
            "{name} is no name of a channel on Telegram: write it with 5 to 32 of a-z, 0-9 and _, "
            "a letter first, like @my_channel"
        ),
    )
    SANDBOX_NAME_TAKEN = "sandbox-name-taken", N_("{name} is there already: take another name")

    # The codes of reasons that say by what newsbot noticed that the ledger was restored from a backup.
    RESTORED_BEFORE = "restored-before", N_("it is from before an earlier restore")
    CALL_MISSING = "call-missing", N_("1 call was made that is not in it")
    CALLS_MISSING = "calls-missing", N_("{n} calls were made that are not in it")
    AMENDMENT_MISSING = (
        "amendment-missing",
        N_("a published post was edited or deleted, and that is not in it"),
    )
    OTHER_MARK_WITH_CALLS = (
        "other-mark-with-calls",
        N_("the mark beside it is of another ledger, which had sent something"),
    )
    OTHER_MARK = "other-mark", N_("the mark beside it is of another ledger")
    MADE_FROM_DUMP = "made-from-dump", N_("its tables were made from a dump")
    MARK_GONE = "mark-gone", N_("the mark of what it has sent is gone")
    CALL_NUMBERS_REPEATED = (
        "call-numbers-repeated",
        N_("it gives numbers to calls that it had given before"),
    )
    EARLIER_CALLS_MISSING = "earlier-calls-missing", N_("calls are missing that were in it")
    MADE_FROM_DUMP_MEANWHILE = (
        "made-from-dump-meanwhile",
        N_("its tables were made from a dump while newsbot ran"),
    )
    OTHER_LEDGER = "other-ledger", N_("it is another ledger than it was")
