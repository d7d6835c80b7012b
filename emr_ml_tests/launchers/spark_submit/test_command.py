"""The properties of drivers on this machine: what they hold, and what they must not."""

from pathlib import Path
from typing import Any

import pytest

from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.spark_conf import CREDENTIALS_PROVIDER
from emr_ml.launchers.spark_submit.command import command, properties
from emr_ml_tests.launchers.spark_submit.submissions import (
    PODS,
    STANDALONE,
    config_of,
    submission_to,
)

EXECUTORS_ON_KUBERNETES = {**PODS, "deploy_mode": "client"}
S3 = "s3://bucket/lake"


@pytest.fixture(name="keys", autouse=True)
def fixture_keys(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The AWS keys in the environment."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    return "the-id", "the-secret"


def test_executors_get_the_keys_of_this_process_and_arguments_do_not(
    keys: tuple[str, str],
) -> None:
    config, submission = config_of(STANDALONE), submission_to(S3)

    conf = properties(config, submission, "a-driver")

    assert conf["spark.executorEnv.AWS_ACCESS_KEY_ID"] == "the-id"
    assert conf["spark.executorEnv.AWS_REGION"] == "eu-west-1"
    assert not [each for each in command(config, submission) if each in keys]


@pytest.mark.parametrize("secret", [None, "keys"])
def test_pods_do_not_show_the_keys_of_this_process(
    keys: tuple[str, str], secret: str | None
) -> None:
    config = config_of(EXECUTORS_ON_KUBERNETES, secret=secret)

    conf = properties(config, submission_to(S3), "a-driver")

    assert not [key for key, value in conf.items() if value in keys]
    assert CREDENTIALS_PROVIDER not in conf
    reference = conf.get("spark.kubernetes.executor.secretKeyRef.AWS_ACCESS_KEY_ID")
    assert reference == (secret and f"{secret}:AWS_ACCESS_KEY_ID")


@pytest.mark.parametrize(
    ("target", "shares"), [(STANDALONE, False), (EXECUTORS_ON_KUBERNETES, True)]
)
def test_executors_get_the_keys_or_not_as_the_user_says(
    keys: tuple[str, str], target: dict[str, Any], shares: bool
) -> None:
    config = config_of({**target, "share_credentials": shares})

    conf = properties(config, submission_to(S3), "a-driver")

    assert set(keys) & set(conf.values()) == (set(keys) if shares else set())


def test_checkpoints_are_in_the_lake_unless_driver_and_executor_are_one_process() -> None:
    submission = submission_to("/shared/lake")
    key, alone = "spark.checkpoint.dir", {**STANDALONE, "master": "local[2]"}

    checkpoints = properties(config_of(STANDALONE), submission, "a-driver")[key]

    assert checkpoints == "/shared/lake/lr_model/0123/attempts/1/_job/checkpoints"
    assert key not in properties(config_of(alone), submission, "a-driver")


def test_the_connector_for_s3_has_the_release_of_the_spark_that_submits(tmp_path: Path) -> None:
    submit = tmp_path / "bin" / "spark-submit"
    for each in (submit, tmp_path / "jars" / "hadoop-client-api-3.3.9.jar"):
        each.parent.mkdir()
        each.touch()
    config = config_of({**STANDALONE, "spark_home": str(tmp_path)})

    conf = properties(config, submission_to(S3), "a-driver")

    assert conf["spark.jars.packages"] == "org.apache.hadoop:hadoop-aws:3.3.9"


def test_a_spark_without_hadoop_is_told_unless_its_jars_are_given(tmp_path: Path) -> None:
    submit = tmp_path / "bin" / "spark-submit"
    submit.parent.mkdir()
    submit.touch()
    fields = {**STANDALONE, "spark_home": str(tmp_path)}

    with pytest.raises(LaunchError, match=f"no hadoop-client-api-.*jar in {tmp_path}/jars"):
        properties(config_of(fields), submission_to(S3), "a-driver")

    given = {**fields, "spark_conf": {"spark.jars.packages": ""}}
    assert properties(config_of(given), submission_to(S3), "x")["spark.jars.packages"] == ""
