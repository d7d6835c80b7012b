"""Settings from a stack: nothing but `EMR_ML_STACK` is needed, and every variable wins over it."""

import os
from typing import Any

import pytest

from emr_ml.launchers.emr.config.loading import ClusterConfigError, load_cluster_config
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.serverless.config import load_serverless_config
from emr_ml.settings import Settings, SettingsError, load_settings
from emr_ml.stack import with_stack
from emr_ml_tests.stack.cloudformation import OUTPUTS, STACK_ID, CloudFormation

ROLE = "arn:aws:iam::123456789012:role/jobs"


@pytest.fixture(name="cfn", autouse=True)
def fixture_cfn(monkeypatch: pytest.MonkeyPatch) -> CloudFormation:
    cfn = CloudFormation(state="CREATE_COMPLETE", outputs=dict(OUTPUTS))

    def api(service: str, *_: Any) -> CloudFormation:
        assert service == "cloudformation"
        return cfn

    monkeypatch.setattr("emr_ml.stack.outputs.Api", api)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("EMR_ML_STACK", "emr-ml")
    return cfn


def settings_of_stack() -> Settings:
    return with_stack(load_settings())


def test_the_stack_is_enough_to_run_on_emr() -> None:
    settings = settings_of_stack()
    config = load_cluster_config(settings)

    assert (settings.deployment, settings.lake) == ("emr", "s3://data/lake")
    assert settings.alert_topic_arn == OUTPUTS["AlertTopicArn"]
    assert config.subnets == ("subnet-1", "subnet-2")
    assert (config.security_groups.primary, config.security_groups.core) == ("sg-1", "sg-2")
    assert config.security_groups.service_access == "sg-3"
    assert (config.service_role, config.instance_profile) == ("emr", "nodes")
    assert (config.security_configuration, config.packages) == ("safe", "wheelhouse")
    assert config.log_address(settings.lake) == "s3://data/lake/logs/"
    assert config.runtime_role is None


def test_a_variable_wins_over_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:mine"
    monkeypatch.setenv("EMR_ML_LAKE", "s3://mine/lake")
    monkeypatch.setenv("EMR_ML_ALERT_TOPIC_ARN", topic)
    monkeypatch.setenv("EMR_ML_CLUSTER__SUBNETS", "[subnet-9]")

    settings = settings_of_stack()

    assert (settings.lake, settings.alert_topic_arn) == ("s3://mine/lake", topic)
    assert load_cluster_config(settings).subnets == ("subnet-9",)
    assert load_cluster_config(settings).service_role == "emr"


def test_the_file_of_the_cluster_wins_over_the_stack(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "cluster.yaml").write_text("packages: index\n")
    monkeypatch.setenv("EMR_ML_CLUSTER", str(tmp_path / "cluster.yaml"))

    assert load_cluster_config(settings_of_stack()).packages == "index"


def test_with_a_stack_jobs_may_run_here_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "local")

    assert (settings_of_stack().deployment, settings_of_stack().lake) == ("local", "s3://data/lake")


@pytest.fixture
def serverless_alone(cfn: CloudFormation) -> None:
    """A stack that has nothing for clusters."""
    cfn.outputs = {name: OUTPUTS[name] for name in ("Lake", "AlertTopicArn", "LogUri")}
    cfn.outputs["ExecutionRole"] = ROLE


@pytest.mark.usefixtures("serverless_alone")
def test_the_stack_is_enough_to_run_on_emr_serverless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-serverless")

    settings = settings_of_stack()

    assert settings.lake == "s3://data/lake"
    assert load_serverless_config(settings).execution_role == ROLE


@pytest.mark.usefixtures("serverless_alone")
def test_a_role_of_ones_own_wins_over_the_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-serverless")
    monkeypatch.setenv("EMR_ML_SERVERLESS__EXECUTION_ROLE", f"{ROLE}-mine")

    assert load_serverless_config(settings_of_stack()).execution_role == f"{ROLE}-mine"


@pytest.mark.usefixtures("serverless_alone")
def test_clusters_are_not_started_on_a_stack_without_their_parts() -> None:
    with pytest.raises(SettingsError, match="is for EMR Serverless alone: set EMR_ML_DEPLOYMENT="):
        settings_of_stack()


def test_without_a_role_of_job_runs_the_message_says_where_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-serverless")

    with pytest.raises(TargetConfigError, match="`emr-ml up` can create it"):
        load_serverless_config(settings_of_stack())


def test_a_role_of_the_steps_own_is_taken_if_the_stack_has_one(cfn: CloudFormation) -> None:
    role = "arn:aws:iam::123456789012:role/steps"
    cfn.outputs["RuntimeRole"] = role

    assert load_cluster_config(settings_of_stack()).runtime_role == role


def test_nothing_is_asked_before_it_is_needed(cfn: CloudFormation) -> None:
    settings = load_settings()

    assert cfn.calls == []
    # no bucket can have that name: what is not asked can't be mistaken for a lake
    assert settings.lake == "s3://<lake of stack emr-ml>"


def test_without_a_stack_aws_is_not_asked(
    cfn: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMR_ML_STACK")
    settings = load_settings()

    assert with_stack(settings) is settings
    assert cfn.calls == []


def test_an_arn_tells_the_region(cfn: CloudFormation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("EMR_ML_STACK", STACK_ID)

    settings_of_stack()

    assert os.environ["AWS_REGION"] == "eu-west-1"
    assert cfn.parameters_of("describe_stacks") == [{"StackName": STACK_ID}]


def test_what_the_stack_gives_wrongly_is_said_to_come_from_it(cfn: CloudFormation) -> None:
    cfn.outputs["Subnets"] = "somewhere"

    with pytest.raises(ClusterConfigError, match="stack emr-ml"):
        load_cluster_config(settings_of_stack())


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "there is no stack emr-ml in eu-west-1: create it with `emr-ml up`"),
        ("ROLLBACK_COMPLETE", "stack emr-ml is ROLLBACK_COMPLETE: repair it with `emr-ml up`"),
        ("DELETE_IN_PROGRESS", "stack emr-ml is DELETE_IN_PROGRESS: repair it"),
    ],
)
def test_a_stack_that_can_not_be_used_is_named(
    cfn: CloudFormation, state: str | None, words: str
) -> None:
    cfn.state = state

    with pytest.raises(SettingsError, match=words):
        settings_of_stack()


@pytest.mark.parametrize("state", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_is_being_changed_can_be_used(cfn: CloudFormation, state: str) -> None:
    cfn.state = state

    assert settings_of_stack().lake == "s3://data/lake"


@pytest.mark.parametrize("name", ["-x", "a b", "s3://bucket", "1st"])
def test_a_name_that_no_stack_can_have(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("EMR_ML_STACK", name)

    with pytest.raises(SettingsError, match=r"^EMR_ML_STACK: "):
        load_settings()
