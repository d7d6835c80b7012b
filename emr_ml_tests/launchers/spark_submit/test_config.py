"""The configuration of spark-submit, and where a mistake in it is."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emr_ml.launchers.spark_submit.config import (
    SparkSubmitConfig,
    SparkSubmitConfigError,
    load_spark_submit_config,
)
from emr_ml.settings import load_settings

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

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
            "spark.hadoop.fs.s3a.secret.key would be readable in a pod",
        ),
        (
            f"{KUBERNETES}spark_conf: {{spark.executorEnv.AWS_ACCESS_KEY_ID: x}}",
            "spark.executorEnv.AWS_ACCESS_KEY_ID would be readable in a pod",
        ),
        (
            f"{KUBERNETES}spark_conf: {{spark.executor.extraJavaOptions: -Dpassword=x}}",
            "spark.executor.extraJavaOptions would be readable in a pod",
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


def test_relative_paths_of_a_file_are_beside_it(load: Any, tmp_path: Path) -> None:
    (tmp_path / "spark" / "bin").mkdir(parents=True)
    (tmp_path / "spark" / "bin" / "spark-submit").touch()
    own = "{image: mine, driver_template: pods/driver.yaml, kubeconfig: ~/k}"
    master = "master: k8s://https://here:6443"

    config = load(f"{master}\nkubernetes: {own}\nfolder: logs\nspark_home: ./spark\n")

    assert config.folder == str(tmp_path / "logs")
    assert config.spark_home == str(tmp_path / "spark")
    assert config.kubernetes.driver_template == str(tmp_path / "pods" / "driver.yaml")
    assert config.kubernetes.kubeconfig == str(Path("~/k").expanduser())


def test_relative_paths_of_variables_are_below_the_working_folder(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    config = load(SPARK_SUBMIT__MASTER="yarn", SPARK_SUBMIT__FOLDER="logs")

    assert config.folder == str(tmp_path / "logs")


def test_a_relative_path_in_a_file_in_s3_is_refused(
    s3: "S3", monkeypatch: pytest.MonkeyPatch
) -> None:
    address = s3.uri("spark.yaml")
    s3.put("spark.yaml", b"master: yarn\nfolder: logs\n")
    monkeypatch.setenv("EMR_ML_SPARK_SUBMIT", address)

    with pytest.raises(SparkSubmitConfigError, match=f"{address}: folder: should be an absolute"):
        load_spark_submit_config(load_settings())


def test_the_lake_may_be_a_folder(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "spark-submit")
    monkeypatch.setenv("EMR_ML_LAKE", "/shared/lake")

    assert load_settings().lake == "/shared/lake"
    assert load(SPARK_SUBMIT__MASTER="yarn").master == "yarn"
