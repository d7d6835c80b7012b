"""Steps are processes; the API tells of them."""

import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from emr_ml_tests.emulator.conftest import Lab, refusal
from emr_ml_tests.emulator.examples import a_step, until
from emr_ml_tests.emulator.faults import hung_step

# a process that ignores SIGTERM, and one that it started
STUBBORN = "trap '' TERM; sleep 60 & echo $! > child; while :; do sleep 0.1; done"


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_step_runs_its_command_without_a_shell_as_the_node(lab: Lab) -> None:
    cluster = lab.started()
    code = "import os, sys; print(sys.argv[1:], os.environ['AWS_ACCESS_KEY_ID'])"
    command = ["env", "HELLO=you", "timeout", "60", sys.executable, "-c", code, "$HOME", "a b"]

    (step,) = lab.add(cluster, a_step("one", *command))
    until(lambda: step.state == "COMPLETED")

    said = lab.read(f"logs/{cluster.id}/steps/{step.id}/stdout.gz")
    assert said.strip() == "['$HOME', 'a b'] node"
    assert "exitCode 0" in lab.read(f"logs/{cluster.id}/steps/{step.id}/controller.gz")
    shown = lab.emr.describe_step(ClusterId=cluster.id, StepId=step.id)["Step"]
    assert shown["Config"]["Args"] == command
    timeline = shown["Status"]["Timeline"]
    assert timeline["CreationDateTime"] < timeline["StartDateTime"] < timeline["EndDateTime"]


def test_a_step_that_fails_tells_where_its_log_is_some_seconds_later(lab: Lab) -> None:
    cluster = lab.started()
    command = ["bash", "-c", "echo 'ValueError: no rows' >&2; exit 3"]

    (step,) = lab.add(cluster, a_step("one", *command))
    until(lambda: step.state == "FAILED")
    until(lambda: lab.aws.clock.now() > step.failure_shown)

    shown = lab.emr.describe_step(ClusterId=cluster.id, StepId=step.id)["Step"]["Status"]
    assert shown["FailureDetails"] == {
        "Reason": "Unknown Error.",
        "Message": "ValueError: no rows",
        "LogFile": f"s3://{lab.bucket.bucket}/logs/{cluster.id}/steps/{step.id}/stderr.gz",
    }
    assert (step.exit_code, cluster.state in ("RUNNING", "WAITING")) == (3, True)


def test_a_program_that_is_not_there_fails_the_step(lab: Lab) -> None:
    cluster = lab.started()

    (step,) = lab.add(cluster, a_step("one", "no-such-program"))

    until(lambda: step.state == "FAILED")
    assert "no-such-program" in lab.read(f"logs/{cluster.id}/steps/{step.id}/stderr.gz")


def test_a_pending_step_is_cancelled_at_once_and_an_ended_one_not_at_all(lab: Lab) -> None:
    cluster = lab.started()
    (ended,) = lab.add(cluster, a_step("ended", "true"))
    until(lambda: ended.state == "COMPLETED")
    running, pending = lab.add(cluster, a_step("one", "sleep", "60"), a_step("two", "true"))

    answer = lab.emr.cancel_steps(ClusterId=cluster.id, StepIds=[ended.id, pending.id, "s-0"])

    statuses = [info["Status"] for info in answer["CancelStepsInfoList"]]
    assert statuses == ["FAILED", "SUBMITTED", "FAILED"]
    assert (pending.state, ended.state) == ("CANCELLED", "COMPLETED")
    assert running.active


def test_a_running_step_is_interrupted_and_then_cancelled(lab: Lab) -> None:
    cluster = lab.started()
    (step,) = lab.add(cluster, a_step("one", "timeout", "100", "sleep", "60"))
    until(lambda: step.program)

    lab.emr.cancel_steps(ClusterId=cluster.id, StepIds=[step.id])
    meanwhile = step.state

    until(lambda: step.state == "CANCELLED")
    assert meanwhile == "CANCEL_PENDING"


def test_a_deaf_process_is_ended_by_force_with_all_it_started(lab: Lab) -> None:
    cluster = lab.started()
    (step,) = lab.add(cluster, a_step("one", "bash", "-c", STUBBORN))
    until(lambda: list(cluster.nodes[0].home.glob("child")))
    until((cluster.nodes[0].home / "child").read_text)
    child = int((cluster.nodes[0].home / "child").read_text())

    lab.emr.cancel_steps(ClusterId=cluster.id, StepIds=[step.id])
    until(lambda: step.cancel and step.cancel[0] == float("inf"))
    deaf = step.state
    lab.emr.cancel_steps(
        ClusterId=cluster.id, StepIds=[step.id], StepCancellationOption="TERMINATE_PROCESS"
    )

    until(lambda: step.state == "CANCELLED")
    assert deaf == "CANCEL_PENDING"
    until(lambda: not alive(child))


@pytest.mark.parametrize("how", ["stopped", "sleeping", "unnoticed"])
def test_a_hung_step_runs_until_it_is_ended_by_force(lab: Lab, how: str) -> None:
    lab.aws.faults.add(hung_step("one", how))  # pyright: ignore[reportArgumentType]
    cluster = lab.started()
    hung, other = lab.add(
        cluster, a_step("one", "bash", "-c", "sleep 0.4"), a_step("two", "spark-submit", "x.py")
    )
    until(lambda: hung.program)
    if how == "sleeping":  # only a spark-submit sleeps
        until(lambda: hung.state == "COMPLETED")
        return
    until(lambda: lab.aws.clock.now() - (hung.started or 0) > 600)

    assert hung.state == "RUNNING"
    lab.emr.cancel_steps(
        ClusterId=cluster.id, StepIds=[hung.id], StepCancellationOption="TERMINATE_PROCESS"
    )
    until(lambda: hung.state in ("CANCELLED", "COMPLETED"))
    until(lambda: other.state == "FAILED")


def test_a_sleeping_spark_submit_ends_with_its_time_limit(lab: Lab) -> None:
    lab.aws.faults.add(hung_step("one", "sleeping"))
    cluster = lab.started()

    (step,) = lab.add(cluster, a_step("one", "timeout", "0.5", "spark-submit", "x.py"))

    until(lambda: step.state == "FAILED")
    assert step.exit_code == 124


def test_as_many_steps_run_at_once_as_the_cluster_allows_oldest_first(lab: Lab) -> None:
    cluster = lab.started(StepConcurrencyLevel=2)
    steps = lab.add(cluster, *[a_step(f"step {n}", "sleep", "60") for n in range(4)])
    until(lambda: sum(step.state == "RUNNING" for step in steps) == 2)

    assert [step.state for step in steps] == ["RUNNING", "RUNNING", "PENDING", "PENDING"]
    lab.emr.cancel_steps(
        ClusterId=cluster.id, StepIds=[steps[0].id], StepCancellationOption="TERMINATE_PROCESS"
    )
    until(lambda: steps[2].state == "RUNNING")
    assert (steps[1].state, steps[3].state) == ("RUNNING", "PENDING")


def test_a_failure_may_cancel_the_others_or_end_the_cluster(lab: Lab) -> None:
    cluster = lab.started()
    _, waiting = lab.add(
        cluster,
        a_step("one", "false", ActionOnFailure="CANCEL_AND_WAIT"),
        a_step("two", "sleep", "60"),
    )
    until(lambda: waiting.state == "CANCELLED")
    assert cluster.state in ("RUNNING", "WAITING")

    lab.add(cluster, a_step("three", "false", ActionOnFailure="TERMINATE_CLUSTER"))
    until(lambda: cluster.state == "TERMINATED_WITH_ERRORS")
    assert cluster.reason["Code"] == "STEP_FAILURE"


def test_steps_are_listed_newest_first_fifty_a_page_by_state_or_id(lab: Lab) -> None:
    cluster = lab.start()
    lab.add(cluster, *[a_step(f"step {n}", "true") for n in range(52)])

    first = lab.emr.list_steps(ClusterId=cluster.id)
    second = lab.emr.list_steps(ClusterId=cluster.id, Marker=first["Marker"])
    named = lab.emr.list_steps(ClusterId=cluster.id, StepIds=[cluster.steps[7].id])
    failed = lab.emr.list_steps(ClusterId=cluster.id, StepStates=["FAILED"])

    assert [step["Name"] for step in first["Steps"][:2]] == ["step 51", "step 50"]
    assert [step["Name"] for step in second["Steps"]] == ["step 1", "step 0"]
    assert [step["Name"] for step in named["Steps"]] == ["step 7"]
    assert failed["Steps"] == []


def test_a_cluster_that_ends_takes_no_steps(lab: Lab) -> None:
    cluster = lab.start()
    lab.emr.terminate_job_flows(JobFlowIds=[cluster.id])

    with pytest.raises(ClientError) as error:
        lab.add(cluster, a_step("one", "true"))

    assert refusal(error).startswith("ValidationException: A job flow that is shutting down")
