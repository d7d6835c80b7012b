"""Faults of steps: each version is computed once, and only its own step decides its outcome."""

import logging
import re
from typing import TYPE_CHECKING

import pytest

from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.emr import job
from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.examples import a_step
from emr_ml_tests.waiting import PATIENCE_SECONDS, wait_until

if TYPE_CHECKING:
    from emr_ml_tests.emulator.faults import Fault, LogTrouble, StepLeft
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

HIDDEN = 100.0  # emulated seconds, less than a launcher waits for what may be hidden
HIDDEN_FOR_LONG = 600.0

# scripts that end as no job of ours should
SILENT = "print('nothing to say')"
BROKEN = """
import random, sys
for number in range(2000):
    print(f"line {number} {random.random()}", file=sys.stderr)
sys.exit("java.lang.OutOfMemoryError: Java heap")
"""
# a commit, and then an exit code as if it had failed
COMMITS_AND_FAILS = """
import logging, sys
from spark_jobs.runtime.job import Result
from spark_jobs.runtime.submit import perform
perform(lambda *_: Result({}, {}, {}), sys.argv[1], logging.getLogger())
sys.exit(7)
"""
# what it says breaks off in the middle of a word
STAMMERS = """
import json, sys
from spark_jobs.runtime.submit import read_request
from spark_jobs.runtime.lake import open_lake
request = read_request(sys.argv[1])
messages = open_lake(request.output + "/_job/messages")
messages.write("1.json", b'{"method": "log", "params": {"message": "begun", "level": "INFO"}}')
messages.write("2.json", b'{"method": "log", "params": {"mess')
"""


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(
            [faults.lost_answer("AddJobFlowSteps"), faults.hidden_steps(HIDDEN)],
            id="lost answer, hidden step",
        ),
        pytest.param([faults.cut("AddJobFlowSteps")], id="cut before it arrived"),
        pytest.param(
            [faults.server_error("AddJobFlowSteps", times=2)],
            id="server errors",
            marks=pytest.mark.soak,
        ),
        pytest.param([faults.throttle("AddJobFlowSteps", times=2)], id="throttled"),
        pytest.param([faults.hidden_steps(HIDDEN)], id="hidden step", marks=pytest.mark.soak),
    ],
)
def test_one_step_is_added_whatever_happens_to_the_call(
    staging: "Staging", plan: "list[Fault]"
) -> None:
    stage = staging(*plan)
    work = stage.work()

    stage.launch(work)

    assert len(stage.steps(work)) == 1
    assert stage.begun(work) == [1]


def test_a_step_that_was_sent_twice_is_computed_once(staging: "Staging") -> None:
    stage = staging(
        faults.lost_answer("AddJobFlowSteps"), faults.hidden_steps(HIDDEN_FOR_LONG, times=1)
    ).with_settings(visibility_seconds=0.5)
    work = stage.work(seconds=1)

    outcome = stage.launch(work)

    assert len(stage.steps(work)) == 2
    assert (outcome.report.attempt, stage.begun(work)) == (1, [1])


def test_a_step_that_fails_fails_its_launch_and_not_its_cluster(stage: "Stage") -> None:
    asset = stage.put_job("broken", BROKEN)

    with pytest.raises(LaunchError) as error:
        stage.launch(stage.work(asset))

    step = stage.aws.steps[0]
    message = str(error.value)
    assert not isinstance(error.value, LostError)
    # cause, step and cluster, the end of the log, where all of it is, and what to do
    assert "OutOfMemoryError" in message and "(exit code 1)" in message
    assert f"step {step.id} of cluster {step.cluster}" in message
    assert "  java.lang.OutOfMemoryError: Java heap" in message
    assert f"logs/{step.cluster}/steps/{step.id}/" in message
    assert "take larger instances" in message
    assert stage.only_cluster().state in ("RUNNING", "WAITING")
    assert stage.states(stage.works[0]) == ["FAILED"]


def test_a_failed_step_fails_its_launch_even_if_its_cluster_ends_normally(
    staging: "Staging",
) -> None:
    stage = staging(settings={"idle_timeout_seconds": 60, "poll_seconds": 3.0})
    asset = stage.put_job("broken", BROKEN)

    with pytest.raises(LaunchError, match="OutOfMemoryError"):
        stage.launch(stage.work(asset))

    assert stage.only_cluster().reason["Code"] == "ALL_STEPS_COMPLETED"


def test_a_step_that_succeeds_without_a_report_has_failed(stage: "Stage") -> None:
    work = stage.work(stage.put_job("silent", SILENT))

    with pytest.raises(LaunchError, match="output missing: the job ended well, but left no"):
        stage.launch(work)

    assert stage.states(work) == ["COMPLETED"]


def test_the_messages_of_a_job_may_break_off(
    stage: "Stage", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="launch")
    work = stage.work(stage.put_job("stammers", STAMMERS))

    with pytest.raises(LaunchError, match="output missing"):
        stage.launch(work)

    assert caplog.messages.count("begun") == 1


def test_a_report_counts_whatever_the_step_s_exit_code_is(stage: "Stage") -> None:
    work = stage.work(stage.put_job("commits_and_fails", COMMITS_AND_FAILS))

    assert stage.launch(work).report.attempt == 1

    wait_until(lambda: stage.states(work) == ["FAILED"])


def test_a_cancelled_step_is_reported_and_not_retried(stage: "Stage") -> None:
    work = stage.work(seconds=60)
    aside = stage.launch_aside(work)
    wait_until(lambda: stage.begun(work))
    step = stage.steps(work)[0]

    stage.aws.client("emr").cancel_steps(ClusterId=step.cluster, StepIds=[step.id])

    aside.join()
    assert "the job was cancelled outside of this run" in str(aside.error)
    assert len(stage.steps(work)) == 1


# test_step_outcome.py has the verdict on every state that EMR leaves
@pytest.mark.parametrize(
    "left",
    [
        "RUNNING",
        pytest.param("INTERRUPTED", marks=pytest.mark.soak),
        pytest.param("CANCELLED", marks=pytest.mark.soak),
    ],
)
def test_a_step_lost_with_its_cluster_is_retried_on_another(
    staging: "Staging", left: "StepLeft"
) -> None:
    stage = staging(faults.instance_failure(step_left=left))
    work = stage.work(seconds=2)

    outcome = stage.launch(work)

    assert outcome.report.attempt == 2
    codes = [cluster.reason.get("Code") for cluster in stage.aws.clusters]
    assert codes == ["INSTANCE_FAILURE", None]


def test_a_job_that_survives_its_lost_cluster_commits_nothing(staging: "Staging") -> None:
    stage = staging(faults.instance_failure(process_survives=True, after=2.0))
    work = stage.work(seconds=4)

    outcome = stage.launch(work)

    lost = stage.steps(work)[0].program
    assert lost
    wait_until(lambda: lost.poll() is not None)
    assert outcome.report.attempt == stage.committed_attempt(work) == 2


def test_a_cluster_that_is_always_lost_is_not_replaced_forever(staging: "Staging") -> None:
    stage = staging(faults.instance_failure(times=None))
    work = stage.work(seconds=60)

    with pytest.raises(LostError, match=r"INSTANCE_FAILURE\): The master node was terminated"):
        stage.launch(work)

    assert len(stage.aws.clusters) == len(stage.steps(work)) == 3


def test_a_step_past_its_time_limit_ends_itself_and_reports_it(staging: "Staging") -> None:
    stage = staging(faults.hung_step(how="sleeping"), settings={"step_limit_seconds": 1})

    with pytest.raises(LaunchError, match=r"time limit(.|\n)*raise EMR_ML_STEP_LIMIT_SECONDS"):
        stage.launch()

    assert [step.exit_code for step in stage.aws.steps] == [124]


def test_a_step_that_hangs_past_its_time_limit_is_ended(
    staging: "Staging", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "KILL_AFTER_SECONDS", 1)
    stage = staging(faults.hung_step(how="stopped"), settings={"step_limit_seconds": 1})
    work = stage.work()

    with pytest.raises(LaunchError, match="the job ran into its time limit"):
        stage.launch(work)

    # by itself, or by the launcher: whichever is first
    assert stage.states(work)[0] in ("FAILED", "CANCELLED")
    assert stage.only_cluster().state == "WAITING"


def test_a_report_counts_even_if_emr_never_shows_the_step_as_ended(
    staging: "Staging",
) -> None:
    stage = staging(faults.hung_step(how="unnoticed"))
    work = stage.work()

    assert stage.launch(work).report.attempt == 1
    assert stage.states(work) == ["RUNNING"]


def test_a_step_does_not_wait_forever_behind_one_that_hangs(
    staging: "Staging", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(job, "KILL_AFTER_SECONDS", 1)
    stage = staging(faults.hung_step("another's", how="unnoticed"))
    stage.launch()
    cluster = stage.only_cluster()
    added = stage.aws.client("emr").add_job_flow_steps(
        JobFlowId=cluster.id, Steps=[a_step("another's", "timeout", "1", "true")]
    )

    later = stage.launch_aside(stage.work())

    later.join(PATIENCE_SECONDS)
    assert not later.is_alive(), "it waits"
    assert later.error is None
    assert f"step {added['StepIds'][0]} is RUNNING past its time limit" in caplog.messages


def test_a_full_cluster_is_waited_for(stage: "Stage", caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="launch")
    stage.launch()
    cluster = stage.only_cluster()
    wait_until(lambda: cluster.state == "WAITING")
    emr = stage.aws.client("emr")
    added = emr.add_job_flow_steps(
        JobFlowId=cluster.id, Steps=[a_step(f"other {n}", "sleep", "100") for n in range(256)]
    )
    work = stage.work()
    later = stage.launch_aside(work)
    refused = stage.aws.calls
    wait_until(lambda: sum(bool(call.error) for call in refused.of("AddJobFlowSteps")) > 4)

    emr.cancel_steps(ClusterId=cluster.id, StepIds=added["StepIds"])

    later.join()
    assert later.error is None
    assert len(stage.aws.clusters) == 1
    assert len([line for line in caplog.messages if "accepts no step now" in line]) == 1


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("plain", "  java.lang.OutOfMemoryError: Java heap"),
        ("truncated", r"steps/s-\w+/stderr.gz:\n  line \d+ 0"),
        ("missing", r"can't be shown: it is not there yet: EMR copies logs within five minutes"),
        pytest.param(
            "late",
            r"can't be shown: it is not there yet: EMR copies logs within five minutes",
            marks=pytest.mark.soak,
        ),
    ],
)
def test_missing_or_damaged_logs_change_only_the_message(
    stage: "Stage", how: "LogTrouble", said: str
) -> None:
    stage.aws.faults.add(faults.step_logs(how))
    impatient = stage.with_settings(poll_seconds=0.2)

    with pytest.raises(LaunchError) as error:
        impatient.launch(stage.work(stage.put_job("broken", BROKEN)))

    assert not isinstance(error.value, LostError)
    assert re.search(said, str(error.value))


def test_missing_logs_do_not_matter_to_a_step_that_succeeds(staging: "Staging") -> None:
    stage = staging(faults.step_logs("missing", times=None))

    assert stage.launch().report.attempt == 1
    wait_until(lambda: stage.aws.faults.count("step logs"))


def test_the_failure_of_an_old_step_is_seen_behind_many_newer_ones(stage: "Stage") -> None:
    asset = stage.put_job("broken", BROKEN)
    stage.launch()
    cluster, emr = stage.only_cluster(), stage.aws.client("emr")
    work = stage.work(asset)
    later = stage.with_settings(poll_seconds=4.0).launch_aside(work)
    wait_until(lambda: stage.steps(work))

    emr.add_job_flow_steps(
        JobFlowId=cluster.id, Steps=[a_step(f"other {n}", "true") for n in range(60)]
    )

    later.join(PATIENCE_SECONDS)
    assert not later.is_alive(), "it waits"
    assert "OutOfMemoryError" in str(later.error)
