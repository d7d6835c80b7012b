"""A project of the test's own."""

from pathlib import Path

import pytest

from emr_ml_tests.components.project import Project


@pytest.fixture(name="project")
def fixture_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Project:
    # packages of one name would share what the process has imported
    name = f"shop_{abs(hash(request.node.nodeid))}"
    return Project(tmp_path, name, monkeypatch)
