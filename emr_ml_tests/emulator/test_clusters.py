"""The life of a cluster."""

import pytest

from emr_ml_tests.emulator.conftest import Lab
from emr_ml_tests.emulator.examples import a_step
from emr_ml_tests.waiting import wait_until

SOON_IDLE = {"AutoTerminationPolicy": {"IdleTimeout": 300}}


def states(lab: Lab, subject: str) -> list[str]:
    events = lab.aws.world.events
    return [event.what.split(maxsplit=1)[0] for event in events if event.subject == subject]


def test_a_cluster_goes_through_its_states_and_says_when(lab: Lab) -> None:
    cluster = lab.start(**SOON_IDLE, Steps=[a_step("one", "true")])
    wait_until(lambda: cluster.state == "TERMINATED")

    shown = lab.emr.describe_cluster(ClusterId=cluster.id)["Cluster"]

    assert states(lab, cluster.id) == [
        *("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING", "TERMINATED")
    ]
    timeline = shown["Status"]["Timeline"]
    assert timeline["CreationDateTime"] < timeline["ReadyDateTime"] < timeline["EndDateTime"]
    assert shown["Status"]["StateChangeReason"]["Code"] == "ALL_STEPS_COMPLETED"
    assert shown["LogUri"] == f"s3n://{lab.bucket.bucket}/logs"
    assert "TERMINATED ALL_STEPS_COMPLETED" in lab.aws.timeline()


def test_an_idle_cluster_ends_when_its_timeout_has_passed_since_its_last_step(lab: Lab) -> None:
    cluster = lab.start(**SOON_IDLE, Steps=[a_step("one", "sleep", "0.3")])
    wait_until(lambda: cluster.ended)
    (step,) = cluster.steps

    assert step.ended
    assert cluster.ended
    idle = cluster.ended - step.ended - lab.aws.world.delays.terminate
    # the emulator's clock is fast: a machine that is busy for seconds is late by minutes
    assert 300 <= idle < 4 * 300


def test_termination_is_seen_at_once_and_ends_what_runs(lab: Lab) -> None:
    cluster = lab.started()
    running, pending = lab.add(cluster, a_step("one", "sleep", "60"), a_step("two", "true"))
    wait_until(lambda: running.program)

    lab.emr.terminate_job_flows(JobFlowIds=[cluster.id])

    assert cluster.state == "TERMINATING"
    wait_until(lambda: cluster.state == "TERMINATED")
    assert cluster.reason["Code"] == "USER_REQUEST"
    assert (running.state, pending.state) == ("CANCELLED", "CANCELLED")
    assert running.program
    assert running.program.poll() is not None


def test_every_instance_is_billed_from_its_start_to_its_end(lab: Lab) -> None:
    cluster = lab.started()
    lab.emr.terminate_job_flows(JobFlowIds=[cluster.id])
    wait_until(lambda: cluster.ended)

    instances = lab.emr.list_instances(ClusterId=cluster.id)["Instances"]

    times = [one["Status"]["Timeline"] for one in instances]
    spent = [(t["EndDateTime"] - t["CreationDateTime"]).total_seconds() for t in times]
    assert cluster.billed_seconds == pytest.approx(sum(max(one, 60) for one in spent), abs=0.1)
