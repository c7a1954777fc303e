"""What every test of the channels shares."""

import pytest


@pytest.fixture(params=["telegram", "x"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind that calls a platform."""
    return str(request.param)
