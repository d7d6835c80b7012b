"""Faults of AWS calls never fail a healthy step, and never repeat work."""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emr_ml.lake.leases import LeaseFile
from emr_ml.launchers.base import DetachedError
from emr_ml.launchers.emr.cluster_watcher import ClusterWatcher
from emr_ml_tests.emulator import faults
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import lease_key

if TYPE_CHECKING:
    from emr_ml_tests.emulator.faults import Fault
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

TEN_MINUTES = 600.0  # emulated seconds


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(faults.throttle("ListSteps", seconds=TEN_MINUTES), id="throttled"),
        pytest.param(faults.server_error("s3:*", seconds=TEN_MINUTES / 5), id="lake broken"),
        pytest.param(
            faults.expired_token("elasticmapreduce:*", seconds=TEN_MINUTES),
            id="expired token",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            faults.cut("DescribeCluster", seconds=TEN_MINUTES), id="cut", marks=pytest.mark.soak
        ),
    ],
)
def test_a_step_that_runs_is_followed_through_ten_minutes_without_an_answer(
    stage: "Stage", plan: "Fault"
) -> None:
    work = stage.work(seconds=3)
    running = stage.launch_aside(work)
    wait_until(lambda: "RUNNING" in stage.states(work))
    stage.aws.faults.add(plan)

    running.join()

    assert running.outcome and running.outcome.report.attempt == 1
    assert len(stage.steps(work)) == 1


def test_a_busy_emr_that_answers_little_is_waited_for(staging: "Staging") -> None:
    stage = staging(settings={"api_patience_seconds": 0.5})
    work = stage.work(seconds=4)
    running = stage.launch_aside(work)
    wait_until(lambda: "RUNNING" in stage.states(work))
    stage.aws.faults.add(faults.throttle("elasticmapreduce:*", chance=0.9))

    running.join()

    assert running.outcome and running.outcome.report.attempt == 1
    assert len(stage.steps(work)) == 1


def test_an_aws_outage_is_logged_once(stage: "Stage", caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="launch")
    work = stage.work(until="released")
    running = stage.launch_aside(work)
    wait_until(lambda: "RUNNING" in stage.states(work))
    stage.aws.faults.add(faults.throttle("ListSteps", seconds=240.0))
    wait_until(lambda: "there are answers again" in caplog.messages)
    stage.lake.write("released", b"")

    running.join()

    outage_lines = [line for line in caplog.messages if "answer" in line]
    assert outage_lines == [
        "no answer (ThrottlingException): waiting, while the job keeps running",
        "there are answers again",
    ]


@pytest.mark.parametrize(
    "of",
    [
        "s3:GetObject *",
        "elasticmapreduce:*",
        pytest.param("s3:PutObject *", marks=pytest.mark.soak),
        pytest.param("s3:ListBucket *", marks=pytest.mark.soak),
    ],
)
def test_credentials_may_expire_at_any_call(staging: "Staging", of: str) -> None:
    stage = staging(faults.expired_token(of, skip=1, times=2), faults.expired_token(of, skip=4))
    work = stage.work()

    stage.launch(work)

    assert stage.begun(work) == [1]
    assert stage.aws.faults.count("expired token") == 3


def on_put(of: str) -> "list[Fault]":
    return [faults.lost_answer(f"s3:PutObject {of}", skip=number) for number in range(4)]


def on_get(of: str) -> "list[Fault]":
    return [faults.server_error(f"s3:GetObject {of}", skip=number) for number in range(4)]


@pytest.mark.parametrize(
    "planned",
    [
        [*on_put("*/claim.json"), *on_get("*/claim.json")],
        [*on_put("*/request.json"), *on_get("*/request.json")],
        on_put("*/lake/code/*"),
        pytest.param([*on_put("*/steps.json"), *on_get("*/steps.json")], marks=pytest.mark.soak),
        pytest.param(on_get("*/error.json"), marks=pytest.mark.soak),
    ],
    ids=lambda planned: planned[0].of,
)
def test_lost_answers_of_the_lake_are_recovered(staging: "Staging", planned: "list[Fault]") -> None:
    stage = staging(*planned)
    work = stage.work()

    stage.launch(work)

    assert stage.begun(work) == [1]
    assert len(stage.aws.clusters) == len(stage.steps(work)) == 1


def test_random_faults_on_every_call_fail_nothing_and_repeat_nothing(staging: "Staging") -> None:
    stage = staging(
        faults.throttle("elasticmapreduce:*", chance=0.2),
        faults.lost_answer("elasticmapreduce:*", chance=0.1),
        faults.server_error("elasticmapreduce:*", chance=0.1),
        faults.lost_answer("s3:PutObject *", chance=0.1),
        faults.throttle("s3:*", chance=0.1),
        faults.lost_answer("node s3:PutObject *", chance=0.1),
        faults.hidden_clusters(60.0),
        faults.hidden_steps(60.0),
        settings={"api_patience_seconds": 600.0},
    )
    works = [stage.work() for _ in range(2)]
    runs = [stage.launch_aside(work) for work in works]

    for run in runs:
        run.join()

    assert [run.error for run in runs] == [None, None]
    assert [stage.begun(work) for work in works] == [[1], [1]]
    assert [len(stage.steps(work)) for work in works] == [1, 1]
    assert len(stage.aws.clusters) == 1


def test_a_launch_that_times_out_leaves_the_step_to_the_next_one(stage: "Stage") -> None:
    impatient = stage.with_settings(api_patience_seconds=0.5)
    work = stage.work(until="released")
    running = impatient.launch_aside(work)
    wait_until(lambda: stage.begun(work))
    stage.aws.faults.add(faults.server_error("elasticmapreduce:*", times=10_000))
    running.join()
    stage.aws.faults.clear()
    stage.lake.write("released", b"")

    outcome = stage.launch(work)

    assert isinstance(running.error, DetachedError)
    assert "materialize again to resume it" in str(running.error)
    assert outcome.report.attempt == 1
    assert len(stage.steps(work)) == 1


@pytest.mark.parametrize(
    "of",
    [
        "ListInstances",
        "s3:DeleteObject *",
        pytest.param("ListSteps", marks=pytest.mark.soak),
        pytest.param("s3:ListBucket *", marks=pytest.mark.soak),
    ],
)
def test_nothing_that_comes_after_the_report_fails_the_launch(stage: "Stage", of: str) -> None:
    work = stage.work(seconds=1)
    running = stage.launch_aside(work)
    wait_until(lambda: stage.begun(work))
    stage.aws.faults.add(faults.server_error(of, times=10_000))

    running.join()

    assert running.error is None


def test_an_attempt_on_a_cluster_that_emr_has_forgotten_is_lost(stage: "Stage") -> None:
    work = stage.work()
    held = LeaseFile(stage.lake, lease_key(work.asset, work.version)).acquire("a run of long ago")
    assert held
    held.record(cluster="j-FORGOTTEN", sent_to="j-FORGOTTEN", step="s-FORGOTTEN")
    stored = stage.lake.read(lease_key(work.asset, work.version))
    assert stored
    left = replace(held.lease, status="left")
    stage.lake.swap(lease_key(work.asset, work.version), as_json(left.as_json()), stored.etag)

    outcome = stage.with_settings(api_patience_seconds=3.0).launch(work)

    assert outcome.report.attempt == 2


def test_an_unreadable_shared_snapshot_is_replaced(stage: "Stage") -> None:
    work = stage.work(seconds=2)
    running = stage.launch_aside(work)
    wait_until(lambda: stage.begun(work))
    key = f"clusters/{stage.only_cluster().id}/steps.json"
    # a later release may keep more
    stage.lake.write(key, b'{"look": {"cluster": {"id": "j-1", "new": 1}, "steps": [{"new": 2}]}}')

    running.join()

    assert running.error is None


def break_down(_: ClusterWatcher) -> None:
    raise ZeroDivisionError


def test_a_step_survives_a_bug_in_its_launcher_and_is_adopted(
    stage: "Stage", monkeypatch: pytest.MonkeyPatch
) -> None:
    work = stage.work(seconds=3)
    running = stage.launch_aside(work)
    wait_until(lambda: stage.begun(work))
    with monkeypatch.context() as broken:
        broken.setattr(ClusterWatcher, "latest", break_down)
        running.join()

    outcome = stage.launch(work)

    assert isinstance(running.error, ZeroDivisionError)
    assert outcome.report.attempt == 1
    assert len(stage.steps(work)) == 1
