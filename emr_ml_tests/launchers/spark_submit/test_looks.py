"""What one look at a pod or at a driver means for its attempt."""

import sys
from typing import TYPE_CHECKING, Any

import pytest

from emr_ml.launchers.base import LostError
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, JobOutcome
from emr_ml.launchers.spark_submit.client_job import ClientJob
from emr_ml.launchers.spark_submit.cluster_job import ClusterJob
from emr_ml.launchers.spark_submit.driver import Driver
from emr_ml.launchers.spark_submit.pods import Pods
from emr_ml.launchers.spark_submit.supervisor import session_members
from emr_ml_tests.launchers.spark_submit.submissions import PODS, config_of

if TYPE_CHECKING:
    from emr_ml_tests.launchers.spark_submit.conftest import Clock

PACE = PollingPolicy(fast=0.1, slow=1.0, visibility=45.0, patience=600.0)


def test_a_pod_is_lost_if_its_node_is_silent_without_a_break(
    attempt: Attempt, clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt.held.record(pod="a-pod", uid="1")
    pod: dict[str, Any] = {"metadata": {"name": "a-pod", "uid": "1"}, "status": {}}
    monkeypatch.setattr(Pods, "find", lambda *_: pod)  # pyright: ignore[reportUnknownLambdaType] - of any pod
    job, outcomes = ClusterJob(config_of(PODS), attempt, PACE), list[JobOutcome]()
    seen = [(0, "Unknown"), (40, "Running"), (80, "Unknown"), (120, "Unknown"), (130, "Unknown")]
    for clock.now, pod["status"]["phase"] in seen:
        status = job.status()
        assert status
        outcomes.append(status.outcome)

    assert outcomes == [*[JobOutcome.UNFINISHED] * 4, JobOutcome.LOST]


@pytest.mark.process
def test_a_driver_is_lost_even_if_its_executors_can_not_be_deleted(
    attempt: Attempt,
    driver: Driver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    job = ClientJob(config_of({**PODS, "deploy_mode": "client"}), attempt, PACE)
    driver.end()
    assert not session_members(driver.pid)
    (driver.log.parent / "exit.json").unlink()

    status = job.status()
    assert status and status.outcome is JobOutcome.LOST
    assert isinstance(job.failure(status, None), LostError)
    assert "pods of executors may be left: the package kubernetes is missing" in caplog.text
