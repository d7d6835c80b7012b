"""`emr-ml compute`: what it shows, and which clusters it ends."""

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emr_ml.commands.compute.command import compute
from emr_ml.launchers.emr.cost import prices
from emr_ml_tests.components.project import Project
from emr_ml_tests.emulator.arranged import ArrangedAws, arranged_aws

pytestmark = pytest.mark.usefixtures("emulation")

HOUR = timedelta(hours=1)
NAME = "emr-ml emr 0123456789abcdef"
ON_EKS = "nothing of EMR on EKS is kept running"
ON_SPARK = "no driver runs on this machine"


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ArrangedAws]:
    prices.prices_of.cache_clear()
    monkeypatch.setattr("emr_ml.aws.time_limits.COMMAND", 0.2)
    monkeypatch.setattr("emr_ml.aws.time_limits.COST", 0.2)
    with arranged_aws(tmp_path, monkeypatch) as aws:
        aws.add_type("m5.xlarge", "0.048", "0.192")
        yield aws


def said(*args: str) -> Result:
    result = CliRunner().invoke(compute, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def states(aws: ArrangedAws) -> dict[str, str]:
    return {cluster.id: cluster.state for cluster in aws.clusters}


def test_a_cluster_is_shown_with_state_age_run_steps_cost_and_end(aws: ArrangedAws) -> None:
    now = datetime.now(UTC)
    aws.add_cluster(
        "j-ONE",
        NAME,
        "RUNNING",
        since=now - 2 * HOUR,
        run="ab12cd34-0000",
    )
    aws.add_step("j-ONE", "lr_model", "RUNNING", started=now - HOUR, limit=7200 - 90)
    aws.add_instance("j-ONE", now - 2 * HOUR, fleet="MASTER")
    aws.add_instance("j-ONE", now - HOUR)

    shown = said()

    assert shown.exit_code == 0
    for part in (
        "j-ONE",
        "RUNNING",
        "2 h 00 min",
        "run ab12cd34",
        "1 active step ",
        "3.00 on demand instance-hours; 0.72 USD",
        "ends in 1 h 04 min at the latest",
        NAME,
    ):
        assert part in shown.output


def test_json_has_each_cluster_with_times_and_cost(aws: ArrangedAws) -> None:
    now = datetime.now(UTC)
    aws.add_cluster("j-ONE", NAME, "RUNNING", since=now - HOUR, run="ab12cd34-0000")
    aws.add_step("j-ONE", "lr_model", "RUNNING", started=now - HOUR, limit=7200 - 90)
    aws.add_instance("j-ONE", now - HOUR, fleet="MASTER")

    (cluster,) = json.loads(said("--json").stdout)["local"]

    assert (cluster["id"], cluster["state"], cluster["run_id"]) == (
        "j-ONE",
        "RUNNING",
        "ab12cd34-0000",
    )
    assert (cluster["active_steps"], cluster["idle"]) == (1, False)
    assert cluster["cost_usd"] == pytest.approx(0.24, abs=0.01)
    assert datetime.fromisoformat(cluster["latest_end"]) > now


def test_json_keeps_a_cluster_that_can_not_be_looked_at(aws: ArrangedAws) -> None:
    aws.add_cluster("j-GONE", NAME, "WAITING")
    aws.before("DescribeCluster", lambda: aws.forget("j-GONE"))

    (cluster,) = json.loads(said("--json").stdout)["local"]

    assert cluster["problem"].startswith("DescribeCluster failed")


@pytest.mark.usefixtures("aws")
def test_json_has_the_spark_that_is_kept_warm_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def warm() -> dict[str, object]:
        return {"java": 4711, "run": None, "seconds_left": 60.0}

    monkeypatch.setattr("emr_ml.warm.client.holder_state", warm)

    assert json.loads(said("--json").stdout)["local"] == [
        {"warm_spark": 4711, "used_by_process": None, "seconds_left": 60.0}
    ]


def test_json_only_shows(aws: ArrangedAws) -> None:
    aws.add_cluster("j-ONE", NAME, "WAITING")

    assert said("--json", "--terminate-idle").exit_code == 2
    assert states(aws)["j-ONE"] == "WAITING"


def test_a_cost_that_is_not_known_is_not_made_up(aws: ArrangedAws) -> None:
    aws.add_cluster("j-ONE", NAME, "WAITING")
    aws.add_instance("j-ONE", datetime.now(UTC) - HOUR)
    aws.refuse("GetProducts", "AccessDeniedException")

    shown = said().output

    assert "1.00 on demand instance-hours; AWS returned no price for m5.xlarge on demand" in shown
    assert "USD" not in shown


def test_a_cluster_past_its_end_stands_out(aws: ArrangedAws) -> None:
    aws.add_cluster("j-ONE", NAME, "WAITING", since=datetime.now(UTC) - 2 * HOUR)

    assert "should have ended 1 h 50 min ago, with an idle timeout of 300 s" in said().output


def test_no_cluster_is_said(aws: ArrangedAws) -> None:
    aws.add_cluster("j-DEAD", NAME, "TERMINATED")
    aws.add_cluster("j-OTHER", "somebody else's", "WAITING")

    shown = said("--terminate-idle")

    assert shown.output == "there is no live cluster of this project in eu-west-1\n"
    assert shown.exit_code == 0
    assert states(aws)["j-OTHER"] == "WAITING"


def test_a_cluster_that_can_not_be_looked_at_does_not_hide_the_others(aws: ArrangedAws) -> None:
    aws.add_cluster("j-GONE", NAME, "WAITING")
    aws.add_cluster("j-ONE", NAME, "WAITING")
    aws.before("DescribeCluster", lambda: aws.forget("j-GONE"))

    shown = said()

    assert "j-GONE          WAITING       could not be described: DescribeCluster failed" in (
        shown.output
    )
    assert "j-ONE" in shown.output
    assert shown.exit_code == 1


def test_idle_clusters_are_ended_and_busy_ones_are_not(aws: ArrangedAws) -> None:
    aws.add_cluster("j-IDLE", NAME, "WAITING")
    aws.add_step("j-IDLE", "done", "COMPLETED", ended=datetime.now(UTC) - HOUR)
    aws.add_cluster("j-BUSY", NAME, "RUNNING")
    aws.add_step("j-BUSY", "step", "RUNNING", started=datetime.now(UTC))
    aws.add_cluster("j-QUEUED", NAME, "WAITING")
    aws.add_step("j-QUEUED", "step", "PENDING")
    aws.add_cluster("j-NEW", NAME, "BOOTSTRAPPING")

    shown = said("--terminate-idle")

    assert "j-IDLE was idle and is terminating" in shown.output
    assert shown.exit_code == 0
    assert states(aws) == {
        "j-IDLE": "TERMINATING",
        "j-BUSY": "RUNNING",
        "j-QUEUED": "WAITING",
        "j-NEW": "BOOTSTRAPPING",
    }


def test_without_the_option_nothing_is_ended(aws: ArrangedAws) -> None:
    aws.add_cluster("j-IDLE", NAME, "WAITING")

    said()

    assert aws.called("TerminateJobFlows") == []


def test_no_idle_cluster_is_said(aws: ArrangedAws) -> None:
    aws.add_cluster("j-NEW", NAME, "STARTING")

    assert said("--terminate-idle").output.endswith("no cluster is idle\n")


def test_a_protected_cluster_is_skipped_and_reported(aws: ArrangedAws) -> None:
    aws.add_cluster("j-SAFE", NAME, "WAITING", protected=True)
    aws.add_cluster("j-IDLE", NAME, "WAITING")

    shown = said("--terminate-idle")

    assert "j-SAFE is protected from termination, so it was skipped" in shown.output
    assert "--cluster-id j-SAFE --no-termination-protected" in shown.output
    assert states(aws) == {"j-SAFE": "WAITING", "j-IDLE": "TERMINATING"}
    assert shown.exit_code == 0


def test_a_step_that_comes_in_meanwhile_saves_its_cluster(aws: ArrangedAws) -> None:
    aws.add_cluster("j-TWO", NAME, "WAITING")
    aws.add_cluster("j-ONE", NAME, "WAITING")

    # the price is asked for after the steps were first looked at
    aws.add_instance("j-TWO", datetime.now(UTC) - HOUR)
    aws.before("GetProducts", lambda: aws.add_step("j-ONE", "late", "PENDING"))
    shown = said("--terminate-idle")

    assert "j-ONE has just been given a step, so it was skipped" in shown.output
    assert states(aws) == {"j-ONE": "WAITING", "j-TWO": "TERMINATING"}


def test_no_call_names_more_than_ten_clusters(aws: ArrangedAws) -> None:
    for number in range(23):
        aws.add_cluster(f"j-{number}", NAME, "WAITING")

    said("--terminate-idle")

    assert [len(call["JobFlowIds"]) for call in aws.called("TerminateJobFlows")] == [10, 10, 3]
    assert set(states(aws).values()) == {"TERMINATING"}


def test_a_refusal_to_end_is_told_and_is_a_failure(aws: ArrangedAws) -> None:
    aws.add_cluster("j-IDLE", NAME, "WAITING")
    aws.refuse("TerminateJobFlows", "AccessDeniedException")

    shown = said("--terminate-idle")

    assert "j-IDLE could not be terminated: not allowed to call TerminateJobFlows" in shown.output
    assert shown.exit_code == 1


def test_a_throttled_ending_is_sent_again(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emr_ml.aws.time_limits.COMMAND", 20.0)
    aws.add_cluster("j-IDLE", NAME, "WAITING")
    aws.refuse("TerminateJobFlows", "ThrottlingException", times=1)

    shown = said("--terminate-idle")

    assert shown.exit_code == 0
    assert states(aws) == {"j-IDLE": "TERMINATING"}


def test_clusters_are_shown_though_the_configuration_is_broken(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_CLUSTER__STEP_CONCURRENCY", "many")
    aws.add_cluster("j-ONE", NAME, "WAITING")

    shown = said()

    assert "EMR_ML_CLUSTER__STEP_CONCURRENCY" in shown.stderr
    assert "j-ONE" in shown.stdout


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("AWS_ACCESS_KEY_ID", "no credentials were found: set AWS_PROFILE"),
        ("AWS_REGION", "no region is set: set AWS_REGION"),
    ],
)
def test_what_is_not_set_is_said_with_what_to_do(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch, variable: str, words: str
) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    monkeypatch.delenv(variable)
    monkeypatch.delenv(variable.replace("_REGION", "_DEFAULT_REGION"), raising=False)

    shown = said()

    assert shown.exit_code == 1
    assert words in shown.output
    assert aws.calls == []


def test_runs_on_this_machine_need_no_region(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)

    shown = said()

    assert shown.exit_code == 0
    assert "no clusters are looked for" in shown.output
    assert json.loads(said("--json").stdout) == {"local": []}
    assert aws.calls == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredTokenException", "the credentials have expired"),
        ("UnrecognizedClientException", "AWS does not accept the credentials"),
        ("AccessDeniedException", "not allowed to call ListClusters"),
        ("InvalidSignatureException", "AWS does not accept the credentials"),
    ],
)
def test_what_aws_refuses_is_said_with_what_to_do(aws: ArrangedAws, code: str, words: str) -> None:
    aws.refuse("ListClusters", code)

    shown = said()

    assert shown.exit_code == 1
    assert shown.output.count("Error: ") == 1
    assert words in shown.output


def test_a_clock_that_aws_refuses_is_named(aws: ArrangedAws) -> None:
    aws.refuse(
        "ListClusters",
        "InvalidSignatureException",
        message="Signature expired: 20261102T1200Z is now earlier",
    )

    assert "set the clock" in said().output


@pytest.fixture(name="deployments")
def fixture_deployments(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.pipeline("churn", deployment="spark-submit")
    project.pipeline("fraud")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-eks")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    monkeypatch.setenv("EMR_ML_SPARK_SUBMIT__MASTER", "local[2]")
    monkeypatch.setenv("EMR_ML_SPARK_SUBMIT__FOLDER", str(tmp_path / "here"))


@pytest.mark.usefixtures("deployments")
def test_what_runs_in_each_place_is_shown() -> None:
    shown = said()

    assert ON_EKS in shown.output
    assert ON_SPARK in shown.output
    assert shown.exit_code == 0


@pytest.mark.usefixtures("deployments")
def test_a_mistake_in_one_place_does_not_hide_the_others(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pipeline("churn", deployment="emr-eks")
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "spark-submit")
    monkeypatch.setenv("EMR_ML_SPARK_SUBMIT__EXECUTORS", "0")

    shown = said()

    assert "executors: " in shown.output
    assert ON_EKS in shown.output
    assert shown.exit_code == 1


@pytest.mark.usefixtures("deployments")
@pytest.mark.parametrize("breaks_in_code", [False, True])
def test_a_broken_project_does_not_hide_what_the_settings_name(
    project: Project, *, breaks_in_code: bool
) -> None:
    if breaks_in_code:
        project.write("definitions.py", "rows = {}['kept']\n")
    else:
        project.pipeline("churn", deployment="nowhere")

    shown = said()

    cause = "can't be loaded: KeyError: 'kept': `dg check defs` shows where"
    assert (cause if breaks_in_code else "nowhere") in shown.output
    assert "only the deployment emr-eks is shown" in shown.output
    assert ON_EKS in shown.output
