"""`emr-ml plan` and `compute` with spark-submit."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from emr_ml.cli import main
from emr_ml.lake.versions import local_spark
from emr_ml.launchers.spark_submit.driver import Driver, new_folder
from emr_ml.launchers.spark_submit.pods import Pods

FIELD = "EMR_ML_SPARK_SUBMIT__"
TARGET = "spark-submit"


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "spark-submit")
    monkeypatch.setenv("EMR_ML_LAKE", "/shared/lake")
    monkeypatch.setenv(f"{FIELD}MASTER", "spark://here:7077")
    monkeypatch.setenv(f"{FIELD}FOLDER", str(tmp_path))


@pytest.fixture(name="in_pods")
def fixture_in_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{FIELD}MASTER", "k8s://https://here:6443")
    monkeypatch.setenv(f"{FIELD}DEPLOY_MODE", "cluster")
    monkeypatch.setenv(f"{FIELD}KUBERNETES__IMAGE", "mine")


def output(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_plan_has_the_command_of_every_job_and_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://bucket/lake")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    monkeypatch.setenv(f"{FIELD}SPARK_CONF__spark.ssl.keyPassword", "hunter2")

    text, planned = output("plan"), json.loads(output("plan", "--json"))["spark-submit"]

    command = planned["lr_model"]["command"]
    assert command[1:3] == ["--master", "spark://here:7077"]
    assert command[-1] == "s3://bucket/lake/lr_model/<version>/attempts/1/_job/request.json"
    assert planned["lr_model"]["properties"]["spark.ssl.keyPassword"] == "<secret>"
    assert "spark-submit for lr_model\n" in text
    assert f"versions are those of Spark {local_spark()}" in text
    for secret in ("the-id", "the-secret", "hunter2"):
        assert secret not in text + json.dumps(planned)


@pytest.mark.usefixtures("in_pods")
def test_the_plan_has_the_pod_of_every_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "driver.yaml"
    containers = "[{env: [{name: A_PASSWORD, value: hunter2}]}]"
    template.write_text(f"spec: {{initContainers: {containers}, containers: {containers}}}\n")
    monkeypatch.setenv(f"{FIELD}KUBERNETES__DRIVER_TEMPLATE", str(template))

    pod = json.loads(output("plan", "--json"))["pods"]["lr_model"]

    assert pod["metadata"]["labels"]["emr-ml/version"] == "<version>"
    container = pod["spec"]["containers"][0]
    assert (container["image"], container["args"][0]) == ("mine", "driver")
    for each in (container, *pod["spec"]["initContainers"]):
        assert each["env"][0] == {"name": "A_PASSWORD", "value": "<secret>"}


def test_a_mistake_in_the_configuration_is_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"{FIELD}MASTER")

    for command in ("plan", "compute"):
        result = CliRunner().invoke(main, [command])
        assert result.exit_code == 1
        assert "there is no master: set EMR_ML_SPARK_SUBMIT__MASTER" in result.output


@pytest.mark.process
def test_drivers_of_this_machine_are_shown_while_they_run(tmp_path: Path) -> None:
    driver = Driver(new_folder(tmp_path / "drivers"))
    driver.start("lr_model 0123 #1", ["sleep", "1000"], {"PATH": "/usr/bin:/bin"}, "", 1000.0)
    try:
        shown, (found,) = output("compute"), json.loads(output("compute", "--json"))[TARGET]
    finally:
        driver.end()

    assert shown.split()[:2] == [str(driver.pid), "RUNNING"]
    assert (found["pid"], found["name"]) == (driver.pid, "lr_model 0123 #1")
    assert "lr_model 0123 #1" in shown and str(driver.log) in shown
    assert "no driver runs on this machine" in output("compute")


@pytest.mark.usefixtures("in_pods")
def test_pods_of_drivers_are_shown_until_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def pod(name: str, phase: str) -> dict[str, object]:
        labels = {"emr-ml/asset": "lr_model", "emr-ml/attempt": "2"}
        metadata = {"name": name, "labels": labels, "creationTimestamp": "2026-01-31T12:00:00Z"}
        return {"metadata": metadata, "status": {"phase": phase}}

    pods = [pod("a-pod", "Running"), pod("another", "Succeeded")]
    monkeypatch.setattr(Pods, "drivers", lambda _: pods)  # pyright: ignore[reportUnknownLambdaType] - of any namespace

    assert "a-pod  Running" in (shown := output("compute"))
    (found,) = json.loads(output("compute", "--json"))[TARGET]
    assert (found["pod"], found["asset"]) == ("a-pod", "lr_model")
    assert "attempt 2 of lr_model" in shown and "another" not in shown
    pods.pop(0)
    assert "no driver runs in the namespace default; kept for their logs: 1" in output("compute")
