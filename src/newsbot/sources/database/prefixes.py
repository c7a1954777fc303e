"""A check of the configured table prefix of a WordPress, which names the prefixes that exist."""

from newsbot.errors import SourceError
from newsbot.sources.database.connection import DatabaseConnection, ReadTransaction

__all__ = ["require_prefix"]

_BESIDE = ("postmeta", "terms", "term_taxonomy")  # tables that every WordPress has besides its posts
_SHOWN = 8  # prefixes; a multisite has one for each site


def require_prefix(link: DatabaseConnection, prefix: str) -> None:
    """Check that newsbot's account can see a table of posts with this prefix. Only MySQL is checked.

    Raises:
        SourceError: There is none (the message names the prefixes found), or the database can't be queried.
    """
    with link.view() as ask:
        if ask.dialect != "mysql":
            return
        names = _find_tables(ask)
    if f"{prefix}posts".lower() in map(str.lower, names):  # Some servers store names in lower case.
        return
    there = _find_prefixes(names)
    if not there:
        raise SourceError(
            f"{link.place}: newsbot's account sees no tables of a WordPress, whether with {prefix} or not; "
            "check the database in url (DB_NAME in wp-config.php) and the account's grants"
        )
    more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
    raise SourceError(
        f"{link.place}: no tables that newsbot's account sees begin with {prefix}; those of a WordPress "
        f"begin with {', '.join(there[:_SHOWN])}{more}: set prefix ($table_prefix in wp-config.php)"
    )


def _find_tables(ask: ReadTransaction) -> set[str]:
    rows = ask.all("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()")
    return {str(row["name"]) for row in rows}


def _find_prefixes(names: set[str]) -> list[str]:
    prefixes = (name.removesuffix("posts") for name in sorted(names) if name.endswith("posts"))
    return [prefix for prefix in prefixes if names.issuperset(f"{prefix}{each}" for each in _BESIDE)]
