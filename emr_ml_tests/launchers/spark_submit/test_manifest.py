"""The pod of a driver, with templates as people write them."""

from pathlib import Path

import pytest
import yaml

from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.spark_submit.manifest import driver_pod, executor_template
from emr_ml_tests.launchers.spark_submit.submissions import PODS, config_of, submission_to

LAKE = "/shared/lake"


@pytest.fixture(name="template")
def fixture_template(tmp_path: Path) -> Path:
    return tmp_path / "template.yaml"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "metadata:\nspec:\n",
        "metadata: {labels: }\nspec: {containers: }\n",
        "spec: {containers: []}\n",
        "spec: {containers: [{env: }]}\n",
        "spec: {containers: [null]}\n",
    ],
)
def test_what_is_empty_in_a_template_is_left_out(template: Path, text: str) -> None:
    template.write_text(text)
    config = config_of(PODS, driver_template=str(template))

    pod = driver_pod(config, submission_to(LAKE), "a-pod", "")

    assert pod == driver_pod(config_of(PODS), submission_to(LAKE), "a-pod", "")
    assert pod["spec"]["containers"][0]["image"] == "mine"


def test_other_containers_of_a_template_stay(template: Path) -> None:
    containers = [{"name": "driver"}, {"name": "proxy", "image": "p"}]
    template.write_text(yaml.safe_dump({"spec": {"containers": containers}}))
    config = config_of(PODS, driver_template=str(template))

    first, second = driver_pod(config, submission_to(LAKE), "x", "")["spec"]["containers"]

    assert (first["name"], second["name"], second["image"]) == ("driver", "proxy", "p")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a list\n", "should be a mapping, as in the template of a pod"),
        ("spec: fast\n", "spec: should be a mapping"),
        ("spec: {containers: {}}\nmetadata: []\n", "metadata: should be a mapping"),
        ("spec: {containers: {name: x}}\n", "spec.containers: should be a list"),
        ("spec: {containers: [name]}\n", r"spec.containers\[0\]: should be a mapping"),
        ("spec: {containers: [{env: {A: 1}}]}\n", r"spec.containers\[0\].env: should be a list"),
        ("spec: {initContainers: {}}\n", "spec.initContainers: should be a list"),
        ("spec: {containers: [\n", "is not YAML"),
    ],
)
def test_what_is_no_template_is_told_with_its_place(
    template: Path, text: str, problem: str
) -> None:
    template.write_text(text)
    config = config_of(PODS, driver_template=str(template), executor_template=str(template))
    assert config.kubernetes

    with pytest.raises(TargetConfigError, match=f"{template}.*{problem}"):
        driver_pod(config, submission_to(LAKE), "a-pod", "")
    with pytest.raises(TargetConfigError, match=f"{template}.*{problem}"):
        executor_template(config.kubernetes)


def test_a_template_that_is_not_there_is_told() -> None:
    config = config_of(PODS, driver_template="/nowhere.yaml")

    with pytest.raises(TargetConfigError, match=r"the template /nowhere\.yaml can't be read"):
        driver_pod(config, submission_to(LAKE), "a-pod", "")


def test_checkpoints_are_in_the_lake() -> None:
    pod = driver_pod(config_of(PODS), submission_to(LAKE), "a-pod", "")

    arguments = pod["spec"]["containers"][0]["args"]
    folder = f"{LAKE}/lr_model/0123/attempts/1/_job/checkpoints"
    assert f"spark.checkpoint.dir={folder}" in arguments


def test_the_image_has_the_connector_for_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    own = {"secret": "keys"}
    pod = driver_pod(config_of(PODS, **own), submission_to("s3://bucket/lake"), "x", "")

    arguments = " ".join(pod["spec"]["containers"][0]["args"])
    assert "spark.hadoop.fs.s3.impl=" in arguments
    assert "spark.jars.packages" not in arguments
