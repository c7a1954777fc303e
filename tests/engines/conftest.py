"""Both engines, and a PostgreSQL database with the tables of jobs."""

from collections.abc import Callable, Collection, Iterator
from typing import TypeAlias

import pytest

from newsbot.engines import prepare_engine
from newsbot.engines.cluster import ClusterEngine
from newsbot.engines.local import LocalEngine
from newsbot.ports import ALL_ROLES, Clock, ServiceRole
from newsbot.scheduling.clock import SystemClock
from tests.conftest import create_temporary_database

MakeEngine: TypeAlias = "Callable[..., LocalEngine | ClusterEngine]"


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The URL of a database with the tables of jobs."""
    with create_temporary_database(postgres) as url:
        prepare_engine("cluster", url)
        yield url


@pytest.fixture(params=["local", "cluster"])
def make_engine(request: pytest.FixtureRequest) -> MakeEngine:
    """What makes an engine of the kind, for some roles and by some clock."""
    url = request.getfixturevalue("database") if request.param == "cluster" else ""

    def make(
        roles: Collection[ServiceRole] = ALL_ROLES, clock: Clock | None = None
    ) -> LocalEngine | ClusterEngine:
        clock = clock or SystemClock()
        return ClusterEngine(url, clock, roles) if url else LocalEngine(clock, roles)

    return make
