"""The life of a cluster."""

import time

import pytest
from botocore.exceptions import ClientError

from emr_ml_tests.emulator.conftest import Lab, refusal
from emr_ml_tests.emulator.examples import a_cluster, a_fleet, a_step, until
from emr_ml_tests.emulator.faults import no_spot, start_failure


def states(lab: Lab, subject: str) -> list[str]:
    events = lab.aws.world.events
    return [event.what.split(maxsplit=1)[0] for event in events if event.subject == subject]


def test_a_cluster_goes_through_its_states_and_says_when(lab: Lab) -> None:
    cluster = lab.start()
    lab.add(cluster, a_step("one", "true"))
    until(lambda: cluster.state == "TERMINATED")

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
    cluster = lab.started()
    (step,) = lab.add(cluster, a_step("one", "sleep", "0.3"))

    until(lambda: cluster.ended)

    assert step.ended
    assert cluster.ended
    idle = cluster.ended - step.ended - lab.aws.world.delays.terminate
    # the emulator's clock is fast: a machine that is busy for seconds is late by minutes
    assert 300 <= idle < 4 * 300


def test_a_cluster_that_is_not_kept_alive_ends_with_its_last_step(lab: Lab) -> None:
    instances = a_cluster("nowhere")["Instances"] | {"KeepJobFlowAliveWhenNoSteps": False}

    cluster = lab.start(Instances=instances, Steps=[a_step("one", "true"), a_step("two", "false")])

    until(lambda: cluster.state == "TERMINATED")
    assert [step.state for step in cluster.steps] == ["COMPLETED", "FAILED"]


def test_termination_is_seen_at_once_and_ends_what_runs(lab: Lab) -> None:
    cluster = lab.started()
    running, pending = lab.add(cluster, a_step("one", "sleep", "60"), a_step("two", "true"))
    until(lambda: running.program)

    lab.emr.terminate_job_flows(JobFlowIds=[cluster.id])

    assert cluster.state == "TERMINATING"
    until(lambda: cluster.state == "TERMINATED")
    assert cluster.reason["Code"] == "USER_REQUEST"
    assert (running.state, pending.state) == ("CANCELLED", "CANCELLED")
    assert running.program
    assert running.program.poll() is not None


def test_a_protected_cluster_is_not_terminated(lab: Lab) -> None:
    cluster = lab.start(
        Instances=a_cluster("nowhere")["Instances"] | {"TerminationProtected": True}
    )

    with pytest.raises(ClientError) as error:
        lab.emr.terminate_job_flows(JobFlowIds=[cluster.id])

    assert "termination protected" in refusal(error)
    assert cluster.state == "STARTING"


def test_clusters_are_listed_by_state_and_age_newest_first_fifty_a_page(lab: Lab) -> None:
    oldest = lab.start(Name="oldest")
    time.sleep(0.02)
    after = lab.aws.clock.now()
    for number in range(51):
        lab.start(Name=f"cluster {number}")
    lab.emr.terminate_job_flows(JobFlowIds=[oldest.id])

    first = lab.emr.list_clusters()
    second = lab.emr.list_clusters(Marker=first["Marker"])
    ending = lab.emr.list_clusters(ClusterStates=["TERMINATING", "TERMINATED"])
    younger = lab.emr.list_clusters(CreatedAfter=after, Marker=first["Marker"])

    assert len(first["Clusters"]) == 50
    assert first["Clusters"][0]["Name"] == "cluster 50"
    assert [one["Name"] for one in second["Clusters"]] == ["cluster 0", "oldest"]
    assert "Marker" not in second
    assert oldest.id in [one["Id"] for one in ending["Clusters"]]
    assert [one["Name"] for one in younger["Clusters"]] == ["cluster 0"]


def test_what_is_found_wrong_at_the_start_ends_the_cluster_and_says_why(lab: Lab) -> None:
    without_role = lab.start(ServiceRole="nobody")
    in_no_subnet = lab.start(
        Instances=a_cluster("nowhere")["Instances"] | {"Ec2SubnetId": "subnet-0"}
    )
    until(lambda: without_role.state == in_no_subnet.state == "TERMINATED_WITH_ERRORS")
    lab.aws.faults.add(start_failure("INTERNAL_ERROR", "no capacity"))
    unlucky = lab.start()
    until(lambda: unlucky.state == "TERMINATED_WITH_ERRORS")

    assert without_role.reason == {"Code": "VALIDATION_ERROR", "Message": "nobody is invalid"}
    assert "subnet-0" in in_no_subnet.reason["Message"]
    assert unlucky.reason == {"Code": "INTERNAL_ERROR", "Message": "no capacity"}
    assert lab.aws.billed_seconds() == 0


def test_an_instance_profile_that_is_not_there_is_refused(lab: Lab) -> None:
    with pytest.raises(ClientError) as error:
        lab.start(JobFlowRole="nobody")

    assert refusal(error) == "ValidationException: Invalid InstanceProfile: nobody."


def test_without_spot_capacity_the_fleet_says_what_happens(lab: Lab) -> None:
    fleets = [
        a_fleet("MASTER", "m5.xlarge", on_demand=1),
        a_fleet("TASK", "m5.xlarge", "r5.xlarge", spot=2),
    ]
    lab.aws.faults.add(no_spot(times=2))

    switching = lab.start(Instances={"InstanceFleets": fleets})
    until(lambda: switching.instances)
    listed = lab.emr.list_instances(ClusterId=switching.id, InstanceFleetType="TASK")["Instances"]
    fleets[1]["LaunchSpecifications"]["SpotSpecification"]["TimeoutAction"] = "TERMINATE_CLUSTER"
    ending = lab.start(Instances={"InstanceFleets": fleets})
    until(lambda: ending.state == "TERMINATED_WITH_ERRORS")
    lucky = lab.start(Instances={"InstanceFleets": fleets})
    until(lambda: lucky.instances)

    assert [one["Market"] for one in listed] == ["ON_DEMAND"] * 2
    assert ending.reason["Code"] == "INSTANCE_FLEET_TIMEOUT"
    assert [(one.type, one.market) for one in lucky.instances] == [
        *(("m5.xlarge", "ON_DEMAND"), ("r5.xlarge", "SPOT"), ("r5.xlarge", "SPOT"))
    ]
    fleet = lab.emr.list_instance_fleets(ClusterId=lucky.id)["InstanceFleets"][1]
    assert fleet["ProvisionedSpotCapacity"] == 2


def test_every_instance_is_billed_from_its_start_to_its_end(lab: Lab) -> None:
    cluster = lab.started()
    lab.emr.terminate_job_flows(JobFlowIds=[cluster.id])
    until(lambda: cluster.ended)

    instances = lab.emr.list_instances(ClusterId=cluster.id)["Instances"]

    times = [one["Status"]["Timeline"] for one in instances]
    spent = [(t["EndDateTime"] - t["CreationDateTime"]).total_seconds() for t in times]
    assert cluster.billed_seconds == pytest.approx(sum(max(one, 60) for one in spent), abs=0.1)


def test_an_operation_that_is_not_emulated_says_so(lab: Lab) -> None:
    cluster = lab.start()

    with pytest.raises(ClientError) as error:
        lab.emr.put_auto_termination_policy(ClusterId=cluster.id)

    assert "PutAutoTerminationPolicy is not emulated" in refusal(error)
