"""What every test of the channels shares."""

import pytest

from .stand_ins import REMOTE_KINDS


@pytest.fixture(params=REMOTE_KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind that calls a platform."""
    return str(request.param)
