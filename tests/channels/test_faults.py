"""The sixteen faults of the wire, from a few seeds; `make chaos` takes many (`tests/chaos/faults.py`)."""

import logging
import shutil
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS, run_case
from tests.chaos.tls import make_certificates, trusting

from .servers import assert_no_secret

LATE = 8.0
"""Seconds past its deadline that a call may take on a machine with much else to do; `make chaos` says 1."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("the certificates need the openssl command")
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    return folder


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_ends_as_what_it_proves(
    kind: str, fault: str, seed: int, certificates: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with trusting(certificates):
        ending = await run_case(kind, fault, seed, certificates)
    assert not ending.wrong
    assert ending.doubled == 0
    assert ending.late < LATE
    assert_no_secret(caplog.text)
