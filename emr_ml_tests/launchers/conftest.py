"""Launchers on an emulated AWS."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from emr_ml_tests.launchers.emr.stage import Stage, Staging


@pytest.fixture
def staging(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> "Generator[Staging]":
    """Opens a stage with faults and options of the test's own, as this process's AWS."""
    from emr_ml_tests.launchers.emr.stage import open_stage, put_conformance_job

    opened_stages: list[Stage] = []
    with ExitStack() as stages:

        def opened(*faults: Any, **options: Any) -> "Stage":
            stage = stages.enter_context(open_stage(tmp_path, *faults, **options))
            for name, value in stage.environment.items():
                monkeypatch.setenv(name, value)
            opened_stages.append(stage)
            # a session of before remembers its credentials
            monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
            put_conformance_job(stage)
            return stage

        yield opened
        for each in opened_stages:
            assert each.aws.faults.missed() == [], "a planned fault has not occurred"


@pytest.fixture
def stage(staging: "Staging") -> "Stage":
    return staging()
