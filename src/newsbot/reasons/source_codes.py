"""The codes of reasons for errors of sources: downloads, feeds, pages, files and databases."""

from newsbot.reasons.table import N_, ReasonCode

__all__ = ["SourceCode"]


class SourceCode(ReasonCode):
    """The codes of reasons why a source, a page or a file can't be read."""

    # The codes of reasons that say where in a source an error happened; they contain the reason of the error.
    LOCATED = "located", N_("{url}: {why}")
    INPUT_OF = "input-of", N_("the input of {name}")
    CONTENT = "content", N_("its content")
    ITEM = "item", N_("the item {name}")
    PAGE = "page", N_("the page at {url}")

    # The codes of reasons why newsbot refuses an address.
    NOT_A_URL = "not-a-url", N_("{url} is not a URL; write it like https://example.org/feed")
    UNSUPPORTED_SCHEME = (
        "unsupported-scheme",
        N_("{url} is refused: only http:// and https:// are fetched"),
    )
    URL_WITHOUT_HOST = (
        "url-without-host",
        N_("{url} names no host; write it like https://example.org/feed"),
    )
    FORBIDDEN_ADDRESS = "forbidden-address", N_("{url} is refused: {host} is at {why}")
    METADATA_ADDRESS = "metadata-address", N_("a link-local or cloud metadata address")
    PRIVATE_ADDRESS = "private-address", N_("a private or loopback address")
    PRIVATE_ADDRESS_ALLOWABLE = (
        "private-address-allowable",
        N_("a private or loopback address; where it is your own, set network.allow_private: true"),
    )
    SPECIAL_ADDRESS = "special-address", N_("a multicast, reserved, tunnel or unspecified address")
    NO_WEB_ADDRESS = "no-web-address", N_("it is no web address")
    NO_HTTP_ADDRESS = "no-http-address", N_("it is no http or https address")
    LOGIN_IN_ADDRESS = "login-in-address", N_("it holds a user name or password")
    ADDRESS_IN_TRASH = (
        "address-in-trash",
        N_("WordPress gave it to the article in the trash, and will change it"),
    )
    NO_HOST = "no-host", N_("{host} is no host")
    PRIVATE_NAME = "private-name", N_("{host} is a name of a private network")
    HOST_AT = "host-at", N_("{host} is {what}")

    # The codes of reasons why a download failed.
    ANSWER_TOO_SLOW = (
        "answer-too-slow",
        N_("{url} did not answer in full within {n} s; check that the site is up"),
    )
    TOO_MANY_REDIRECTS = (
        "too-many-redirects",
        N_("{url} redirects more than {n} times; use the address that it should lead to"),
    )
    REDIRECT_TO_NOWHERE = (
        "redirect-to-nowhere",
        N_("{url} redirects to nowhere (no Location); tell the site's operator"),
    )
    BAD_REDIRECT = (
        "bad-redirect",
        N_("{url} redirects to {link}, which can't be followed: it is no http(s) URL"),
    )
    ANSWER_TOO_LARGE = (
        "answer-too-large",
        N_("{url} is over {n} MB, which no feed, page or photo should be; check what the address serves"),
    )
    BROKEN_ANSWER = "broken-answer", N_("{url} {why}; tell the site's operator")
    PACKED_ANSWER_ENDS_EARLY = "packed-answer-ends-early", N_("sent a packed answer that ends early")
    DAMAGED_GZIP = "damaged-gzip", N_("sent damaged gzip")
    UNREADABLE_ENCODING = (
        "unreadable-encoding",
        N_("sent its answer in the encoding {words}, which was not asked for"),
    )
    HTTP_STATUS = "http-status", N_("{url} answered {status}: {why}")
    LOGIN_NEEDED = (
        "login-needed",
        N_("the site asks for a login; put it into the URL (https://user:password@...)"),
    )
    NOT_LET_IN = (
        "not-let-in",
        N_("the site does not let newsbot in; ask its operator to, or use another address"),
    )
    CHECK_ADDRESS = "check-address", N_("check the address")
    GONE_FOR_GOOD = "gone-for-good", N_("it is gone for good; find its new address")
    FEWER_REQUESTS = (
        "fewer-requests",
        N_("the site asks for fewer requests; newsbot tries again later"),
    )
    SITE_IN_TROUBLE = "site-in-trouble", N_("the site is in trouble; newsbot tries again later")
    NAME_NOT_FOUND = (
        "name-not-found",
        N_("no address was found for {host}; check the name and this machine's DNS"),
    )
    INVALID_CERTIFICATE = (
        "invalid-certificate",
        N_("the certificate of {host} is not valid ({words}); have it renewed"),
    )
    CERTIFICATE_NOT_VERIFIED = (
        "certificate-not-verified",
        N_("the certificate of {host} can't be verified; have it renewed"),
    )
    NO_TLS = "no-tls", N_("no TLS connection with {host}; check that it speaks https on that port")
    NO_CONNECTION = (
        "no-connection",
        N_("could not connect to {host} ({words}); check that the site is up"),
    )
    NO_CONNECTION_UNEXPLAINED = (
        "no-connection-unexplained",
        N_("could not connect to {host}; check that the site is up"),
    )
    NO_HTTP = "no-http", N_("{host} did not answer in HTTP; check the address and its port")
    URL_NOT_REQUESTABLE = (
        "url-not-requestable",
        N_("it is not a URL that can be asked for; write it like https://example.org/feed"),
    )
    CONNECTION_ENDED = (
        "connection-ended",
        N_("the connection ended in the middle of the answer; newsbot tries again later"),
    )

    # The codes of reasons why a page or feed could not be parsed in its separate process.
    TOO_MUCH_MEMORY = (
        "too-much-memory",
        N_("{what} takes too much memory to parse; it is broken or hostile"),
    )
    NOT_PARSED = "not-parsed", N_("{what} could not be parsed ({words})")
    NOT_PARSED_BUSY = (
        "not-parsed-busy",
        N_("{what} was not parsed within {n} s, as this machine is too busy"),
    )
    NOT_PARSED_IN_TIME = (
        "not-parsed-in-time",
        N_("{what} was not parsed within {n} s; it is far too large, broken or hostile"),
    )
    PARSER_CRASHED = (
        "parser-crashed",
        N_("{what} crashed its parser ({why}); it is broken or hostile"),
    )
    PROCESS_ENDED = "process-ended", N_("the process ended")

    # The codes of reasons why a feed can't be read.
    FEED_IS_PAGE_NOW = "feed-is-page-now", N_("the feed that was found is a page now")
    NAMED_FEED_FAILS = "named-feed-fails", N_("{url} names a feed that can't be had: {why}")
    PAGE_WITHOUT_FEED = (
        "page-without-feed",
        N_("{url} is a web page that names no feed; give the address of its RSS, Atom or JSON feed"),
    )
    NO_JSON_FEED = "no-json-feed", N_("it is JSON, but no JSON Feed: give the address of a feed")
    EMPTY_FEED = "empty-feed", N_("it is empty: give the address of an RSS, Atom or JSON feed")
    NO_FEED = "no-feed", N_("it is no feed but {what}: give the address of an RSS, Atom or JSON feed")
    XML_DOCUMENT = "xml-document", N_("an XML document {name}")
    NEITHER_XML_NOR_JSON = "neither-xml-nor-json", N_("neither XML nor JSON")
    BROKEN_FEED = (
        "broken-feed",
        N_("it is broken beyond reading: ask its publisher to put it through a feed validator"),
    )

    # The codes of reasons why a file or folder can't be read.
    UNFETCHABLE_TARGET = (
        "unfetchable-target",
        N_("{link} can't be fetched: only http://, https:// and files can"),
    )
    NO_ARTICLE_FILE = (
        "no-article-file",
        N_("{path} is no .txt, .md or .html file; save it as one of these"),
    )
    FILE_IS_NO_FEED = (
        "file-is-no-feed",
        N_("{path} is no .txt, .md or .html file, and as a feed it can't be read: {why}"),
    )
    EMPTY_FILE = "empty-file", N_("{path} is empty: write the article into it")
    FILE_WITHOUT_TEXT = "file-without-text", N_("{path} is no text: save it as plain text in UTF-8")
    UNREADABLE_FILE = (
        "unreadable-file",
        N_("{path} can't be read ({words}); check its name and rights"),
    )
    FILE_TOO_LARGE = (
        "file-too-large",
        N_("{path} is over {n} MB, which no article or feed is; take it out"),
    )
    NO_FOLDER = "no-folder", N_("{path} is no folder; name the folder that articles are put into")
    FOLDER_NOT_THERE = (
        "folder-not-there",
        N_("{path} is not there; make the folder or correct the source's path"),
    )
    UNREADABLE_FOLDER = (
        "unreadable-folder",
        N_("{path} can't be read ({words}); give newsbot the right to"),
    )
    TOO_MANY_FILES = "too-many-files", N_("{path} holds over {n} articles; move old ones elsewhere")

    # The codes of reasons why a source that is a database can't be read.
    DATABASE_STILL_BUSY = (
        "database-still-busy",
        N_("its database has not answered the last poll yet; newsbot goes on waiting for it"),
    )
    DATABASE_TOO_SLOW = (
        "database-too-slow",
        N_("its database did not answer within {n} s; is it overloaded?"),
    )
    SLOW_QUERY = (
        "slow-query",
        N_("a query took over {n} s and was ended: `newsbot check --online` names the index that it misses"),
    )
    CHECK_LOGIN = "check-login", N_("check the user, its password and its grants")
    CHECK_QUERY = "check-query", N_("mend url or query, or was the CMS changed?")
    CHECK_SERVER = "check-server", N_("is it running, and may newsbot's machine reach it?")
    NO_SQLITE_FILE = "no-sqlite-file", N_("{path} is not there: is it the CMS's SQLite file?")
    NO_DATABASE_URL = (
        "no-database-url",
        N_("url is no database's address: write mysql://USER:PASSWORD@HOST/NAME"),
    )
    NO_DRIVER = "no-driver", N_("there is no driver for {name}://: use mysql, postgresql or sqlite")
    DRIVER_NOT_INSTALLED = (
        "driver-not-installed",
        N_("the driver for {name}:// is not installed ({words})"),
    )
    BINARY_GUID = (
        "binary-guid",
        N_("the query's guid is binary: write it as text, with HEX() or encode()"),
    )
    TOO_MANY_ROWS = (
        "too-many-rows",
        N_("the query has over {n} rows: let it leave out what is older than needed"),
    )
    TOO_MANY_ROWS_WITHOUT_CURSOR = (
        "too-many-rows-without-cursor",
        N_("over {n} rows have no {name}: name another by COALESCE(...) AS ..."),
    )
    NO_COLUMN = (
        "no-column",
        N_("the query has no column {name}: name one with AS (it has {reasons})"),
    )
    NO_WORDPRESS_TABLES = (
        "no-wordpress-tables",
        N_(
            "newsbot's account sees no tables of a WordPress, whether with {name} or not; "
            "check the database in url (DB_NAME in wp-config.php) and the account's grants"
        ),
    )
    OTHER_TABLE_PREFIX = (
        "other-table-prefix",
        N_(
            "no tables that newsbot's account sees begin with {name}; those of a WordPress "
            "begin with {reasons}: set prefix ($table_prefix in wp-config.php)"
        ),
    )

    # The codes of reasons why an article in a source can't be read.
    NO_BODY_IN_FILE = "no-body-in-file", N_("{name} has no body: write the article under its title")
    PASSWORD_PROTECTED = (
        "password-protected",
        N_("{name} is protected by a password, so it is not posted"),
    )
    NO_TEXT_IN_ROW = (
        "no-text-in-row",
        N_("{name} has no text in its CMS, and no headline with a link: add one there"),
    )
    NO_TEXT_IN_FEED = (
        "no-text-in-feed",
        N_("the feed has no text for {name}: set full_text to auto or page, so that its page is read"),
    )
    NO_ARTICLE_ON_PAGE = (
        "no-article-on-page",
        N_("no article at {name}: check that its page shows the text without JavaScript or a login"),
    )
