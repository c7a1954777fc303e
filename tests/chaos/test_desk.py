"""The short form of `make chaos ARGS="--only desk"`."""

import pytest

from tests.chaos.desk import interrupted
from tests.chaos.test_machine import met

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


async def test_a_command_whose_service_is_killed_took_effect_once_or_not_at_all_and_the_desk_says_which() -> (
    None
):
    met(await interrupted(6, seed=3))
