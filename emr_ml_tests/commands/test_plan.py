"""`emr-ml plan`: what would be asked of EMR, and for how much."""

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from emr_ml.commands.plan import plan
from emr_ml.definitions import defs
from emr_ml.launchers.emr.cost import prices
from emr_ml.launchers.emr.requests.plan import bill
from emr_ml.launchers.remote.shipping import job_scripts
from emr_ml_tests.components.project import Project
from emr_ml_tests.emulator.arranged import ArrangedAws, arranged_aws
from emr_ml_tests.emulator.limits import check_run_job_flow
from emr_ml_tests.launchers.emr.translation.examples import AIRFLOW
from emr_ml_tests.launchers.remote.examples import JOB_ROLE

TYPES = "EMR_ML_CLUSTER__{}__INSTANCE_TYPES"


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake/")


@pytest.fixture(name="no_account")
def fixture_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither region nor credentials, and no price is asked for."""
    for name in ("REGION", "DEFAULT_REGION", "ENDPOINT_URL", "ACCESS_KEY_ID"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    prices.prices_of.cache_clear()


@pytest.fixture(name="aws")
def fixture_aws(
    emulation: None,  # noqa: ARG001 - what it sets up
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Generator[ArrangedAws]:
    prices.prices_of.cache_clear()
    with arranged_aws(tmp_path, monkeypatch) as aws:
        yield aws


def said(*args: str) -> Result:
    result = CliRunner().invoke(plan, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def document(**environment: str) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        result = said("--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.usefixtures("no_account")
def test_without_an_account_the_requests_are_whole() -> None:
    made = document(AWS_REGION="eu-west-1")

    check_run_job_flow(made["RunJobFlow"])
    assert made["RunJobFlow"]["Name"].startswith("emr-ml emr ")
    assert [action["Name"] for action in made["RunJobFlow"]["BootstrapActions"]] == [
        "Python packages"
    ]
    args = made["AddJobFlowSteps"]["metrics"]["Steps"][0]["HadoopJarStep"]["Args"]
    assert args[-2].startswith("s3://bucket/lake/code/") and args[-2].endswith("/metrics.py")
    assert args[-1] == "s3://bucket/lake/metrics/<version>/attempts/1/_job/request.json"


@pytest.mark.usefixtures("no_account")
def test_there_is_a_step_for_each_asset_that_spark_computes() -> None:
    on_spark = {
        spec.key.path[-1] for spec in defs.resolve_all_asset_specs() if "spark" in spec.kinds
    }

    assert set(document(AWS_REGION="eu-west-1")["AddJobFlowSteps"]) == on_spark
    assert set(job_scripts()) == on_spark


@pytest.mark.usefixtures("no_account")
def test_a_job_of_ones_own_is_in_the_plan_with_its_code(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pipeline("churn")
    project.write("baskets.py", "def run(spark, request, log): ...\n")
    project.component("baskets", "SparkJob", module=f"{project.package}.baskets", key="baskets")
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")

    steps = document(AWS_REGION="eu-west-1")["AddJobFlowSteps"]

    args = steps["baskets"]["Steps"][0]["HadoopJarStep"]["Args"]
    assert args[-2:] == [
        f"{project.package}.baskets",
        "s3://bucket/lake/baskets/<version>/attempts/1/_job/request.json",
    ]
    assert args[args.index("--py-files") + 1].endswith("/job.zip")
    assert "churn/lr_model" in steps


@pytest.fixture
def two_deployments(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with a pipeline that runs on EMR Serverless, and one that says nothing."""
    project.pipeline("churn", deployment="emr-serverless")
    project.pipeline("fraud")
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    monkeypatch.setenv("EMR_ML_SERVERLESS__EXECUTION_ROLE", JOB_ROLE)


@pytest.mark.usefixtures("no_account", "two_deployments")
def test_each_deployment_has_a_plan_of_its_own_jobs() -> None:
    made = document(AWS_REGION="eu-west-1")

    assert list(made) == ["emr", "emr-serverless"]
    assert {name.partition("/")[0] for name in made["emr"]["AddJobFlowSteps"]} == {"fraud"}
    assert {name.partition("/")[0] for name in made["emr-serverless"]["StartJobRun"]} == {"churn"}


@pytest.mark.usefixtures("no_account", "two_deployments")
def test_the_plan_of_each_deployment_is_below_its_name() -> None:
    _, on_emr, on_serverless = said().output.split("deployment ")

    assert on_emr.startswith("emr\n==============\n\nRunJobFlow\n")
    assert on_serverless.startswith("emr-serverless\n=========================\n\nCreateApplic")
    assert "churn/lr_model" not in on_emr
    assert "StartJobRun for churn/lr_model\n" in on_serverless


@pytest.mark.usefixtures("no_account", "two_deployments")
def test_a_deployment_without_jobs_has_no_plan(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.defs / "fraud" / "defs.yaml").unlink()
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr-eks")  # which is not configured

    assert list(document(AWS_REGION="eu-west-1")) == [
        *("CreateApplication", "StartJobRun", "hourly_usd")
    ]


@pytest.mark.usefixtures("no_account")
def test_without_an_account_prices_are_not_invented() -> None:
    result = said()

    assert result.exit_code == 0
    assert "USD in total" not in result.output
    assert (
        "\n  price list not available, so there is no total: no region is set: set AWS_REGION, for "
        "example AWS_REGION=eu-west-1\n"
    ) in result.output


@pytest.mark.usefixtures("no_account")
def test_without_credentials_the_reason_for_missing_prices_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    expected = (
        "price list not available, so there is no total: no credentials were found: set "
        "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n"
    )

    assert f"\n  {expected}" in said().stdout
    as_json = said("--json")
    assert as_json.stderr == expected
    json.loads(as_json.stdout)


def test_an_expired_token_is_the_reason_for_missing_prices(aws: ArrangedAws) -> None:
    for operation in ("GetProducts", "DescribeSpotPriceHistory"):
        aws.refuse(operation, "ExpiredTokenException")

    assert "so there is no total: the credentials have expired: get new ones" in said().output


@pytest.mark.usefixtures("no_account")
def test_without_a_region_the_plan_says_that_the_name_is_not_final() -> None:
    assert "no AWS region is set" in said().output


def test_what_is_shown_is_json_below_its_name(aws: ArrangedAws) -> None:
    output = said().output

    shown, _, rest = output.removeprefix("RunJobFlow\n").partition("\n\n")
    assert json.loads(shown)["ReleaseLabel"] == "emr-spark-8.1.0"
    assert rest.startswith("AddJobFlowSteps for ")
    assert aws.called("RunJobFlow") == []


def test_the_price_is_of_all_instances_of_all_fleets(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=1)
    aws.add_type("m5.xlarge", "0.05", "0.20")
    aws.add_type("m5.2xlarge", "0.10", "0.40")
    aws.add_spot("m5.xlarge", "eu-west-1a", "0.07", long_ago)
    aws.add_spot("m5.2xlarge", "eu-west-1a", "0.10", long_ago)
    monkeypatch.setenv(TYPES.format("PRIMARY"), "[m5.xlarge]")
    monkeypatch.setenv(TYPES.format("CORE"), "[m5.xlarge, m5.2xlarge]")
    monkeypatch.setenv(TYPES.format("TASK"), "[m5.xlarge, {type: m5.2xlarge, weight: 2}]")
    monkeypatch.setenv("EMR_ML_CLUSTER__TASK__SPOT", "3")

    output = said().output

    assert "  primary  1 on demand  m5.xlarge 0.250\n" in output
    assert "  core     1 on demand  m5.xlarge 0.250, m5.2xlarge 0.500\n" in output
    # three of weight 1, or two of weight 2
    assert "  task     3 spot       m5.xlarge 0.360, m5.2xlarge 0.400\n" in output
    assert "  0.86 to 1.15 USD in total" in output


def test_one_price_that_is_not_known_leaves_no_total(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.add_type("m5.xlarge", "0.05", "0.20")
    monkeypatch.setenv(TYPES.format("PRIMARY"), "[m5.xlarge]")

    output = said().output

    assert "  primary  1 on demand  m5.xlarge 0.250\n" in output
    assert "no total: AWS returned no price for m5.xlarge spot, m5a.xlarge spot, " in output


@pytest.mark.parametrize(
    "instances",
    [
        {
            "InstanceGroups": [
                {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1},
                {"InstanceRole": "CORE", "InstanceType": "c5.xlarge", "InstanceCount": 3},
            ]
        },
        {"MasterInstanceType": "m5.xlarge", "SlaveInstanceType": "c5.xlarge", "InstanceCount": 4},
    ],
)
def test_instances_without_fleets_have_a_bill(instances: dict[str, Any]) -> None:
    def price(instance_type: str, market: str) -> float:
        assert market == "ON_DEMAND"
        return {"m5.xlarge": 1.0, "c5.xlarge": 2.0}[instance_type]

    found = [(item.fleet, item.units, item.usd) for item in bill({"Instances": instances}, price)]

    assert found == [("primary", 1, {"m5.xlarge": 1.0}), ("core", 3, {"c5.xlarge": 6.0})]


@pytest.mark.usefixtures("no_account")
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"RELEASE_LABEL": "emr-6.15.0"}, "release_label: emr-6.15.0 can't run any job"),
        (
            {"RELEASE_LABEL": "emr-7.14.0", "SPARK": "3.5.8"},
            "release_label: emr-7.14.0 has Spark 3.5.8, but Spark 4 is needed by sales_by_seller,",
        ),
    ],
)
def test_a_release_that_can_not_run_the_jobs_is_told_on_the_first_line(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"EMR_ML_CLUSTER__{name}", value)

    result = said()

    assert result.exit_code == 1
    assert expected in result.output.splitlines()[0]


@pytest.mark.usefixtures("no_account")
def test_what_is_seldom_meant_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_CLUSTER__CORE__SPOT", "1")

    assert "note: core is on spot" in said().output


@pytest.mark.usefixtures("no_account")
def test_an_idle_cluster_and_a_step_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_IDLE_TIMEOUT_SECONDS", "60")

    assert said().output.endswith("an idle cluster ends after 60 seconds, a step after 21600\n")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("EMR_ML_CLUSTER__STEP_CONCURENCY", "2", "did you mean step_concurrency?"),
        ("EMR_ML_POLL_SECONDS", "soon", "EMR_ML_POLL_SECONDS: "),
        (
            "EMR_ML_CLUSTER__BOOTSTRAP_ACTIONS",
            "[{name: mine, path: /not/there.sh}]",
            "/not/there.sh can't be read",
        ),
        (
            "EMR_ML_CLUSTER__OVERRIDES",
            "{BootstrapActions: [{Name: mine}]}",
            "ScriptBootstrapAction is missing",
        ),
    ],
)
def test_a_mistake_is_told_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv(name, value)

    result = said()

    assert result.exit_code == 1
    assert expected in result.output
    assert "RunJobFlow\n" not in result.output


def test_a_lake_on_this_machine_can_have_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "local")
    monkeypatch.setenv("EMR_ML_LAKE", "/some/where")

    result = said()

    assert result.exit_code == 1
    assert "EMR_ML_LAKE: clusters can't reach /some/where" in result.output


@pytest.mark.usefixtures("no_account")
def test_a_plan_can_be_made_before_the_deployment_is_switched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "local")

    assert said().exit_code == 0


def test_a_request_becomes_a_configuration_that_has_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    request = tmp_path / "overrides.json"
    request.write_text(json.dumps(AIRFLOW))

    translated = said("--from", str(request))

    assert translated.exit_code == 0
    assert f"{request}:1:2: Name: left out: the launcher" in translated.stderr
    configuration = tmp_path / "cluster.yaml"
    configuration.write_text(translated.stdout)
    made = document(EMR_ML_CLUSTER=str(configuration))["RunJobFlow"]
    check_run_job_flow(made)
    assert made["ReleaseLabel"] == AIRFLOW["ReleaseLabel"]
    assert made["Instances"]["InstanceGroups"] == AIRFLOW["Instances"]["InstanceGroups"]


def test_a_request_may_come_through_a_pipe() -> None:
    result = CliRunner().invoke(plan, ["--from", "-"], input='{"ServiceRole": "mine"}')

    assert result.exit_code == 0
    assert "service_role: mine\n" in result.stdout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"{'Name': True}", "request.json:1:2: is not JSON: "),
        (b'{"Nam": "a"}', "request.json:1:2: Nam: EMR's API has no such field: did you mean Name?"),
        (b"\xff\xfe", "request.json: is not text in UTF-8"),
    ],
)
def test_a_mistake_in_a_request_is_told_and_nothing_else(
    tmp_path: Path, text: bytes, expected: str
) -> None:
    request = tmp_path / "request.json"
    request.write_bytes(text)

    result = said("--from", str(request))

    assert result.exit_code == 1
    assert expected in result.stderr
    assert result.stdout == ""


def test_a_translation_is_no_plan(tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text("{}")

    assert said("--from", str(request), "--json").exit_code == 2
    assert said("--from", str(tmp_path / "none.json")).exit_code == 2
