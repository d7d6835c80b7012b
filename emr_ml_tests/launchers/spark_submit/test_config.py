"""The configuration of spark-submit, and where a mistake in it is."""

from pathlib import Path
from typing import Any

import pytest

from emr_ml.launchers.spark_submit.config import (
    SparkSubmitConfig,
    SparkSubmitConfigError,
    load_spark_submit_config,
)
from emr_ml.settings import load_settings

FILE = "/spark.yaml"
KUBERNETES = "master: k8s://https://here:6443\nkubernetes: {image: mine}\n"


@pytest.fixture(name="load")
def fixture_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that loads the configuration from a file's text and from variables."""

    def load(text: str = "", **variables: str) -> SparkSubmitConfig:
        (tmp_path / "spark.yaml").write_text(text)
        monkeypatch.setenv("EMR_ML_SPARK_SUBMIT", str(tmp_path / "spark.yaml"))
        for name, value in variables.items():
            monkeypatch.setenv(f"EMR_ML_{name}", value)
        return load_spark_submit_config(load_settings())

    return load


def test_a_master_alone_is_enough(load: Any) -> None:
    config = load(SPARK_SUBMIT__MASTER="spark://here:7077")

    assert (config.deploy_mode, config.is_standalone, config.on_loopback) == ("client", True, False)


def test_variables_count_more_than_the_file_and_keep_the_case_of_properties(load: Any) -> None:
    config = load(
        "master: yarn\nexecutors: 2\nspark_conf: {spark.sql.shuffle.partitions: 010}\n",
        SPARK_SUBMIT__EXECUTORS="3",
        STEP_LIMIT_SECONDS="60",
    )

    assert (config.executors, config.step_limit_seconds) == (3, 60)
    assert config.spark_conf == {"spark.sql.shuffle.partitions": "010"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("executors: 1\n", "there is no master: set EMR_ML_SPARK_SUBMIT__MASTER"),
        ("master: here:7077\n", f"{FILE}:1:1: master: should be spark://host:port, k8s://"),
        ("master: yarn\nexecuters: 1\n", f"{FILE}:2:1: executers: unknown key: did you mean exec"),
        ("master: yarn\ndriver_memory: 2 GB\n", f"{FILE}:2:1: driver_memory: should match"),
        ("master: yarn\nexecutors: 0\n", f"{FILE}:2:1: executors: "),
        ("master: yarn\nspark_home: /nowhere\n", "there is no bin/spark-submit in /nowhere"),
        ("master: yarn\nmaster_ui: http://here:8080\n", "master_ui: is only for spark://"),
        ("master: yarn\nkubernetes: {image: mine}\n", "kubernetes: is only for k8s://"),
        ("master: k8s://https://here:6443\n", "kubernetes: is missing"),
        ("master: yarn\ndeploy_mode: cluster\n", "cluster is only for k8s:// masters"),
        (
            f"{KUBERNETES}deploy_mode: cluster\nspark_conf: {{spark.hadoop.fs.s3a.secret.key: x}}",
            "spark.hadoop.fs.s3a.secret.key would be readable in a ConfigMap",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_place(load: Any, text: str, expected: str) -> None:
    with pytest.raises(SparkSubmitConfigError) as raised:
        load(text)

    assert expected in str(raised.value)


def test_a_secret_of_kubernetes_may_be_named(load: Any) -> None:
    key = "spark.kubernetes.driver.secretKeyRef.PASSWORD"
    config = load(f"{KUBERNETES}deploy_mode: cluster\nspark_conf: {{{key}: 'store:password'}}\n")

    assert config.spark_conf == {key: "store:password"}


def test_the_lake_may_be_a_folder(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "spark-submit")
    monkeypatch.setenv("EMR_ML_LAKE", "/shared/lake")

    assert load_settings().deployment.needs_java
    assert load(SPARK_SUBMIT__MASTER="yarn").master == "yarn"
