"""Launchers on an emulated AWS."""

import functools
import logging
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.loaders import JSONFileLoader

if TYPE_CHECKING:
    from emr_ml_tests.launchers.emr.stage import Stage, Staging


@pytest.fixture(scope="session", autouse=True)
def quick_sessions() -> Generator[None]:
    """Every session of boto3 reads the models of its services anew, which takes long."""
    read = functools.cache(JSONFileLoader().load_file)

    def read_once(_: JSONFileLoader, path: str) -> Any:
        return read(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", read_once)
        yield


@pytest.fixture
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Generator[Staging]":
    """Opens a stage with faults and options of the test's own, as this process's AWS."""
    from emr_ml_tests.launchers.emr.stage import open_stage, put_conformance_job

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with ExitStack() as stages:

        def opened(*faults: Any, **options: Any) -> "Stage":
            stage = stages.enter_context(open_stage(tmp_path, *faults, **options))
            for name, value in stage.environment.items():
                monkeypatch.setenv(name, value)
            # a session of before remembers its credentials
            monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
            put_conformance_job(stage)
            return stage

        yield opened


@pytest.fixture
def stage(staging: "Staging") -> "Stage":
    return staging()
