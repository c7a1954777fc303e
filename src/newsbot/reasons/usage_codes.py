"""The codes of reasons why a command can't be carried out, and why the database or a backup can't be used."""

from newsbot.reasons.reason import N_, ReasonCode

__all__ = ["LedgerCode", "UsageCode"]


class UsageCode(ReasonCode):
    """The codes of reasons why an editor's command can't be carried out, or how a post ended."""

    # The codes of reasons that say that the post, article or channel which a command names does not exist.
    NO_POST = (
        N_("there is no post {ref}: /queue lists them"),
        "there is no post {ref}: `newsbot posts` lists them",
    )
    NO_POST_ID = (
        N_("there is no post {ref}: check the id's characters (/queue lists them)"),
        "there is no post {ref}: check the id's characters (`newsbot posts` lists them)",
    )
    NO_ARTICLE = N_("there is no article {ref}")
    NO_ARTICLE_ID = (
        N_("there is no article {ref}: an article's id looks like a-k7mq (/show ID)"),
        "there is no article {ref}: an article's id looks like a-k7mq (`newsbot show ID`)",
    )
    NO_ACTION = N_("there is no action {ref}")
    NEVER_POLLED = (
        N_("no source {name} was ever polled: /status lists them"),
        "no source {name} was ever polled: `newsbot status` lists them",
    )
    NEVER_READ = N_("article {ref} was never read")
    NO_SUCH_CHANNEL = N_("there is no channel {name}. {mend}")
    NO_SUCH_SOURCE = N_("there is no source {name}. {mend}")
    SEVERAL_CHANNELS = N_("{name} fits {reasons}: write more of the channel's name")
    SEVERAL_SOURCES = N_("{name} fits {reasons}: write more of the source's name")
    DID_YOU_MEAN = N_("Did you mean {name}?")
    THERE_ARE = N_("There are {reasons}.")
    THERE_IS_NONE = N_("There is none.")

    # The codes of reasons that say what the state of a post does not allow.
    POST_IN_STATE = N_("post {ref} is {state} and {what}: {why}")
    POST_OUT_IN_PART = N_("post {ref} is out in part and {what}: /fix changes what is out")
    ONLY_SENDER_CLAIMS = N_("post {ref} is {state}: only the sender's claim takes it to `sending`")
    CANNOT_APPROVE = N_("can't be approved")
    CANNOT_RETRY = N_("can't be retried")
    CANNOT_CANCEL = N_("can't be cancelled")
    CANNOT_SEND = N_("can't be sent")
    CANNOT_SKIP = N_("can't be skipped")
    CANNOT_RESOLVE = N_("needs no word on whether it is out")
    CANNOT_WITHDRAW = N_("can't be withdrawn")
    CANNOT_CHANGE_TIME = N_("can't get another time")
    CANNOT_CHANGE_CHANNEL = N_("can't be moved to another channel")
    CANNOT_EDIT = N_("can't be edited")
    CANNOT_BECOME = N_("can't become `{event}`")
    HELD_POST = N_("/approve {ref} lets it go")
    SCHEDULED_POST = N_("nothing holds it, it waits for its time")
    RETRYING_POST = N_("nothing holds it, it will be tried again")
    SENDING_POST = N_("it is being sent at this moment")
    UNKNOWN_POST = N_("it may be out: look first, then /resolve {ref} sent|not-sent, or /skip {id}")
    FAILED_POST = N_("/show {ref} says why, /retry {id} tries again")
    CANCELLED_POST = (
        N_("/post URL again queues its article once more"),
        "newsbot post URL --again queues its article once more",
    )
    WITHDRAWN_POST = N_("it was taken back")
    SENT_POST = N_("it is out already")
    SENT_POST_AT = N_("it is out already ({link})")
    CHANGED_SINCE = N_("post {ref} was changed since: look at it again")
    CLAIM_CHANGED = N_("a post is not what it was a moment ago")
    ARTICLE_CHANGED = N_("what {ref} has become changed at this very moment: try again")
    RETRY_REFUSED = N_("post {ref} can't be retried: {why}")
    MOVE_REFUSED = N_("post {ref} can't be moved: {why}")
    NOTHING_BY_HAND = N_("nothing of post {ref} waits to be taken away by hand")

    # The codes of reasons why a post that is not published can't be deleted from its platform, and what to do
    # instead; there is one code for each state of such a post.
    CANCEL_INSTEAD = N_("/cancel {ref} keeps it from going out")
    TAKE_DOWN_SENDING = N_("it is in a call at this moment: /takedown {id} takes it away once it is out")
    TAKE_DOWN_UNKNOWN = N_("/takedown {id} takes it away once it is known to be out")
    NOTHING_IS_OUT = N_("nothing of it is out")
    NEVER_OUT = N_("it never went out")
    SHOW_INSTEAD = N_("/show {ref} says what became of it")

    # The codes of reasons why an editor's approval of a post does not count.
    APPROVED_ALREADY = N_("post {ref} is approved already")
    SAME_APPROVER = N_("post {ref} has this person's approval already: another has to")
    OWN_WORDS = N_("post {ref} is worded by who would approve it: others have to")

    APPROVED_BY = N_("post {ref} was approved already by {reasons} at {at}: /show {id}")
    APPROVED_BY_SAME = N_("{reasons} approved post {ref} already at {at}: another person has to")
    LOOK_AGAIN = N_("post {ref} was changed since: look at it again, /show {id}")
    WORDS_OF_APPROVER = N_("these words of post {ref} are your own: two others have to approve them")
    ROLE_TOO_LOW = N_("{task} needs the role {role}: {name} has the role {own_role}")
    NO_ROLE = N_("{task} needs the role {role}: {name} has none")
    OTHER_CHANNELS = N_("{name} does not act on {reasons}")
    OTHER_POSTS = N_("{name} acts on other channels or languages than those of {reasons}")

    # The codes of reasons why an article can't be posted, or the end of its embargo can't be changed.
    POST_AGAIN = (N_("{why}: /post URL again posts it once more"), "{why}: --again posts it once more")
    OUT_ON_CHANNEL = N_("this article is out on {channel} as post {ref}")
    WAITING_ON_CHANNEL = N_("this article is waiting ({state}) on {channel} as post {ref}")
    TAKEDOWN_BLOCK = N_("{id} was taken down by {by} on {date}: nothing of it is posted")
    LONGER_EMBARGO = N_(
        "{id} is under embargo until {until}: an earlier end lifts it, which takes two people: "
        "/embargo {ref} lift"
    )
    UNDER_EMBARGO = N_("{id} is under embargo, and can't go before {until}")
    NO_EMBARGO = N_("{id} is under no embargo")

    # The codes of reasons why a post ended without being sent, or why it can't be sent, moved or corrected.
    NOT_IN_TIME = N_("not sent in time")
    TOO_OLD = (
        N_("too old by its date when it was found; /post takes it all the same"),
        "too old by its date when it was found; `newsbot post` takes it all the same",
    )
    HELD_AT_END = N_("held for {why}")
    CHANNEL_PAUSED = N_("its channel is paused")
    OTHER_POST_WAITED = N_("another post of its channel waited")
    LEFT_AS_IT_IS = N_("left as it is")
    OUTCOME_NOT_KNOWN = N_("whether it is out was not known")
    RESTORED = N_(
        "the ledger was restored from a backup: it may have gone out between {since} and {until}: "
        "look there, then /resolve ID sent|not-sent, or /skip ID"
    )
    SENDER_ENDED = (
        N_("its sender ended before the platform answered: look there, then /resolve it"),
        "its sender ended before the platform answered: look there, then `newsbot resolve` it",
    )
    SENDER_ENDED_BEFORE_CALL = N_("its sender ended before the call left")
    CLAIM_LOST = N_("the database went before its sender had the claim: no call was made")
    CALL_DID_NOT_LEAVE = N_("the call did not leave: {why}")
    NOBODY_KNOWS = N_("nobody knows whether it is out: look there")
    SUMMARY_LOST = N_("the call was interrupted, and its answer is lost")
    CHANNEL_GONE = N_("config.yaml has no channel {name} any more")
    POSTS_ELSEWHERE = N_("{name} posted to {then}, and posts to {place} now")
    CHANNEL_HAS_NEW_NAME = N_("{name} is called {place} now, and its posts follow when newsbot starts again")
    CORRECTION_DROPPED = N_("its correction, post {ref}, was dropped")
    DELETE_BY_HAND = N_("{why}: take it away by hand")
    STAYS_AS_IT_IS = N_("{why}: post {ref} stays as it is")
    NOT_CORRECTED_YET = N_("post {ref} can't be corrected yet: {why}")
    CANNOT_GO = N_("post {ref} can't go: {why}. {mend}")
    LEAVE_PART = N_("A part of it is out: /cancel {ref} leaves it at that")
    QUEUE_ELSEWHERE = (
        N_("/post {link} NAME queues its article elsewhere"),
        "newsbot post {link} --channel NAME queues its article elsewhere",
    )
    MOVE_OR_CANCEL = (
        N_("/move {ref} NAME, or /cancel {id}"),
        "newsbot move {ref} --channel NAME, or newsbot cancel {id}",
    )
    DELETED_ONCE_KNOWN = N_("it is {state}: taken away once it is known to be out")

    # The codes of reasons why an editor's order can't be carried out.
    NO_ARTICLE_IN = N_("{link} has no article in it now")
    NEVER_POSTED = N_("we never posted this, nor took in an article of this address: {link}")
    CANNOT_SAY = N_("post {ref} can't say that: {why}")
    NO_CHANNEL_IN_CONFIG = N_("there is no channel {name} in config.yaml")
    ON_CHANNEL_ALREADY = N_("post {ref} is on {name} already")
    OF_ONE_CHANNEL = N_("post {ref} is a {role}, of {name} alone: /cancel {id}")
    NEVER_READ_FOR_COMPOSING = N_("article {ref} was never read, so it can't be composed again")
    GOES_ON_AFTER_PART = N_("{id} goes on after part {n}: give that part's id with --remote-id")
    NO_DOUBT = N_("{id} is {state}, so nobody need say whether it is out")
    WORDS_NOT_FOUND = N_(
        "{words} stands neither in article {ref} nor in any of its posts: /show {id} shows them"
    )
    NEW_TEXT_EMPTY = N_("the new text is empty: /takedown takes an article away")
    FIX_NOT_GIVEN = N_("say what is wrong and what is right, like: 4.2 2.4")
    FIX_WITH_ARROW = N_("what is wrong may hold neither > nor a line break: name a shorter piece of it")
    WOULD_STAY = N_("{words} would stay as it is")
    NOTHING_CHANGED = N_("nothing was changed. {why}")
    OF_POST = N_("{id} on {channel}: {why}")
    TOO_LONG_BY = N_("it is {n} too long")
    TEXT_TOO_LONG = N_("{channel}: {n} too long: {count} of {most}")
    TEXT_TOO_LONG_WITH_PHOTO = N_("{channel}: {n} too long: {count} of {most}, with its photo")
    CANNOT_COMPOSE = N_("it can't be composed: {why}")
    OTHER_PARTS = N_("it does not have as many parts as are out: {n} now, {count} out")
    EMBARGO_IN_PAST = N_("an embargo ends in the future: give a later time")

    # The codes of reasons why an article or a digest (list of articles) has no posts.
    NO_CHANNEL_TAKES = N_("no channel takes it: {why}")
    NO_CHANNEL_ASKED = N_("no channel was named for it")
    LANGUAGE_NOT_TAKEN = N_("{name} takes {reasons}; the article is in {language}")
    SOURCE_BLOCKED_BY = N_("the source was blocked by {by}")
    NO_DIGEST = N_("no digest: {why}")
    NO_ROOM = N_("{n} of {count} had no room")
    NOTHING_TO_GATHER = N_("there is nothing to gather")
    DIGEST_TOO_LATE = N_("its time was over")
    DIGEST_OF_NOTHING = N_("nothing went out since the last one")
    SAME_ARTICLE = N_("the same article as {id}")

    # The codes of reasons why a text is refused as a time, or has to be confirmed.
    NO_TIME = (
        N_("{text} is no time. Write it like {examples} or {example}"),
        "'{text}' is no time: write it like {examples} or {example}",
    )
    NO_CLOCK_TIME = (
        N_("{text} names a day without a time of day. Write it like {examples} or {example}"),
        "'{text}' names a day without a time of day: write it like {examples} or {example}",
    )
    NO_UNIT = (
        N_("{text} has no unit. Write it like +90m or +2h"),
        "'{text}' has no unit: write it like +90m or +2h",
    )
    BARE_LENGTH = (
        N_("{text} is a length of time. Write it like +20m or +2h, or a time of day like 18:30"),
        "'{text}' is a length of time: write it like +20m or +2h, or a time of day like 18:30",
    )
    TWO_TIMES = (
        N_("{text} can be {first} or {second}. Write it like {example}"),
        "'{text}' can be {first} or {second}: write it like {example}",
    )
    TIME_LEFT_OUT = (
        N_("{text} does not come: the clocks are put forward then. Write it like {example}"),
        "'{text}' is when the clocks are put forward and does not come: write it like {example}",
    )
    OTHER_ZONE = (
        N_("{text} names a zone's short name that does not fit then. Write it like {example}"),
        "'{text}' names a zone's short name that does not fit then: write it like {example}",
    )
    OTHER_WEEKDAY = (
        N_("{text} has a date that is another weekday. Write it like {example}"),
        "'{text}' has a date that is another weekday: write it like {example}",
    )
    NO_SUCH_DAY = (
        N_("{text} is no day of the calendar. Write it like {example}"),
        "'{text}' is no day of the calendar: write it like {example}",
    )
    TIME_IS_PAST = (N_("{text} is {first}, which is past."), "'{text}' is {first}, which is past")
    TIME_TOO_FAR = (N_("{text} is over a hundred years ahead."), "'{text}' is over a hundred years ahead")
    TIME_FAR = (
        N_("{text} is {first}, over a year ahead. Is that right?"),
        "'{text}' is {first}, over a year ahead",
    )
    TIME_NEXT_YEAR = (
        N_("{text} is {first}, as it is past in this year. Is that right?"),
        "'{text}' is {first}, as it is past in this year",
    )
    TIME_NEAR = (
        N_("{text} is {first}, which is two minutes away or less. Is that right?"),
        "'{text}' is {first}, which is two minutes away or less",
    )

    # The codes of reasons why a command of the command line can't be carried out.
    NOT_BLOCKED = N_("{name} is not blocked")
    NO_SUSPICION = (
        N_("post {ref} is held for no suspicion"),
        "post {ref} is held for no suspicion: leave --alike out",
    )
    NO_SITE_ADDRESS = N_("{url} is no web address: write it whole, like https://your.site/")
    OR_ALLOW_PRIVATE = N_("{why}, or add --allow-private")
    NOT_WRITTEN = N_("{path} can't be written: {words}")
    DEMO_IS_THERE = N_("{path} has a {name} already: name an empty folder for the demo")
    NOT_STARTED = N_("the {name} did not start: {words}")
    ENDED_BY_ITSELF = N_("the {name} ended by itself with status {n}: {words}")

    # The codes of reasons why a part of the service does not work.
    PART_ENDED = N_(
        "{name} failed ({why}), and newsbot has ended with what was in flight settled or marked: "
        "start it again, as systemd and Docker do by themselves"
    )
    SEE_LOG = N_("{name}, see the log")
    DESK_NOT_READY = N_("the desk is not ready")
    NO_MORE_REQUESTS = N_("web.listen: requests do not come in any more")
    NOT_LISTENING = N_(
        "web.listen: {place} can't be listened on ({words}): end what has it, or write another address"
    )
    PORTS_TAKEN = N_(
        "the sandbox can't listen on the ports {n} to {most} of 127.0.0.1 ({words}): "
        "end what runs there (another sandbox?), or take another --port"
    )
    NO_SANDBOX_NAME = N_(
        "{name} is no name of a channel on Telegram: write it with 5 to 32 of a-z, 0-9 and _, "
        "a letter first, like @my_channel"
    )
    SANDBOX_NAME_TAKEN = N_("{name} is there already: take another name")

    # The codes of reasons that say by what newsbot noticed that the ledger was restored from a backup.
    RESTORED_BEFORE = N_("it is from before an earlier restore")
    CALL_MISSING = N_("1 call was made that is not in it")
    CALLS_MISSING = N_("{n} calls were made that are not in it")
    AMENDMENT_MISSING = N_("a published post was edited or deleted, and that is not in it")
    OTHER_MARK_WITH_CALLS = N_("the mark beside it is of another ledger, which had sent something")
    OTHER_MARK = N_("the mark beside it is of another ledger")
    MADE_FROM_DUMP = N_("its tables were made from a dump")
    MARK_GONE = N_("the mark of what it has sent is gone")
    CALL_NUMBERS_REPEATED = N_("it gives numbers to calls that it had given before")
    EARLIER_CALLS_MISSING = N_("calls are missing that were in it")
    MADE_FROM_DUMP_MEANWHILE = N_("its tables were made from a dump while newsbot ran")
    OTHER_LEDGER = N_("it is another ledger than it was")


class LedgerCode(ReasonCode):
    """The codes of reasons why the ledger's database or a backup can't be used.

    The parameter ``name`` is the database's name.
    """

    # The codes of reasons that say that the database is busy for the moment.
    SLOT_TAKEN = N_("another post has taken this slot meanwhile: plan it again")
    DATABASE_LOCKED = N_(
        "the database {name} is locked by another process for too long: try again, or end what holds it"
    )
    DATABASE_IN_USE = N_("the database {name} is in use by another thread for too long: try again")
    SLOW_STATEMENT = N_(
        "the database {name} took too long over a statement: try again; is the server overloaded?"
    )
    SESSION_ENDED = N_(
        "the database {name} ended a session that it had not heard from for too long: newsbot tries again"
    )
    SERVER_STARTS = N_("the database {name} is shutting down or starting up: newsbot tries again")
    LOCK_STILL_HELD = N_(
        "an earlier session of this service still has its lock on the database {name}: newsbot tries again"
    )
    COMMAND_TAKEN_OVER = N_("another newsbot service answers this command now")
    CALL_HANGS = N_("a call on the database {name} has not come back for {n} s: look at its disk")

    # The codes of reasons that say that newsbot lacks the right to use the database, or can't find it.
    NO_DATABASE_ADDRESS = N_("database: not a URL; write sqlite:///newsbot.db or postgresql://...")
    UNSUPPORTED_DATABASE = N_(
        "database: {name}:// is not supported; write sqlite:///newsbot.db or postgresql://..."
    )
    DATABASE_UNREACHABLE = N_("the database {name} can't be reached ({words}): check that the server runs")
    DATABASE_LOGIN_REFUSED = N_(
        "the database {name} refuses the login: check user and password in `database`"
    )
    DATABASE_NOT_CREATED = N_(
        "the database {name} does not exist: create it (`createdb`), or name another in `database`"
    )
    DATABASE_WITHOUT_GRANTS = N_(
        "the database {name} can't be written: grant newsbot's user the rights on its tables"
    )
    DATABASE_NOT_WRITABLE = N_(
        "the database {name} can't be written: give newsbot's user the right to write file and folder"
    )
    DATABASE_NOT_OPENED = N_(
        "the database {name} can't be opened: check that newsbot's user may read and write it"
    )
    DATABASE_WITHOUT_RIGHT = N_("the database {name} can't be opened: newsbot's user has no right to it")
    DATABASE_READ_ONLY = N_("the database {name} is read-only: name the primary server in `database`")
    TOO_MANY_CONNECTIONS = N_(
        "the database {name} takes no more connections: raise its `max_connections` or close some"
    )
    NO_PARENT_FOLDER = N_("the database {name}: there is no folder {path}; create it, or change `database`")
    DATABASE_IS_FOLDER = N_("the database {name} is a folder; name a file in `database`")
    PATH_NOT_WRITABLE = N_("the database {name}: newsbot's user may not write {path}; change its rights")
    STATEMENT_REFUSED = N_("the database {name} refused: {words}")

    # The codes of reasons that say that the database or its disk is damaged, gone or full.
    DISK_FULL = N_("the database {name} can't grow, the disk is full: free some space; nothing is lost")
    DISK_FAILS = N_(
        "the database {name} can't be read or written, the disk fails or is full: check it before going on"
    )
    DATABASE_DAMAGED = N_(
        "the database {name} is damaged: stop newsbot and restore a backup (`newsbot db backup` makes them)"
    )
    NOT_SQLITE = N_(
        "the database {name} is not an SQLite database: name another file in `database`, or move it away"
    )
    DATABASE_GONE = N_(
        "the database {name} is gone: put it back, or restore it from a backup and start newsbot again"
    )
    DATABASE_REPLACED = N_("the database {name} was replaced while newsbot ran: start newsbot again")
    TABLES_LOST = N_("the database {name} has lost its tables: restore it from a backup")
    NO_ROOM_BESIDE = N_(
        "there is no room beside the database for what becomes of calls ({words}): "
        "free some space; nothing is lost"
    )
    MARK_NOT_WRITABLE = N_(
        "{path} can't be written ({words}), and nothing is sent that it does not know: "
        "change its rights or free some space; nothing is lost"
    )
    NO_IDS_LEFT = N_("the ledger has given out all of its 29.6 million ids: begin a new database")

    # The codes of reasons that say that another version or another service of newsbot uses the database.
    DATABASE_TOO_NEW = N_(
        "the database {name} was written by a newer newsbot (schema {then}, this one knows {now}): "
        "install that version again, or restore a backup"
    )
    DATABASE_TOO_OLD = N_(
        "the database {name} is from an older newsbot (schema {then}, this one wants {now}): "
        "run `newsbot db upgrade`, or start the service, which does it"
    )
    OLDER_SERVICE = N_(
        "a service of an older newsbot (process {number} on {host}) can't work with the schema that this "
        "version wants in the database {name}: stop it first, or replace it by a version in between"
    )
    LOCK_NOT_WRITABLE = N_("{path} can't be written ({words}): change its rights")
    SERVICE_RUNS_ALREADY = N_(
        "another newsbot service (process {number}) runs on the database {name}: stop it first, "
        "or give this one a database of its own (the lock is {path})"
    )
    SERVICE_RUNS = N_("a newsbot service runs on the database {name}: stop that first")
    SERVICES_RUN = N_("newsbot services run on the database {name} (their number: {n}): stop them first")

    # The codes of reasons why a backup can't be made or restored.
    BACKUP_EXISTS = N_("{path} exists already: name a new file for the backup")
    NO_FILE = N_("there is no file {path}")
    NO_BACKUP = N_("{path} is no backup of a ledger: name what `newsbot db backup` made")
    NO_BACKUP_BECAUSE = N_("{path} is no backup of a ledger ({words}): name what `newsbot db backup` made")
    BACKUP_DAMAGED = N_("{path} is damaged ({words}): name another backup")
    BACKUP_TOO_NEW = N_(
        "{path} was made by a newer newsbot (schema {then}, this one knows {now}): "
        "install that version, or name an older backup"
    )
    OTHER_DUMP = N_(
        "{path} is no backup by `newsbot db backup` on PostgreSQL (for another dump: stop newsbot, "
        "`psql` it into an empty database, start newsbot)"
    )
    NO_CLIENT_PROGRAM = N_("{name} is not here: install PostgreSQL's client programs (postgresql-client)")
    PROGRAM_FAILED = N_("{program} failed on the database {name}: {words}")
    DATABASE_NOT_REPLACED = N_("the database {name} could not be replaced ({words}): nothing has changed")

    # The codes of reasons why a ledger can't be moved, or can't be used because it was moved.
    LEDGER_MOVED = N_(
        "the ledger {name} was moved to {place}: write that address as `database` in config.yaml"
    )
    LEDGER_BEING_MOVED = N_(
        "the ledger {name} is being moved to another database by process {number}: try again after that"
    )
    ONLY_SQLITE_MOVES = N_("only a ledger on SQLite can be moved, and `database` is {name} now")
    DATABASE_NOT_EMPTY = N_(
        "the database {name} is not empty (there is a table {table}): name an empty one (`createdb` makes it)"
    )
    DATABASE_NOT_UTF8 = N_(
        "the database {name} stores texts as {words}, which has not every character: "
        "make one with `createdb --encoding=UTF8 --template=template0`"
    )
    PART_OF_LEDGER = N_(
        "the database {name} has only a part of a ledger, as its move was cut off: "
        "run `newsbot db move` again, with the old `database` in config.yaml"
    )
    PART_OF_OTHER_LEDGER = N_(
        "the database {name} has a part of another ledger, whose move was cut off: name an empty database"
    )
    OTHER_MOVE_RUNS = N_("another process moves a ledger to the database {name} now: wait for its end")
    ROW_NOT_TAKEN = N_(
        "the database {name} does not take the row {id} of the table {table} ({words}): "
        "the ledger stays where it is"
    )
    ROW_DIFFERS = N_(
        "the row {id} of the table {table} is not the same in the database {name}: the ledger stays where "
        "it is; end what else writes there, and run `newsbot db move` again"
    )
