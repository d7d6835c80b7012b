"""Steps are processes; the API tells of them."""

import sys
from pathlib import Path

import pytest

from emr_ml_tests.emulator.conftest import Lab
from emr_ml_tests.emulator.examples import a_step
from emr_ml_tests.emulator.faults import hung_step
from emr_ml_tests.waiting import wait_until

# a process that ignores SIGTERM, and one that it started
STUBBORN = "trap '' TERM; sleep 60 & echo $! > child; while :; do sleep 0.1; done"


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_step_runs_its_command_without_a_shell_as_the_node(lab: Lab) -> None:
    cluster = lab.started()
    code = "import os, sys; print(sys.argv[1:], os.environ['AWS_ACCESS_KEY_ID'])"
    command = ["env", "HELLO=you", "timeout", "60", sys.executable, "-c", code, "$HOME", "a b"]

    (step,) = lab.add(cluster, a_step("one", *command))
    wait_until(lambda: step.state == "COMPLETED")

    output = lab.read(f"logs/{cluster.id}/steps/{step.id}/stdout.gz")
    assert output.strip() == "['$HOME', 'a b'] node"
    assert "exitCode 0" in lab.read(f"logs/{cluster.id}/steps/{step.id}/controller.gz")
    shown = lab.emr.describe_step(ClusterId=cluster.id, StepId=step.id)["Step"]
    assert shown["Config"]["Args"] == command
    timeline = shown["Status"]["Timeline"]
    assert timeline["CreationDateTime"] < timeline["StartDateTime"] < timeline["EndDateTime"]


def test_a_failed_step_shows_the_location_of_its_log_some_seconds_later(lab: Lab) -> None:
    cluster = lab.started()
    command = ["bash", "-c", "echo 'ValueError: no rows' >&2; exit 3"]

    (step,) = lab.add(cluster, a_step("one", *command))
    wait_until(lambda: step.state == "FAILED")
    wait_until(lambda: lab.aws.clock.now() > step.failure_shown)

    shown = lab.emr.describe_step(ClusterId=cluster.id, StepId=step.id)["Step"]["Status"]
    assert shown["FailureDetails"] == {
        "Reason": "Unknown Error.",
        "Message": "ValueError: no rows",
        "LogFile": f"s3://{lab.bucket.bucket}/logs/{cluster.id}/steps/{step.id}/stderr.gz",
    }
    assert (step.exit_code, cluster.state in ("RUNNING", "WAITING")) == (3, True)


def test_a_process_that_ignores_signals_is_killed_with_all_it_started(lab: Lab) -> None:
    cluster = lab.started()
    (step,) = lab.add(cluster, a_step("one", "bash", "-c", STUBBORN))
    wait_until(lambda: list(cluster.nodes[0].home.glob("child")))
    wait_until((cluster.nodes[0].home / "child").read_text)
    child = int((cluster.nodes[0].home / "child").read_text())

    lab.emr.cancel_steps(ClusterId=cluster.id, StepIds=[step.id])
    wait_until(lambda: step.cancel and step.cancel[0] == float("inf"))
    deaf = step.state
    lab.emr.cancel_steps(
        ClusterId=cluster.id, StepIds=[step.id], StepCancellationOption="TERMINATE_PROCESS"
    )

    wait_until(lambda: step.state == "CANCELLED")
    assert deaf == "CANCEL_PENDING"
    wait_until(lambda: not alive(child))


@pytest.mark.parametrize("how", ["stopped", "unnoticed"])
def test_a_hung_step_runs_until_it_is_ended_by_force(lab: Lab, how: str) -> None:
    lab.aws.faults.add(hung_step("one", how))  # pyright: ignore[reportArgumentType] - one of its values
    cluster = lab.started()
    hung, other = lab.add(
        cluster, a_step("one", "bash", "-c", "sleep 0.4"), a_step("two", "spark-submit", "x.py")
    )
    wait_until(lambda: hung.program)
    wait_until(lambda: lab.aws.clock.now() - (hung.started or 0) > 600)

    assert hung.state == "RUNNING"
    lab.emr.cancel_steps(
        ClusterId=cluster.id, StepIds=[hung.id], StepCancellationOption="TERMINATE_PROCESS"
    )
    wait_until(lambda: hung.state in ("CANCELLED", "COMPLETED"))
    wait_until(lambda: other.state == "FAILED")


def test_as_many_steps_run_at_once_as_the_cluster_allows_oldest_first(lab: Lab) -> None:
    cluster = lab.started(StepConcurrencyLevel=2)
    steps = lab.add(cluster, *[a_step(f"step {n}", "sleep", "60") for n in range(4)])
    wait_until(lambda: sum(step.state == "RUNNING" for step in steps) == 2)

    assert [step.state for step in steps] == ["RUNNING", "RUNNING", "PENDING", "PENDING"]
    lab.emr.cancel_steps(
        ClusterId=cluster.id, StepIds=[steps[0].id], StepCancellationOption="TERMINATE_PROCESS"
    )
    wait_until(lambda: steps[2].state == "RUNNING")
    assert (steps[1].state, steps[3].state) == ("RUNNING", "PENDING")
