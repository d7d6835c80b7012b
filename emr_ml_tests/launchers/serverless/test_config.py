"""The configuration of EMR Serverless: defaults, sources, and mistakes with their places."""

from pathlib import Path
from typing import Any

import pytest

from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.serverless.config import ServerlessConfig, Worker, load_serverless_config
from emr_ml.settings import load_settings
from emr_ml_tests.launchers.remote.examples import JOB_ROLE


def load(monkeypatch: pytest.MonkeyPatch, **variables: Any) -> ServerlessConfig:
    """Load the configuration of a process with these `EMR_ML_…` variables, and a role."""
    asked = {"SERVERLESS__EXECUTION_ROLE": JOB_ROLE, **variables}
    for name, value in asked.items():
        monkeypatch.setenv(f"EMR_ML_{name}", str(value))
    return load_serverless_config(load_settings())


def test_only_the_role_has_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    made = load(monkeypatch)

    assert made == ServerlessConfig(execution_role=JOB_ROLE)
    assert (made.release_label, made.spark, made.arch) == ("emr-spark-8.1.0", "4.1.1", "x86_64")
    assert (made.timeout_minutes, made.idle_minutes, made.packages) == (360, 5, "archive")
    assert made.initial_capacity.drivers == made.initial_capacity.executors == 0
    assert made.log_address("s3://bucket/lake") == "s3://bucket/lake/logs/"


def test_without_a_role_the_message_says_how_to_set_one() -> None:
    with pytest.raises(TargetConfigError, match="set EMR_ML_SERVERLESS__EXECUTION_ROLE to the ARN"):
        load_serverless_config(load_settings())


def test_a_variable_counts_more_than_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "serverless.yaml"
    file.write_text("driver: {cores: 2, memory_gb: 8}\nspark_conf: {spark.ui.enabled: false}\n")

    made = load(monkeypatch, SERVERLESS=file, SERVERLESS__DRIVER__MEMORY_GB=4)

    assert (made.driver.cores, made.driver.memory_gb) == (2, 4)
    assert made.spark_conf == {"spark.ui.enabled": "false"}


def test_the_time_limit_of_steps_is_that_of_job_runs_in_whole_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load(monkeypatch, STEP_LIMIT_SECONDS=61).timeout_minutes == 2


@pytest.mark.parametrize(
    ("label", "spark"), [("emr-spark-8.0.0", "4.0.2"), ("emr-7.13.0", "3.5.6")]
)
def test_the_spark_follows_from_the_release(
    monkeypatch: pytest.MonkeyPatch, label: str, spark: str
) -> None:
    assert load(monkeypatch, SERVERLESS__RELEASE_LABEL=label).spark == spark


def test_an_image_has_its_own_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/jobs:1"

    assert load(monkeypatch, SERVERLESS__IMAGE=image).packages == "image"


@pytest.mark.parametrize(
    ("cores", "gigabytes", "megabytes"), [(1, 2, 1664), (4, 16, 14894), (16, 120, 111709)]
)
def test_heap_and_overhead_fit_into_the_memory_of_a_worker(
    cores: Any, gigabytes: int, megabytes: int
) -> None:
    heap = Worker(cores=cores, memory_gb=gigabytes).heap_megabytes

    assert heap == megabytes
    assert heap + max(0.1 * heap, 384) <= gigabytes * 1024


MISTAKES = [
    ("driver: {cores: 3}\n", "1:10: driver.cores: should be 1 or 2 or 4 or 8 or 16, not 3"),
    ("driver: {cores: 8, memory_gb: 18}\n", "driver: a worker of 8 vCPUs has 16 to 60 GB"),
    ("executors: {minimum: 9, initial: 3}\n", "executors: minimum (9), initial (3) and maximum"),
    ("subnets: [subnet-1]\n", "security_groups: is missing"),
    ("release_label: emr-6.15.0\n", "1:1: release_label: emr-6.15.0 can't run any job"),
    ("release_label: emr-9.9.9\n", "spark: the release's Spark is not known: set it"),
    ("spark: 3.5.6\n", "1:1: spark: emr-spark-8.1.0 has Spark 4.1.1, not 3.5.6"),
    ("idle_minute: 3\n", "1:1: idle_minute: unknown key: did you mean idle_minutes?"),
    ("initial_capacity: {executors: 2}\n", "initial_capacity.drivers: is 0"),
    (
        "maximum_capacity: {cores: 4, memory_gb: 64}\n",
        "maximum_capacity.cores: is less than the 8 of a driver and one executor",
    ),
    ("application_id: 00a\napplication_name: b\n", "2:1: application_name: names an application"),
    ("application_id: 00a\nidle_minutes: 9\n", "2:1: idle_minutes: can't be changed"),
    ("image: a\npackages: archive\n", "2:1: packages: is archive, but an image has its own"),
    ("application_name: with space\n", "1:1: application_name: should match"),
    ("execution_role: Jobs\n", "execution_role: should match"),
]


@pytest.mark.parametrize(("text", "told"), MISTAKES, ids=lambda value: value.partition(":")[0])
def test_a_mistake_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "serverless.yaml"
    file.write_text(text if "execution_role" in text else f"{text}execution_role: {JOB_ROLE}\n")
    monkeypatch.setenv("EMR_ML_SERVERLESS", str(file))

    with pytest.raises(TargetConfigError) as error:
        load_serverless_config(load_settings())

    assert str(error.value).startswith(str(file))
    assert told in str(error.value)
