from pathlib import Path

import pytest

TEXTS = Path(__file__).parents[2].parent / "shared" / "data" / "texts"


@pytest.fixture(scope="session")
def texts_folder() -> Path:
    if not TEXTS.is_dir():
        pytest.skip(f"there is no {TEXTS}, whose articles this measures on")
    return TEXTS
