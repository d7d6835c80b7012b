"""A component with a deployment of its own."""

import dagster as dg
import pytest

from emr_ml.assets.declared import declared_deployments, declared_jobs
from emr_ml.components.training_pipeline import TrainingPipeline
from emr_ml.errors import UserError
from emr_ml.launchers import make_launcher
from emr_ml.launchers.local import LocalLauncher
from emr_ml.launchers.remote.job_run_launcher import JobRunLauncher
from emr_ml.pipeline import Pipeline
from emr_ml.settings import Deployment, load_settings
from emr_ml_tests.components.project import Project, materialize
from emr_ml_tests.graph import failure
from emr_ml_tests.launchers.remote.examples import JOB_ROLE


@pytest.fixture(name="churn")
def fixture_churn(project: Project) -> Pipeline:
    """A pipeline that is to run on EMR Serverless, beside one that says nothing."""
    path = project.pipeline("churn", deployment="emr-serverless")
    project.pipeline("fraud")
    contract = str(path.with_name("contract.yaml"))
    component = TrainingPipeline(
        contract=contract, key_prefix=["churn"], deployment="emr-serverless"
    )
    return component.pipeline


@pytest.fixture
def on_emr(churn: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    del churn  # whose project has a lake on this machine
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("EMR_ML_SERVERLESS__EXECUTION_ROLE", JOB_ROLE)


@pytest.mark.usefixtures("on_emr")
def test_its_jobs_and_its_sensor_are_those_of_its_deployment(project: Project) -> None:
    definitions, settings = project.load(), load_settings()

    assert declared_deployments(definitions, settings) == (
        Deployment.EMR,
        Deployment.EMR_SERVERLESS,
    )
    assert {name.partition("/")[0] for name in declared_jobs(definitions, settings)} == {"fraud"}
    elsewhere = declared_jobs(definitions, settings, Deployment.EMR_SERVERLESS)
    assert {name.partition("/")[0] for name in elsewhere} == {"churn"}
    sensors = [sensor.name for sensor in definitions.sensors or ()]
    assert {"old_cluster_sensor", "idle_application_sensor"} <= set(sensors)


@pytest.mark.usefixtures("on_emr")
def test_its_jobs_run_on_the_launcher_of_its_deployment(churn: Pipeline) -> None:
    base = make_launcher(load_settings())

    launcher = churn.launcher(base)

    assert isinstance(launcher, JobRunLauncher)
    assert launcher.lake.root == "s3://bucket/lake/churn"


@pytest.mark.usefixtures("on_emr")
def test_a_deployment_that_is_not_configured_fails_the_run_with_a_message(
    churn: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make_launcher(load_settings())
    monkeypatch.delenv("EMR_ML_SERVERLESS__EXECUTION_ROLE")

    with pytest.raises(dg.Failure, match="set EMR_ML_SERVERLESS__EXECUTION_ROLE"):
        churn.launcher(base)


@pytest.mark.usefixtures("on_emr")
def test_a_job_of_ones_own_may_have_one_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("baskets.py", "def run(spark, request, log): ...\n")
    module = f"{project.package}.baskets"
    project.component(
        "baskets", "SparkJob", module=module, key="baskets", deployment="emr-serverless"
    )
    definitions = project.load()
    # its launcher is made as the run asks for it: without a role, the run fails
    monkeypatch.delenv("EMR_ML_SERVERLESS__EXECUTION_ROLE")

    result = materialize(definitions, "baskets")

    elsewhere = declared_jobs(definitions, load_settings(), Deployment.EMR_SERVERLESS)
    assert elsewhere["baskets"] == module
    assert "set EMR_ML_SERVERLESS__EXECUTION_ROLE" in failure(result, "baskets")


def test_a_job_with_a_deployment_that_is_none_is_told_where(project: Project) -> None:
    project.write("baskets.py", "def run(spark, request, log): ...\n")
    module = f"{project.package}.baskets"
    project.component(
        "baskets", "SparkJob", module=module, key="baskets", deployment="emr-serverles"
    )

    with pytest.raises(UserError) as caught:
        project.load()

    assert "did you mean emr-serverless?" in str(caught.value)


def test_on_a_laptop_it_runs_there_like_all_others(project: Project, churn: Pipeline) -> None:
    definitions, settings = project.load(), load_settings()

    assert declared_deployments(definitions, settings) == (Deployment.LOCAL,)
    assert isinstance(churn.launcher(make_launcher(settings)), LocalLauncher)


@pytest.mark.usefixtures("churn")
def test_a_lake_that_its_jobs_can_not_reach_is_told_when_definitions_load(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "spark-submit")
    monkeypatch.setenv("EMR_ML_LAKE", "/data/lake")

    with pytest.raises(UserError) as caught:
        project.load()

    told = str(caught.value)
    assert "EMR_ML_LAKE: clusters can't reach /data/lake: with deployment emr-serverless" in told
    assert "churn/defs.yaml:" in told
