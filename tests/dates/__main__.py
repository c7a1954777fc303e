"""``python -m tests.dates``: run the tests at a month's end, a year's end, 29 February and in DST nights.

Every process of the run has its clock moved by libfaketime (Debian's package ``libfaketime``). The clocks of
database servers stay, so tests on a shared PostgreSQL or MariaDB are left out: they skip, as no server
answers at the addresses that the run gives them.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

PATCH = Path(__file__).parent / "patch"
NOWHERE = {
    "NEWSBOT_TEST_POSTGRES": "postgresql://postgres@127.0.0.1:1/none",
    "NEWSBOT_TEST_MARIADB": "mysql://root@127.0.0.1:1",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time on the clock of a zone at which a run begins."""

    name: str
    at: str
    zone: str = "UTC"

    @property
    def ahead(self) -> int:
        """Seconds from now until then."""
        local = datetime.fromisoformat(self.at).replace(tzinfo=ZoneInfo(self.zone))
        return round((local - datetime.now(UTC)).total_seconds())


MOMENTS = (
    Moment("month-1", "2027-01-31 12:00"),
    Moment("month-2", "2027-01-30 12:00"),
    Moment("month-3", "2027-01-29 12:00"),
    Moment("year", "2026-12-31 23:55"),
    Moment("leap-day", "2028-02-29 12:00"),
    Moment("spring", "2027-03-28 01:55", "Europe/Berlin"),
    Moment("autumn", "2027-10-31 02:55", "Europe/Berlin"),
    Moment("west", "2027-06-30 23:55", "Pacific/Pago_Pago"),
    Moment("east", "2027-07-01 00:05", "Pacific/Kiritimati"),
)
# What reads the clock most, in well under a minute; at two moments that lie next to each boundary but one.
FAST = (
    ("year", "spring"),
    (
        "tests/delivery/test_reconciler.py",
        "tests/newsroom/test_times.py",
        "tests/scheduling",
    ),
)


def library() -> Path | None:
    """Where Debian, of whichever architecture, puts the library."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


def environment(moment: Moment, preload: Path) -> dict[str, str]:
    """Return the variables that make each process of a run believe that it is then.

    libfaketime reads its variables again after ten seconds by default, while another thread may set one:
    a worker of pytest died of that. Here they are read once.
    """
    own = {name: value for name, value in os.environ.items() if name != "CI"}
    paths = os.pathsep.join(filter(None, (str(PATCH), own.get("PYTHONPATH"))))
    faked = {
        "FAKETIME": f"{moment.ahead:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_CACHE_DURATION": "86400",
    }
    return own | NOWHERE | faked | {"LD_PRELOAD": str(preload), "TZ": moment.zone, "PYTHONPATH": paths}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.dates", description=__doc__)
    parser.add_argument("--only", choices=[moment.name for moment in MOMENTS], action="append")
    parser.add_argument("--fast", action="store_true", help="a part of the tests, at two of the moments")
    parser.add_argument("tests", nargs="*", help="what pytest is given; default: all tests")
    asked = parser.parse_args()
    preload = library()
    if preload is None:
        print("libfaketime is not installed: apt-get install libfaketime", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    names, tests = FAST if asked.fast else (asked.only, asked.tests)
    failed = []
    for moment in MOMENTS:
        if names and moment.name not in names:
            continue
        print(f"== {moment.name}: {moment.at} {moment.zone}", flush=True)
        pytest = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "worksteal", "-q", "-r", "fE"]
        if subprocess.run([*pytest, *tests], env=environment(moment, preload), check=False).returncode:
            failed.append(moment.name)
    if failed:
        print(f"failed at: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
