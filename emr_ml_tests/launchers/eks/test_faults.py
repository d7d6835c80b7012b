"""What goes wrong with job runs on EKS: the right cause, and no work done twice."""

from typing import TYPE_CHECKING

import pytest

from emr_ml.launchers.base import LaunchError
from emr_ml_tests.emulator import faults
from emr_ml_tests.launchers.remote.services import EKS

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.launchers.emr.stage import Stage, Staging


def message(stage: "Stage", work: "VersionSpec") -> str:
    """Return why the work failed."""
    with pytest.raises(LaunchError) as failed:
        stage.launch(work)
    return str(failed.value)


@pytest.mark.soak
def test_a_job_whose_pods_are_not_started_is_cancelled(eks: "Staging") -> None:
    stage = eks(faults.slow_start(36_000.0), fields={"start_limit_seconds": 2})
    work = stage.work()

    told = message(stage, work)

    assert "was SUBMITTED for" in told
    assert "no node has room for them" in told
    assert EKS.states(stage, work) == ["CANCELLED"]


def test_a_job_that_fails_before_python_starts_shows_the_log_of_spark_submit(
    eks: "Staging",
) -> None:
    stage = eks(faults.early_failure(reason="USER_ERROR", stderr="pods is forbidden"))
    work = stage.work()

    told = message(stage, work)

    assert "USER_ERROR" in told
    assert "  pods is forbidden" in told
    assert len(EKS.job_runs(stage, work)) == 1


@pytest.mark.soak
def test_a_virtual_cluster_that_is_missing_or_ambiguous_is_told(eks: "Staging") -> None:
    stage = eks(fields={"virtual_cluster_name": "ours"})
    missing = message(stage, stage.work())
    for _ in range(2):
        stage.aws.eks.add_virtual_cluster("ours")

    assert "no virtual cluster is RUNNING with the name ours" in missing
    assert "2 virtual clusters are RUNNING with the name ours" in message(stage, stage.work())
