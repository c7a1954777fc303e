from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from newsbot.fetching.fetcher import Fetcher
from newsbot.fetching.workers import Workers
from tests.workers import SharedWorkers


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    one = Fetcher(allow_private=True, deadline=5)
    yield one
    await one.close()


@pytest.fixture
def workers() -> Workers:
    return SharedWorkers()


@pytest.fixture
def shared() -> Path:
    """Test data beside the repository."""
    folder = Path(__file__).parents[3] / "shared/data"
    if not folder.exists():
        pytest.skip("the shared test data (../shared/data) is not here")
    return folder
