"""Where the output of runs is kept."""

import pytest
from dagster._core.storage.compute_log_manager import ComputeLogManager
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData

CONFIG = ConfigurableClassData(
    "emr_ml.ui.compute_logs", "LakeComputeLogManager", "folder: some/folder\n"
)


def test_it_is_in_a_folder_if_the_lake_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_LAKE", "/lake")

    assert isinstance(CONFIG.rehydrate(as_type=ComputeLogManager), LocalComputeLogManager)


def test_it_is_below_the_lake_if_that_is_in_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster_aws.s3.compute_log_manager import S3ComputeLogManager

    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/some/lake")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    manager = CONFIG.rehydrate(as_type=ComputeLogManager)

    assert isinstance(manager, S3ComputeLogManager)
    assert manager._s3_bucket == "bucket"  # pyright: ignore[reportPrivateUsage] - it shows them nowhere
    assert manager._s3_prefix == "some/lake/dagster"  # pyright: ignore[reportPrivateUsage] - as above
