"""The codes of reasons for errors of channels: failed calls to a platform, composing, and photos."""

from newsbot.reasons.table import N_, ReasonCode

__all__ = ["PlatformCode"]


class PlatformCode(ReasonCode):
    """The codes of reasons that say how a call to a platform ended, or why a post can't be composed."""

    # The codes of reasons that quote what the platform answered to a call.
    TELEGRAM_ANSWERED = "telegram-answered", N_("Telegram answered {words}")
    X_ANSWERED = "x-answered", N_("X answered {words}")
    PLATFORM_ANSWERED = "platform-answered", N_("{name} answered {words}")
    NO_REASON_GIVEN = (
        "no-reason-given",
        N_("{what}, and no reason: check api and the proxies on the way"),
    )
    MAYBE_OUT = "maybe-out", N_("{what}; the post may or may not be out: look at {place}")
    MAYBE_OUT_ON_X = "maybe-out-on-x", N_("{what}; the post may or may not be out: look at the timeline")

    # The codes of reasons that say what is wrong at the platform or in the settings, and how to repair it.
    GROUP_MOVED = "group-moved", N_("the group {name} became a supergroup; set chat to {n} in config.yaml")
    GROUP_FOLLOWED = (
        "group-followed",
        N_("the group {name} became a supergroup: write chat: {n} in config.yaml"),
    )
    WRONG_TOKEN = (
        "wrong-token",
        N_("the bot's token is wrong or revoked; check token (as @BotFather gives it) and api"),
    )
    CHECK_TOPIC = "check-topic", N_("check topic in config.yaml")
    CHECK_CHAT = (
        "check-chat",
        N_("check chat, and make the bot an administrator of {name} with the right to post"),
    )
    NOT_IN_CHAT = "not-in-chat", N_("{name} is not in the chat")
    MAY_NOT_POST = "may-not-post", N_("{name} may not post in the channel")
    MAY_NOT_SEND = "may-not-send", N_("{name} may not send messages")
    MAKE_ADMINISTRATOR = (
        "make-administrator",
        N_("make {name} an administrator of {place} with the right to post"),
    )
    WRONG_KEYS = (
        "wrong-keys",
        N_(
            "the keys are wrong or revoked; check consumer_key, consumer_secret, access_token and "
            "access_token_secret, that they are of one app, and that this machine's clock is right"
        ),
    )
    NO_CREDITS = "no-credits", N_("the X account is out of credits: buy some in the developer console")
    OUT_ALREADY = (
        "out-already",
        N_("X says this text is out already. Look at the timeline before it is retried"),
    )
    SETTLE_WITH_X = "settle-with-x", N_("log in to the account and settle that with X")
    READ_AND_WRITE = (
        "read-and-write",
        N_(
            "set the app to Read and Write in the developer console, make new access tokens, "
            "put them into the configuration"
        ),
    )
    READ_ONLY_TOKENS = (
        "read-only-tokens",
        N_(
            "{name}: the tokens may read but not post; set the app to Read and Write in the developer "
            "console, then make new access tokens"
        ),
    )
    CHECK_API = "check-api", N_("check api")
    CHECK_KEY = (
        "check-key",
        N_("the key is wrong or revoked, or it may not do that: check the channel's keys in config.yaml"),
    )
    NOTHING_THERE = "nothing-there", N_("nothing is there: check api, and where the channel posts to")
    NOTHING_TO_ASK = (
        "nothing-to-ask",
        N_("this kind of channel can't be asked beforehand: only a post shows whether it is accepted"),
    )
    NO_BUDGET_TO_READ = (
        "no-budget-to-read",
        N_("the month's budget leaves nothing to read the timeline with"),
    )

    # The codes of reasons why the platform gave no complete answer to a call.
    NOT_REACHED = "not-reached", N_("{url} can't be reached: {why}")
    NO_WHOLE_ANSWER = "no-whole-answer", N_("no whole answer within {n} s")
    SENSELESS_ANSWER = "senseless-answer", N_("an answer that makes no sense ({name})")
    NO_ADDRESS_OF_HOST = "no-address-of-host", N_("its name has no address ({words})")
    PROXY_ANSWERED = "proxy-answered", N_("the proxy answered HTTP {n}")
    NOT_CONNECTED_IN_TIME = "not-connected-in-time", N_("no connection in time")
    CLOSED_WITHOUT_ANSWER = "closed-without-answer", N_("the connection was closed without an answer")
    ANSWER_CUT_SHORT = "answer-cut-short", N_("the answer ended too early")
    ANSWER_NOT_HTTP = "answer-not-http", N_("the answer was no HTTP")

    # The codes of reasons why newsbot itself did not make a call, or ended the call without an answer.
    STOPPED_BEFORE_CALL = "stopped-before-call", N_("newsbot was stopped before the call left")
    CLAIM_TOO_OLD = (
        "claim-too-old",
        N_("the claim was too old to make a call with: it will be claimed again"),
    )
    CALL_NOT_RECORDED = (
        "call-not-recorded",
        N_("the call did not leave, as that could not be written down: {why}"),
    )
    NO_ANSWER_WITHIN = "no-answer-within", N_("no answer within {n} s")
    ENDED_WITHOUT_ANSWER = "ended-without-answer", N_("the call ended without an answer ({name})")
    STOPPED_BEFORE_ANSWER = (
        "stopped-before-answer",
        N_("newsbot was stopped before the platform answered"),
    )
    LOOK_FIRST = "look-first", N_("{what}: look before you send it again")

    # The codes of reasons why a published post can't be edited, deleted, or read back from the platform.
    ID_NOT_KNOWN = "id-not-known", N_("its id is not known")
    IN_OTHER_CHAT = (
        "in-other-chat",
        N_(
            "{name} was posted in another chat than the one in config.yaml, or before the group became a "
            "supergroup"
        ),
    )
    IT_IN_OTHER_CHAT = (
        "it-in-other-chat",
        N_(
            "it was posted in another chat than the one in config.yaml, or before the group became a "
            "supergroup"
        ),
    )
    KIND_NOT_EDITABLE = "kind-not-editable", N_("posts of kind {name} can't be edited")
    KIND_NOT_DELETABLE = "kind-not-deletable", N_("posts of kind {name} can't be deleted")
    PRINTED_NOT_EDITABLE = "printed-not-editable", N_("what was printed can't be edited")
    PRINTED_NOT_REMOVABLE = "printed-not-removable", N_("what was printed can't be taken back")
    OUTPUT_FAILED = "output-failed", N_("standard output: {words}; part of the post may be out")
    PREVIEW_NOT_HTML = "preview-not-html", N_("the channel's page is no HTML ({words})")
    PREVIEW_TIME_ODD = "preview-time-odd", N_("the channel's page has an odd time: {words}")

    # The codes of reasons why a text can't be posted at all.
    TOO_LONG_FOR_ANY = "too-long-for-any", N_("it has {n} characters: no channel takes so many")
    NO_WORDS = "no-words", N_("there are no words in it")

    # The codes of reasons that say what a post is sent without, such as its photo.
    PHOTO_LEFT_OUT = "photo-left-out", N_("photo left out: {why}")
    ALT_TEXT_LEFT_OUT = "alt-text-left-out", N_("the photo's alt text left out: {why}")
    REPLY_LOST = "reply-lost", N_("not tied to the part before it, whose id is not known")
    PHOTO_LATE = "photo-late", N_("{url} took longer than {n} s")
    PHOTO_NOT_THERE = "photo-not-there", N_("{url} did not arrive in time")
    PHOTO_FAILED = "photo-failed", N_("{name} from {url}")
    PHOTO_NOT_IMAGE = "photo-not-image", N_("{url} is not a JPEG, PNG, WebP or GIF image")
    PHOTO_TOO_BIG = "photo-too-big", N_("{url} has {size} MB, more than {limit}")
    PHOTO_EMPTY = "photo-empty", N_("{url} is empty")
    PHOTO_TOO_WIDE = "photo-too-wide", N_("{url} is {size}, over {n} pixels in width plus height")
    PHOTO_TOO_NARROW = "photo-too-narrow", N_("{url} is {size}, narrower than 1 to {n}")
