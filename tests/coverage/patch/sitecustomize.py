"""Loaded by each Python process of ``make coverage``, whatever environment it is given: measure it.

A process that forks goes on in its child, with a data file of its own. What has no coverage library (an
environment that a test makes) is not measured.
"""

from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]

with suppress(ImportError):
    from coverage import Coverage

    measured = Coverage(data_file=ROOT / ".coverage", data_suffix=True, config_file=ROOT / "pyproject.toml")
    measured._warn_no_data = False
    measured._warn_unimported_source = False
    measured._auto_save = True
    measured.start()
