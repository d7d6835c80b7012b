"""Faults of clusters: one cluster is started, one is replaced, and the cause is reported."""

import logging
from typing import TYPE_CHECKING

import pytest

from emr_ml.lake.leases import Lease, LeaseFile
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml_tests.emulator import faults
from emr_ml_tests.waiting import wait_until

if TYPE_CHECKING:
    from emr_ml_tests.emulator.faults import Fault
    from emr_ml_tests.launchers.emr.stage import Aside, Stage, Staging

HIDDEN = 100.0  # emulated seconds, less than a launcher waits for what may be hidden
SPOT_TASKS = {"instance_types": ["m5.xlarge"], "on_demand": 0, "spot": 2, "spot_timeout_minutes": 5}


def end_all(stage: "Stage") -> None:
    ids = [cluster.id for cluster in stage.aws.alive]
    stage.aws.client("emr").terminate_job_flows(JobFlowIds=ids)
    wait_until(lambda: not stage.aws.alive)


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(
            [faults.lost_answer("RunJobFlow"), faults.hidden_clusters(HIDDEN)],
            id="lost answer, hidden cluster",
        ),
        pytest.param([faults.cut("RunJobFlow")], id="cut before it arrived"),
        pytest.param(
            [faults.server_error("RunJobFlow", times=2)],
            id="server errors",
            marks=pytest.mark.soak,
        ),
        pytest.param([faults.throttle("RunJobFlow", times=2)], id="throttled"),
        pytest.param([faults.slow_start(300.0)], id="slow start"),
    ],
)
def test_one_cluster_is_started_whatever_happens_to_the_call(
    staging: "Staging", plan: "list[Fault]"
) -> None:
    stage = staging(*plan)
    work = stage.work()

    stage.launch(work)

    assert len(stage.aws.clusters) == 1
    assert stage.begun(work) == [1]


def test_a_lost_answer_does_not_bring_back_a_cluster_that_has_ended(stage: "Stage") -> None:
    stage.launch()
    end_all(stage)
    stage.aws.faults.add(faults.lost_answer("RunJobFlow"), faults.hidden_clusters(HIDDEN))

    stage.launch()

    assert len(stage.aws.clusters) == 2


def test_concurrent_runs_share_one_cluster(staging: "Staging") -> None:
    stage = staging(faults.hidden_clusters(HIDDEN))
    works = [stage.work() for _ in range(3)]
    runs = [stage.launch_aside(work) for work in works]

    for run in runs:
        run.join()

    assert [stage.begun(work) for work in works] == [[1]] * 3
    assert len(stage.aws.clusters) == 1


def test_a_cluster_that_another_run_starts_between_two_looks_is_used(
    staging: "Staging", monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = staging(faults.hidden_clusters(600.0))
    others: list[Aside] = []
    read = LeaseFile.read

    def read_too_early(lease_file: LeaseFile) -> Lease | None:
        lease = read(lease_file)
        if lease is None and lease_file.key.startswith("clusters/") and not others:
            others.append(stage.launch_aside(stage.work()))
            wait_until(lambda: (found := read(lease_file)) and found.status == "ended")
        return lease

    monkeypatch.setattr(LeaseFile, "read", read_too_early)

    stage.launch()
    others[0].join()

    assert len(stage.aws.clusters) == 1


def test_a_suitable_cluster_is_reused_while_it_lives(stage: "Stage") -> None:
    stage.launch()
    stage.launch()

    assert len(stage.aws.clusters) == 1


def test_another_configuration_gets_another_cluster(stage: "Stage") -> None:
    stage.launch()

    stage.with_settings(cluster_fields={"root_volume_gb": 20}).launch()

    assert len({cluster.name for cluster in stage.aws.clusters}) == 2


def test_a_run_s_own_cluster_is_not_used_by_another_run(staging: "Staging") -> None:
    stage = staging(settings={"cluster_scope": "run"})

    for run in ("11111111-1", "11111111-1", "22222222-2"):
        stage.launch(stage.work(run=run))

    assert [len(cluster.steps) for cluster in stage.aws.clusters] == [2, 1]


def test_a_cluster_that_goes_idle_before_it_gets_the_step_is_replaced_once(
    stage: "Stage",
) -> None:
    stage.launch()
    stage.aws.faults.add(faults.idle_end_before("AddJobFlowSteps"))
    work = stage.work()

    stage.launch(work)

    assert [cluster.reason.get("Code") for cluster in stage.aws.clusters] == [
        "ALL_STEPS_COMPLETED",
        None,
    ]
    assert len(stage.steps(work)) == 1


def test_clusters_that_never_take_the_step_are_not_replaced_forever(staging: "Staging") -> None:
    stage = staging(faults.idle_end_before("AddJobFlowSteps", times=None))

    with pytest.raises(
        LaunchError,
        match=r"3 clusters ended before they accepted the step: (j-\w+, ){2}j-\w+\. The last"
        r"(.|\n)*step \(none\) of cluster j-(.|\n)*EMR_ML_IDLE_TIMEOUT_SECONDS",
    ):
        stage.launch()

    assert len(stage.aws.clusters) == 3


def test_an_idle_end_is_known_by_its_message_whatever_its_code(stage: "Stage") -> None:
    stage.launch()
    work = stage.work()
    later = stage.launch_aside(work)
    wait_until(lambda: stage.steps(work))
    stage.aws.faults.add(faults.idle_end_before("ListSteps", cancelled=True, code="USER_REQUEST"))

    later.join()

    assert later.error is None
    assert len(stage.aws.clusters) == 2


def test_a_running_step_whose_cluster_ends_as_idle_is_not_repeated(
    staging: "Staging", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="launch")
    stage = staging(faults.hung_step(how="sleeping"))
    work = stage.work()
    aside = stage.launch_aside(work)
    wait_until(lambda: any("step s-" in m and "RUNNING" in m for m in caplog.messages))
    stage.aws.faults.add(faults.idle_end_before("DescribeCluster", cancelled=True))

    aside.join()

    assert "was RUNNING, but never reached Spark's resource manager" in str(aside.error)
    assert "auto-termination policy: idle" in str(aside.error)
    assert "see in the log what the driver waited for" in str(aside.error)
    assert len(stage.aws.clusters) == 1


def test_a_bootstrap_that_does_not_end_is_named_as_the_cause_and_not_repeated(
    staging: "Staging",
) -> None:
    stage = staging(faults.slow_bootstrap(1e6))
    fields = {"start_limit_seconds": 3, "overrides": {}}

    with pytest.raises(LaunchError) as error:
        stage.with_settings(cluster_fields=fields, poll_seconds=0.2).launch()

    assert not isinstance(error.value, LostError)
    assert "its bootstrap actions did not end" in str(error.value)
    assert "BOOTSTRAPPING for" in str(error.value)
    assert "/node/" in str(error.value)
    assert len(stage.aws.clusters) == 1


def test_a_failed_bootstrap_is_reported_at_once_with_its_own_error(staging: "Staging") -> None:
    failure = faults.bootstrap_failure(exit_code=3, stderr="no route to the index\n")
    stage = staging(failure).with_settings(cluster_fields={"overrides": {}})

    with pytest.raises(LaunchError) as error:
        stage.launch()

    assert not isinstance(error.value, LostError)
    assert "bootstrap failed" in str(error.value)
    assert "returned a non-zero return code" in str(error.value)
    assert "  no route to the index" in str(error.value)
    assert "bootstrap-actions/1/stderr.gz" in str(error.value)
    # the step that waited for the cluster is not tried on another
    assert len(stage.aws.clusters) == 1


@pytest.mark.parametrize(
    ("plan", "cause", "advice"),
    [
        pytest.param(
            faults.subnet_full(),
            "There are not enough free addresses",
            "name a larger one, or several, under `subnets`",
            id="subnet full",
        ),
        pytest.param(
            faults.start_failure("VALIDATION_ERROR", "The instance profile has no such role"),
            "The instance profile has no such role",
            "`emr-ml doctor` names the one that is missing",
            id="validation error",
        ),
    ],
)
def test_an_error_that_only_the_user_can_fix_is_reported_and_not_retried(
    staging: "Staging", plan: "Fault", cause: str, advice: str
) -> None:
    stage = staging(plan)

    with pytest.raises(LaunchError) as error:
        stage.launch()

    assert not isinstance(error.value, LostError)
    assert all(words in str(error.value) for words in (cause, advice, "VALIDATION_ERROR"))
    assert len(stage.aws.clusters) == 1


def test_a_request_that_emr_refuses_is_reported_with_advice(stage: "Stage") -> None:
    fields = {"instance_profile": "NoSuchProfile"}

    with pytest.raises(LaunchError, match=r"Invalid InstanceProfile: NoSuchProfile(.|\n)*doctor"):
        stage.with_settings(cluster_fields=fields).launch()

    assert stage.aws.clusters == []


def test_a_fleet_without_spot_falls_back_to_on_demand_and_logs_it(staging: "Staging") -> None:
    stage = staging(faults.no_spot()).with_settings(cluster_fields={"task": SPOT_TASKS})

    outcome = stage.launch()

    assert "2 of 2 task instances are on demand" in outcome.metadata["cost_note"]
    assert len(stage.aws.clusters) == 1


TERMINATE = SPOT_TASKS | {"spot_timeout_action": "TERMINATE_CLUSTER"}


def test_a_cluster_that_ends_for_lack_of_spot_is_replaced(staging: "Staging") -> None:
    stage = staging(faults.no_spot()).with_settings(cluster_fields={"task": TERMINATE})
    work = stage.work()

    assert stage.launch(work).report.attempt == 2

    codes = [cluster.reason.get("Code") for cluster in stage.aws.clusters]
    assert codes == ["INSTANCE_FLEET_TIMEOUT", None]
    assert stage.begun(work) == [2]


def test_persistent_lack_of_spot_is_reported(staging: "Staging") -> None:
    stage = staging(faults.no_spot(times=None)).with_settings(cluster_fields={"task": TERMINATE})

    with pytest.raises(LaunchError, match=r"INSTANCE_FLEET_TIMEOUT(.|\n)*more instance types"):
        stage.launch()

    assert len(stage.aws.clusters) == 3


def test_a_cluster_that_fails_inside_emr_is_replaced(staging: "Staging") -> None:
    stage = staging(faults.start_failure("INTERNAL_ERROR", "An internal error occurred"))

    assert stage.launch().report.attempt == 2


def test_a_cluster_that_ends_during_a_poll_is_replaced(staging: "Staging") -> None:
    stage = staging(faults.slow_start(60))
    aside = stage.launch_aside(stage.work())
    wait_until(lambda: any(step.state == "PENDING" for step in stage.aws.steps))
    # a look describes the cluster, and then lists its steps
    stage.aws.faults.add(faults.idle_end_before("ListSteps", cancelled=True))
    aside.join()

    assert aside.error is None
    assert len(stage.aws.clusters) == 2


def test_a_cluster_that_never_starts_is_ended_and_replaced_for_all_who_wait(
    staging: "Staging",
) -> None:
    stage = staging(faults.slow_start(1e6)).with_settings(cluster_fields={"start_limit_seconds": 3})
    runs = [stage.launch_aside(stage.work()) for _ in range(2)]

    for run in runs:
        run.join()

    assert [run.outcome and run.outcome.report.attempt for run in runs] == [2, 2]
    assert len(stage.aws.clusters) == 2
    wait_until(lambda: len(stage.aws.alive) == 1)
    assert stage.aws.clusters[0].reason["Code"] == "USER_REQUEST"


def test_the_error_names_who_ended_a_cluster_with_a_running_step(stage: "Stage") -> None:
    aside = stage.launch_aside(stage.work(seconds=60))
    wait_until(lambda: any(step.state == "RUNNING" for step in stage.aws.steps))
    end_all(stage)
    aside.join()

    assert "a user or a program ended the cluster" in str(aside.error)
    assert len(stage.aws.clusters) == 1


def test_a_cluster_that_emr_has_forgotten_is_replaced(stage: "Stage") -> None:
    stage.launch()
    end_all(stage)
    # as EMR does some weeks later
    stage.aws.emr.clusters.clear()

    stage.launch()

    assert len(stage.aws.alive) == 1
