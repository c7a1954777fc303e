"""The codes of reasons why the database can't be used, and why a backup can't be made or restored."""

from newsbot.reasons.table import N_, ReasonCode

__all__ = ["LedgerCode"]


class LedgerCode(ReasonCode):
    """The codes of reasons why the ledger's database or a backup can't be used.

    The parameter ``name`` is the database's name.
    """

    # The codes of reasons that the database is busy for the moment.
    SLOT_TAKEN = "slot-taken", N_("another post has taken this slot meanwhile: plan it again")
    LOCKED = (
        "database-locked",
        N_("the database {name} is locked by another process for too long: try again, or end what holds it"),
    )
    IN_USE = (
        "database-in-use",
        N_("the database {name} is in use by another thread for too long: try again"),
    )
    SLOW_STATEMENT = (
        "slow-statement",
        N_("the database {name} took too long over a statement: try again; is the server overloaded?"),
    )
    SESSION_ENDED = (
        "session-ended",
        N_(
            "the database {name} ended a session that it had not heard from for too long: newsbot tries again"
        ),
    )
    SERVER_STARTS = (
        "server-starts",
        N_("the database {name} is shutting down or starting up: newsbot tries again"),
    )
    LOCK_STILL_HELD = (
        "lock-still-held",
        N_(
            "an earlier session of this service still has its lock on the database {name}: "
            "newsbot tries again"
        ),
    )
    CALL_HANGS = (
        "call-hangs",
        N_("a call on the database {name} has not come back for {n} s: look at its disk"),
    )

    # The codes of reasons that newsbot lacks the right to use the database, or can't find it.
    NO_DATABASE_ADDRESS = (
        "no-database-address",
        N_("database: not a URL; write sqlite:///newsbot.db or postgresql://..."),
    )
    UNSUPPORTED_DATABASE = (
        "unsupported-database",
        N_("database: {name}:// is not supported; write sqlite:///newsbot.db or postgresql://..."),
    )
    UNREACHABLE = (
        "database-unreachable",
        N_("the database {name} can't be reached ({words}): check that the server runs"),
    )
    LOGIN_REFUSED = (
        "database-login-refused",
        N_("the database {name} refuses the login: check user and password in `database`"),
    )
    NOT_CREATED = (
        "database-not-created",
        N_("the database {name} does not exist: create it (`createdb`), or name another in `database`"),
    )
    NO_GRANTS = (
        "database-without-grants",
        N_("the database {name} can't be written: grant newsbot's user the rights on its tables"),
    )
    NOT_WRITABLE = (
        "database-not-writable",
        N_("the database {name} can't be written: give newsbot's user the right to write file and folder"),
    )
    NOT_OPENED = (
        "database-not-opened",
        N_("the database {name} can't be opened: check that newsbot's user may read and write it"),
    )
    NO_RIGHT = (
        "database-without-right",
        N_("the database {name} can't be opened: newsbot's user has no right to it"),
    )
    READ_ONLY = (
        "database-read-only",
        N_("the database {name} is read-only: name the primary server in `database`"),
    )
    TOO_MANY_CONNECTIONS = (
        "too-many-connections",
        N_("the database {name} takes no more connections: raise its `max_connections` or close some"),
    )
    NO_PARENT_FOLDER = (
        "no-parent-folder",
        N_("the database {name}: there is no folder {path}; create it, or change `database`"),
    )
    IS_FOLDER = (
        "database-is-folder",
        N_("the database {name} is a folder; name a file in `database`"),
    )
    PATH_NOT_WRITABLE = (
        "path-not-writable",
        N_("the database {name}: newsbot's user may not write {path}; change its rights"),
    )
    STATEMENT_REFUSED = "statement-refused", N_("the database {name} refused: {words}")

    # The codes of reasons that the database or its disk is damaged, gone or full.
    DISK_FULL = (
        "disk-full",
        N_("the database {name} can't grow, the disk is full: free some space; nothing is lost"),
    )
    DISK_FAILS = (
        "disk-fails",
        N_(
            "the database {name} can't be read or written, the disk fails or is full: "
            "check it before going on"
        ),
    )
    DAMAGED = (
        "database-damaged",
        N_(
            "the database {name} is damaged: stop newsbot and restore a backup "
            "(`newsbot db backup` makes them)"
        ),
    )
    NOT_SQLITE = (
        "not-sqlite",
        N_("the database {name} is not an SQLite database: name another file in `database`, or move it away"),
    )
    GONE = (
        "database-gone",
        N_("the database {name} is gone: put it back, or restore it from a backup and start newsbot again"),
    )
    REPLACED = (
        "database-replaced",
        N_("the database {name} was replaced while newsbot ran: start newsbot again"),
    )
    TABLES_LOST = (
        "tables-lost",
        N_("the database {name} has lost its tables: restore it from a backup"),
    )
    NO_ROOM_BESIDE = (
        "no-room-beside",
        N_(
            "there is no room beside the database for what becomes of calls ({words}): "
            "free some space; nothing is lost"
        ),
    )
    MARK_NOT_WRITABLE = (
        "mark-not-writable",
        N_(
            "{path} can't be written ({words}), and nothing is sent that it does not know: "
            "change its rights or free some space; nothing is lost"
        ),
    )
    NO_IDS_LEFT = (
        "no-ids-left",
        N_("the ledger has given out all of its 29.6 million ids: begin a new database"),
    )

    # The codes of reasons that another version or another service of newsbot uses the database.
    TOO_NEW = (
        "database-too-new",
        N_(
            "the database {name} was written by a newer newsbot (schema {then}, this one knows {now}): "
            "install that version again, or restore a backup"
        ),
    )
    TOO_OLD = (
        "database-too-old",
        N_(
            "the database {name} is from an older newsbot (schema {then}, this one wants {now}): "
            "run `newsbot db upgrade`, or start the service, which does it"
        ),
    )
    LOCK_NOT_WRITABLE = "lock-not-writable", N_("{path} can't be written ({words}): change its rights")
    SERVICE_RUNS_ALREADY = (
        "service-runs-already",
        N_(
            "another newsbot service (process {number}) runs on the database {name}: stop it first, "
            "or give this one a database of its own (the lock is {path})"
        ),
    )
    SERVICE_RUNS = (
        "service-runs",
        N_("a newsbot service runs on the database {name}: stop that first"),
    )
    SERVICES_RUN = (
        "services-run",
        N_("newsbot services run on the database {name} (their number: {n}): stop them first"),
    )

    # The codes of reasons why a backup can't be made or restored.
    BACKUP_EXISTS = "backup-exists", N_("{path} exists already: name a new file for the backup")
    NO_FILE = "no-file", N_("there is no file {path}")
    NO_BACKUP = "no-backup", N_("{path} is no backup of a ledger: name what `newsbot db backup` made")
    NO_BACKUP_BECAUSE = (
        "no-backup-because",
        N_("{path} is no backup of a ledger ({words}): name what `newsbot db backup` made"),
    )
    BACKUP_DAMAGED = "backup-damaged", N_("{path} is damaged ({words}): name another backup")
    BACKUP_TOO_NEW = (
        "backup-too-new",
        N_(
            "{path} was made by a newer newsbot (schema {then}, this one knows {now}): "
            "install that version, or name an older backup"
        ),
    )
    OTHER_DUMP = (
        "other-dump",
        N_(
            "{path} is no backup by `newsbot db backup` on PostgreSQL (for another dump: stop newsbot, "
            "`psql` it into an empty database, start newsbot)"
        ),
    )
    NO_CLIENT_PROGRAM = (
        "no-client-program",
        N_("{name} is not here: install PostgreSQL's client programs (postgresql-client)"),
    )
    PROGRAM_FAILED = "program-failed", N_("{program} failed on the database {name}: {words}")
    NOT_REPLACED = (
        "database-not-replaced",
        N_("the database {name} could not be replaced ({words}): nothing has changed"),
    )
