"""No target takes secrets in properties that others can read."""

from collections.abc import Callable
from typing import Any

import pytest

from emr_ml.launchers.eks.config import load_eks_config
from emr_ml.launchers.emr.config.loading import load_cluster_config
from emr_ml.launchers.remote.configuration import is_secret
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.serverless.config import load_serverless_config
from emr_ml.settings import Settings
from emr_ml_tests.launchers.remote.examples import JOB_ROLE

MARK = "recognisable"
LOADERS: dict[str, tuple[Callable[[Settings], Any], dict[str, Any]]] = {
    "cluster_fields": (load_cluster_config, {}),
    "serverless_fields": (load_serverless_config, {"execution_role": JOB_ROLE}),
    "eks_fields": (load_eks_config, {"execution_role": JOB_ROLE, "virtual_cluster_id": "0abc"}),
}


@pytest.mark.parametrize("setting", LOADERS)
@pytest.mark.parametrize(
    "key",
    [
        "spark.hadoop.fs.s3a.secret.key",
        "spark.hadoop.fs.s3a.access.key",
        "spark.hadoop.fs.s3a.session.token",
        "spark.executorEnv.AWS_ACCESS_KEY_ID",
        "spark.my.password",
    ],
)
def test_a_secret_is_refused_in_every_configuration(setting: str, key: str) -> None:
    load, fields = LOADERS[setting]
    given: dict[str, Any] = {setting: {**fields, "spark_conf": {key: MARK}}}

    with pytest.raises(TargetConfigError, match="would be visible") as caught:
        load(Settings(**given))

    assert f"spark_conf.{key}" in str(caught.value)
    assert MARK not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.emr_ml.note", "AKIAIOSFODNN7EXAMPLE"),
        ("spark.driver.extraJavaOptions", "-Djavax.net.ssl.trustStorePassword=changeit"),
        ("spark.jars", "https://b.example/a.jar?X-Amz-Signature=0123"),
    ],
)
def test_a_secret_is_known_by_its_value_too(key: str, value: str) -> None:
    assert is_secret(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.executor.memory", "4g"),
        ("spark.hadoop.fs.s3a.aws.credentials.provider", "com.example.Provider"),
        ("spark.kubernetes.driver.secretKeyRef.AWS_ACCESS_KEY_ID", "lake:id"),
        ("spark.kubernetes.driver.secrets.tls", "/etc/tls"),
        ("spark.authenticate.secretBitLength", "256"),
        ("spark.security.credentials.hive.enabled", "tokens=2"),
        ("spark.my.tokenizer", "words"),
    ],
)
def test_what_only_names_a_secret_is_none(key: str, value: str) -> None:
    assert not is_secret(key, value)
