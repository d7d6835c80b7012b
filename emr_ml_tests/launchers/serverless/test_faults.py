"""What goes wrong with applications and job runs: the right cause, and no work lost."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from emr_ml.launchers.base import LaunchError
from emr_ml_tests.emulator import faults
from emr_ml_tests.emulator.examples import an_application
from emr_ml_tests.launchers.remote.services import SERVERLESS
from emr_ml_tests.waiting import wait_until

if TYPE_CHECKING:
    from emr_ml.lake.versions import VersionSpec
    from emr_ml_tests.launchers.emr.stage import Stage, Staging

TEN_MINUTES = 600.0  # emulated seconds


def message(stage: "Stage", work: "VersionSpec") -> str:
    """Return why the work failed."""
    with pytest.raises(LaunchError) as failed:
        stage.launch(work)
    return str(failed.value)


@pytest.mark.parametrize(
    "plan",
    [
        faults.throttle("GetJobRun", seconds=TEN_MINUTES),
        pytest.param(faults.cut("GetJobRun", seconds=TEN_MINUTES), marks=pytest.mark.soak),
    ],
    ids=lambda plan: plan.kind,
)
def test_a_job_that_runs_is_followed_while_the_service_gives_no_answer(
    serverless: "Staging", plan: faults.Fault
) -> None:
    stage = serverless()
    work = stage.work(seconds=3)
    running = stage.launch_aside(work)
    wait_until(lambda: SERVERLESS.states(stage, work) == ["RUNNING"])
    stage.aws.faults.add(plan)

    running.join()

    assert running.outcome and running.outcome.report.attempt == 1
    assert SERVERLESS.states(stage, work) in (["RUNNING"], ["SUCCESS"])


def test_a_job_that_fails_before_python_starts_shows_why_and_is_not_repeated(
    serverless: "Staging",
) -> None:
    said = 'Exception in thread "main" java.lang.ClassNotFoundException: com.example.Missing'
    stage = serverless(faults.early_failure(details="Spark could not start.", stderr=said))
    work = stage.work()

    told = message(stage, work)

    assert "failed before its driver started: Spark could not start." in told
    assert said in told
    assert "SPARK_DRIVER/stderr.gz" in told
    assert len(SERVERLESS.job_runs(stage, work)) == 1


@pytest.mark.soak
def test_a_job_without_a_log_names_the_place_where_it_would_be(serverless: "Staging") -> None:
    stage = serverless(faults.early_failure(details="The role can't be assumed."))
    work = stage.work()

    told = message(stage, work)

    (job,) = SERVERLESS.job_runs(stage, work)
    assert f"/logs/applications/{job.owner}/jobs/{job.id}/ can't be shown: it is not there" in told
    assert "check `execution_role`" in told


@pytest.mark.soak
def test_a_log_below_a_numbered_attempt_is_found(serverless: "Staging") -> None:
    stage = serverless(faults.early_failure(details="no luck"))
    work = stage.work()

    def write() -> None:
        (job,) = SERVERLESS.job_runs(stage, work)
        folder = f"logs/applications/{job.owner}/jobs/{job.id}/attempts/1/SPARK_DRIVER"
        stage.lake.write(f"{folder}/stderr.gz", b"said by the first attempt\n")

    stage.aws.faults.add(faults.before_call("GetJobRun", write))

    assert "  said by the first attempt" in message(stage, work)


@pytest.mark.soak
@pytest.mark.parametrize("state", ["CREATED", "STOPPED", "STARTED"])
def test_an_application_of_that_name_is_used_in_any_state(
    serverless: "Staging", state: str
) -> None:
    stage = serverless(fields={"application_name": "ours"})
    client = stage.aws.client("emr-serverless")
    request = an_application(name="ours", releaseLabel="emr-spark-8.1.0")
    made: str = client.create_application(**request)["applicationId"]
    (application,) = stage.aws.serverless.applications
    wait_until(lambda: application.state == "CREATED")
    if state != "CREATED":
        client.start_application(applicationId=made)
        wait_until(lambda: application.state == "STARTED")
    if state == "STOPPED":
        client.stop_application(applicationId=made)
        wait_until(lambda: application.state == "STOPPED")

    stage.launch(stage.work())

    assert stage.aws.serverless.applications == [application]


@pytest.mark.soak
def test_an_application_that_is_stopping_is_waited_for(serverless: "Staging") -> None:
    stage = serverless()
    stage.launch(stage.work())
    (application,) = stage.aws.serverless.applications
    wait_until(lambda: not application.busy)
    application.unwanted = True
    wait_until(lambda: application.state == "STOPPING")

    stage.launch(stage.work())

    assert stage.aws.serverless.applications == [application]


@pytest.mark.soak
def test_an_application_without_auto_start_is_started(serverless: "Staging") -> None:
    stage = serverless(fields={"application_name": "ours"})
    request = an_application(
        name="ours", releaseLabel="emr-spark-8.1.0", autoStartConfiguration={"enabled": False}
    )
    stage.aws.client("emr-serverless").create_application(**request)

    stage.launch(stage.work())

    assert len(stage.aws.serverless.applications) == 1


def test_an_application_that_was_deleted_is_replaced(serverless: "Staging") -> None:
    stage = serverless()
    stage.launch(stage.work())
    (first,) = stage.aws.serverless.applications
    first.become("TERMINATED")

    stage.launch(stage.work())

    assert [one.state for one in stage.aws.serverless.applications] == ["TERMINATED", "STARTED"]


@pytest.mark.soak
def test_runs_that_start_together_share_an_application(serverless: "Staging") -> None:
    stage = serverless()
    running = [stage.launch_aside(stage.work()) for _ in range(3)]

    for one in running:
        one.join()

    assert [one.error for one in running] == [None] * 3
    assert len(stage.aws.serverless.applications) == 1


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"releaseLabel": "emr-spark-8.0.0"}, "set `release_label: emr-spark-8.0.0`"),
    ({"architecture": "ARM64"}, "set `architecture: ARM64`"),
]


@pytest.mark.soak
@pytest.mark.parametrize(("other", "told"), OTHERS)
def test_an_application_that_does_not_fit_is_refused(
    serverless: "Staging", other: dict[str, Any], told: str
) -> None:
    stage = serverless(fields={"application_name": "ours"})
    request = an_application(**{"name": "ours", "releaseLabel": "emr-spark-8.1.0", **other})
    stage.aws.client("emr-serverless").create_application(**request)

    assert re.search(re.escape(told), message(stage, stage.work()))
    assert stage.aws.serverless.job_runs == []


def test_an_application_that_does_not_exist_is_named(serverless: "Staging") -> None:
    stage = serverless()
    fields = {name: value for name, value in SERVERLESS.fields.items() if name != "idle_minutes"}
    stage = stage.with_settings(serverless_fields=fields | {"application_id": "00absent"})

    told = message(stage, stage.work())

    assert told == "application_id: there is no application 00absent: correct it"


def test_what_a_job_used_is_told_in_hours_and_usd(serverless: "Staging") -> None:
    prices = {"vcpu_hour": 0.05, "memory_gb_hour": 0.005, "storage_gb_hour": 0.0001}
    stage = serverless(fields={"prices": prices})

    metadata = stage.launch(stage.work()).metadata

    # one minute of three workers of 4 vCPUs and 16 GB at least; 20 GB of disk are free
    assert metadata["vcpu_hours"] >= 0.2
    assert metadata["memory_gb_hours"] == pytest.approx(4 * metadata["vcpu_hours"], abs=0.01)
    expected = metadata["vcpu_hours"] * 0.05 + metadata["memory_gb_hours"] * 0.005
    assert metadata["cost_usd"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.soak
def test_the_dashboard_is_never_asked_for(serverless: "Staging") -> None:
    stage = serverless()

    metadata = stage.launch(stage.work()).metadata

    assert stage.aws.calls.of("GetDashboardForJobRun") == []
    assert metadata["cost_note"].startswith("the list prices of EMR Serverless for X86_64 in eu-")


@pytest.mark.soak
def test_a_role_that_does_not_exist_is_named(serverless: "Staging") -> None:
    stage = serverless(fields={"execution_role": "arn:aws:iam::123456789012:role/Absent"})

    assert "check `execution_role`" in message(stage, stage.work())
