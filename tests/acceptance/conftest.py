from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from newsbot.sandbox import Sandbox
from tests.conftest import create_temporary_database

from .newsroom import Newsroom, Site


@pytest.fixture
async def newsroom(tmp_path: Path) -> AsyncIterator[Newsroom]:
    """A newsroom whose platforms and site are on loopback."""
    site = Site()
    await site.start()
    async with Sandbox() as sandbox:
        newsroom = Newsroom(tmp_path, sandbox, site)
        yield newsroom
        await newsroom.close()
    await site.stop()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data, where this checkout has it."""
    folder = Path(__file__).parents[2].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared test data is not beside this checkout")
    return folder


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """A PostgreSQL database of this test's own."""
    with create_temporary_database(postgres) as url:
        yield url
