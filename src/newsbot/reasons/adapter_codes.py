"""The codes of reasons for errors of sources and channels: downloads, feeds, calls to platforms, photos."""

from newsbot.reasons.reason import N_, ReasonCode

__all__ = ["PlatformCode", "SourceCode"]


class SourceCode(ReasonCode):
    """The codes of reasons why a source, a page or a file can't be read."""

    # The codes of reasons that say where in a source an error happened; they contain the reason of the error.
    LOCATED = N_("{url}: {why}")
    INPUT_OF = N_("the input of {name}")
    CONTENT = N_("its content")
    ITEM = N_("the item {name}")
    PAGE = N_("the page at {url}")

    # The codes of reasons why newsbot refuses an address.
    NOT_A_URL = N_("{url} is not a URL; write it like https://example.org/feed")
    UNSUPPORTED_SCHEME = N_("{url} is refused: only http:// and https:// are fetched")
    URL_WITHOUT_HOST = N_("{url} names no host; write it like https://example.org/feed")
    FORBIDDEN_ADDRESS = N_("{url} is refused: {host} is at {why}")
    METADATA_ADDRESS = N_("a link-local or cloud metadata address")
    PRIVATE_ADDRESS = N_("a private or loopback address")
    PRIVATE_ADDRESS_ALLOWABLE = N_(
        "a private or loopback address; where it is your own, set network.allow_private: true"
    )
    SPECIAL_ADDRESS = N_("a multicast, reserved, tunnel or unspecified address")
    NO_WEB_ADDRESS = N_("it is no web address")
    NO_HTTP_ADDRESS = N_("it is no http or https address")
    LOGIN_IN_ADDRESS = N_("it holds a user name or password")
    ADDRESS_IN_TRASH = N_("WordPress gave it to the article in the trash, and will change it")
    NO_HOST = N_("{host} is no host")
    PRIVATE_NAME = N_("{host} is a name of a private network")
    HOST_AT = N_("{host} is {what}")

    # The codes of reasons why a download failed.
    ANSWER_TOO_SLOW = N_("{url} did not answer in full within {n} s; check that the site is up")
    TOO_MANY_REDIRECTS = N_("{url} redirects more than {n} times; use the address that it should lead to")
    REDIRECT_TO_NOWHERE = N_("{url} redirects to nowhere (no Location); tell the site's operator")
    BAD_REDIRECT = N_("{url} redirects to {link}, which can't be followed: it is no http(s) URL")
    ANSWER_TOO_LARGE = N_(
        "{url} is over {n} MB, which no feed, page or photo should be; check what the address serves"
    )
    BROKEN_ANSWER = N_("{url} {why}; tell the site's operator")
    PACKED_ANSWER_ENDS_EARLY = N_("sent a packed answer that ends early")
    DAMAGED_GZIP = N_("sent damaged gzip")
    UNREADABLE_ENCODING = N_("sent its answer in the encoding {words}, which was not asked for")
    HTTP_STATUS = N_("{url} answered {status}: {why}")
    LOGIN_NEEDED = N_("the site asks for a login; put it into the URL (https://user:password@...)")
    NOT_LET_IN = N_("the site does not let newsbot in; ask its operator to, or use another address")
    CHECK_ADDRESS = N_("check the address")
    GONE_FOR_GOOD = N_("it is gone for good; find its new address")
    FEWER_REQUESTS = N_("the site asks for fewer requests; newsbot tries again later")
    SITE_IN_TROUBLE = N_("the site is in trouble; newsbot tries again later")
    NAME_NOT_FOUND = N_("no address was found for {host}; check the name and this machine's DNS")
    INVALID_CERTIFICATE = N_("the certificate of {host} is not valid ({words}); have it renewed")
    CERTIFICATE_NOT_VERIFIED = N_("the certificate of {host} can't be verified; have it renewed")
    NO_TLS = N_("no TLS connection with {host}; check that it speaks https on that port")
    NO_CONNECTION = N_("could not connect to {host} ({words}); check that the site is up")
    NO_CONNECTION_UNEXPLAINED = N_("could not connect to {host}; check that the site is up")
    NO_HTTP = N_("{host} did not answer in HTTP; check the address and its port")
    URL_NOT_REQUESTABLE = N_("it is not a URL that can be asked for; write it like https://example.org/feed")
    CONNECTION_ENDED = N_("the connection ended in the middle of the answer; newsbot tries again later")

    # The codes of reasons why a page or feed could not be parsed in its separate process.
    TOO_MUCH_MEMORY = N_("{what} takes too much memory to parse; it is broken or hostile")
    NOT_PARSED = N_("{what} could not be parsed ({words})")
    NOT_PARSED_BUSY = N_("{what} was not parsed within {n} s, as this machine is too busy")
    NOT_PARSED_IN_TIME = N_("{what} was not parsed within {n} s; it is far too large, broken or hostile")
    PARSER_CRASHED = N_("{what} crashed its parser ({why}); it is broken or hostile")
    PROCESS_ENDED = N_("the process ended")

    # The codes of reasons why a feed can't be read.
    FEED_IS_PAGE_NOW = N_("the feed that was found is a page now")
    NAMED_FEED_FAILS = N_("{url} names a feed that can't be had: {why}")
    PAGE_WITHOUT_FEED = N_(
        "{url} is a web page that names no feed; give the address of its RSS, Atom or JSON feed"
    )
    NO_JSON_FEED = N_("it is JSON, but no JSON Feed: give the address of a feed")
    EMPTY_FEED = N_("it is empty: give the address of an RSS, Atom or JSON feed")
    NO_FEED = N_("it is no feed but {what}: give the address of an RSS, Atom or JSON feed")
    XML_DOCUMENT = N_("an XML document {name}")
    NEITHER_XML_NOR_JSON = N_("neither XML nor JSON")
    BROKEN_FEED = N_("it is broken beyond reading: ask its publisher to put it through a feed validator")

    # The codes of reasons why a file or folder can't be read.
    UNFETCHABLE_TARGET = N_("{link} can't be fetched: only http://, https:// and files can")
    NO_ARTICLE_FILE = N_("{path} is no .txt, .md or .html file; save it as one of these")
    FILE_IS_NO_FEED = N_("{path} is no .txt, .md or .html file, and as a feed it can't be read: {why}")
    EMPTY_FILE = N_("{path} is empty: write the article into it")
    FILE_WITHOUT_TEXT = N_("{path} is no text: save it as plain text in UTF-8")
    UNREADABLE_FILE = N_("{path} can't be read ({words}); check its name and rights")
    FILE_TOO_LARGE = N_("{path} is over {n} MB, which no article or feed is; take it out")
    NO_FOLDER = N_("{path} is no folder; name the folder that articles are put into")
    FOLDER_NOT_THERE = N_("{path} is not there; make the folder or correct the source's path")
    UNREADABLE_FOLDER = N_("{path} can't be read ({words}); give newsbot the right to")
    TOO_MANY_FILES = N_("{path} holds over {n} articles; move old ones elsewhere")

    # The codes of reasons why a source that is a database can't be read.
    DATABASE_STILL_BUSY = N_(
        "its database has not answered the last poll yet; newsbot goes on waiting for it"
    )
    DATABASE_TOO_SLOW = N_("its database did not answer within {n} s; is it overloaded?")
    SLOW_QUERY = N_(
        "a query took over {n} s and was ended: `newsbot check --online` names the index that it misses"
    )
    CHECK_LOGIN = N_("check the user, its password and its grants")
    CHECK_QUERY = N_("mend url or query, or was the CMS changed?")
    CHECK_SERVER = N_("is it running, and may newsbot's machine reach it?")
    NO_SQLITE_FILE = N_("{path} is not there: is it the CMS's SQLite file?")
    NO_DATABASE_URL = N_("url is no database's address: write mysql://USER:PASSWORD@HOST/NAME")
    NO_DRIVER = N_("there is no driver for {name}://: use mysql, postgresql or sqlite")
    DRIVER_NOT_INSTALLED = N_("the driver for {name}:// is not installed ({words})")
    BINARY_GUID = N_("the query's guid is binary: write it as text, with HEX() or encode()")
    TOO_MANY_ROWS = N_("the query has over {n} rows: let it leave out what is older than needed")
    TOO_MANY_ROWS_WITHOUT_CURSOR = N_("over {n} rows have no {name}: name another by COALESCE(...) AS ...")
    NO_COLUMN = N_("the query has no column {name}: name one with AS (it has {reasons})")
    NO_WORDPRESS_TABLES = N_(
        "newsbot's account sees no tables of a WordPress, whether with {name} or not; "
        "check the database in url (DB_NAME in wp-config.php) and the account's grants"
    )
    OTHER_TABLE_PREFIX = N_(
        "no tables that newsbot's account sees begin with {name}; those of a WordPress "
        "begin with {reasons}: set prefix ($table_prefix in wp-config.php)"
    )

    # The codes of reasons why an article in a source can't be read.
    NO_BODY_IN_FILE = N_("{name} has no body: write the article under its title")
    PASSWORD_PROTECTED = N_("{name} is protected by a password, so it is not posted")
    NO_TEXT_IN_ROW = N_("{name} has no text in its CMS, and no headline with a link: add one there")
    NO_TEXT_IN_FEED = N_(
        "the feed has no text for {name}: set full_text to auto or page, so that its page is read"
    )
    NO_ARTICLE_ON_PAGE = N_(
        "no article at {name}: check that its page shows the text without JavaScript or a login"
    )


class PlatformCode(ReasonCode):
    """The codes of reasons that say how a call to a platform ended, or why a post can't be composed."""

    # The codes of reasons that quote what the platform answered to a call.
    TELEGRAM_ANSWERED = N_("Telegram answered {words}")
    X_ANSWERED = N_("X answered {words}")
    PLATFORM_ANSWERED = N_("{name} answered {words}")
    NO_REASON_GIVEN = N_("{what}, and no reason: check api and the proxies on the way")
    MAYBE_OUT = N_("{what}; the post may or may not be out: look at {place}")
    MAYBE_OUT_ON_X = N_("{what}; the post may or may not be out: look at the timeline")

    # The codes of reasons that say what is wrong at the platform or in the settings, and how to repair it.
    GROUP_MOVED = N_("the group {name} became a supergroup; set chat to {n} in config.yaml")
    GROUP_FOLLOWED = N_("the group {name} became a supergroup: write chat: {n} in config.yaml")
    WRONG_TOKEN = N_("the bot's token is wrong or revoked; check token (as @BotFather gives it) and api")
    CHECK_TOPIC = N_("check topic in config.yaml")
    CHECK_CHAT = N_("check chat, and make the bot an administrator of {name} with the right to post")
    NOT_IN_CHAT = N_("{name} is not in the chat")
    MAY_NOT_POST = N_("{name} may not post in the channel")
    MAY_NOT_SEND = N_("{name} may not send messages")
    MAKE_ADMINISTRATOR = N_("make {name} an administrator of {place} with the right to post")
    WRONG_KEYS = N_(
        "the keys are wrong or revoked; check consumer_key, consumer_secret, access_token and "
        "access_token_secret, that they are of one app, and that this machine's clock is right"
    )
    NO_CREDITS = N_("the X account is out of credits: buy some in the developer console")
    OUT_ALREADY = N_("X says this text is out already. Look at the timeline before it is retried")
    SETTLE_WITH_X = N_("log in to the account and settle that with X")
    READ_AND_WRITE = N_(
        "set the app to Read and Write in the developer console, make new access tokens, "
        "put them into the configuration"
    )
    READ_ONLY_TOKENS = N_(
        "{name}: the tokens may read but not post; set the app to Read and Write in the developer "
        "console, then make new access tokens"
    )
    CHECK_API = N_("check api")
    CHECK_KEY = N_(
        "the key is wrong or revoked, or it may not do that: check the channel's keys in config.yaml"
    )
    NOTHING_THERE = N_("nothing is there: check api, and where the channel posts to")
    NOTHING_TO_ASK = N_(
        "this kind of channel can't be asked beforehand: only a post shows whether it is accepted"
    )
    NO_BUDGET_TO_READ = N_("the month's budget leaves nothing to read the timeline with")

    # The codes of reasons why the platform gave no complete answer to a call.
    NOT_REACHED = N_("{url} can't be reached: {why}")
    NO_WHOLE_ANSWER = N_("no whole answer within {n} s")
    SENSELESS_ANSWER = N_("an answer that makes no sense ({name})")
    NO_ADDRESS_OF_HOST = N_("its name has no address ({words})")
    PROXY_ANSWERED = N_("the proxy answered HTTP {n}")
    NOT_CONNECTED_IN_TIME = N_("no connection in time")
    CLOSED_WITHOUT_ANSWER = N_("the connection was closed without an answer")
    ANSWER_CUT_SHORT = N_("the answer ended too early")
    ANSWER_NOT_HTTP = N_("the answer was no HTTP")

    # The codes of reasons why newsbot itself did not make a call, or ended the call without an answer.
    STOPPED_BEFORE_CALL = N_("newsbot was stopped before the call left")
    CLAIM_TOO_OLD = N_("the claim was too old to make a call with: it will be claimed again")
    CALL_NOT_RECORDED = N_("the call did not leave, as that could not be written down: {why}")
    NO_ANSWER_WITHIN = N_("no answer within {n} s")
    ENDED_WITHOUT_ANSWER = N_("the call ended without an answer ({name})")
    STOPPED_BEFORE_ANSWER = N_("newsbot was stopped before the platform answered")
    LOOK_FIRST = N_("{what}: look before you send it again")

    # The codes of reasons why a published post can't be edited, deleted, or read back from the platform.
    ID_NOT_KNOWN = N_("its id is not known")
    IN_OTHER_CHAT = N_(
        "{name} was posted in another chat than the one in config.yaml, or before the group became a "
        "supergroup"
    )
    IT_IN_OTHER_CHAT = N_(
        "it was posted in another chat than the one in config.yaml, or before the group became a supergroup"
    )
    KIND_NOT_EDITABLE = N_("posts of kind {name} can't be edited")
    KIND_NOT_DELETABLE = N_("posts of kind {name} can't be deleted")
    X_NOT_EDITABLE = N_("X does not let this account edit this post; accounts with X Premium can edit")
    X_EDITS_OVER = N_("X allows edits for 30 minutes and five times only")
    PRINTED_NOT_EDITABLE = N_("what was printed can't be edited")
    PRINTED_NOT_REMOVABLE = N_("what was printed can't be taken back")
    OUTPUT_FAILED = N_("standard output: {words}; part of the post may be out")
    PREVIEW_NOT_HTML = N_("the channel's page is no HTML ({words})")
    PREVIEW_TIME_ODD = N_("the channel's page has an odd time: {words}")

    # The codes of reasons why a text can't be posted at all.
    TOO_LONG_FOR_ANY = N_("it has {n} characters: no channel takes so many")
    NO_WORDS = N_("there are no words in it")

    # The codes of reasons that say what a post is sent without, such as its photo.
    PHOTO_LEFT_OUT = N_("photo left out: {why}")
    ALT_TEXT_LEFT_OUT = N_("the photo's alt text left out: {why}")
    REPLY_LOST = N_("not tied to the part before it, whose id is not known")
    PHOTO_LATE = N_("{url} took longer than {n} s")
    PHOTO_NOT_THERE = N_("{url} did not arrive in time")
    PHOTO_FAILED = N_("{name} from {url}")
    PHOTO_NOT_IMAGE = N_("{url} is not a JPEG, PNG, WebP or GIF image")
    PHOTO_TOO_BIG = N_("{url} has {size} MB, more than {limit}")
    PHOTO_EMPTY = N_("{url} is empty")
    PHOTO_TOO_WIDE = N_("{url} is {size}, over {n} pixels in width plus height")
    PHOTO_TOO_NARROW = N_("{url} is {size}, narrower than 1 to {n}")
