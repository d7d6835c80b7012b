"""A folder for the configurations that requests become."""

from pathlib import Path

import pytest


@pytest.fixture(name="folder", scope="session")
def fixture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("translated")
