"""The command of a driver on this machine, and Spark's properties for it. Neither has a shell."""

import os
import sys
from pathlib import Path

from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.spark_conf import (
    CREDENTIALS_PROVIDER,
    checkpoint_conf,
    installed_spark,
    s3_conf,
    s3_packages,
)
from emr_ml.launchers.spark_submit.config import LOOPBACK, KubernetesConfig, SparkSubmitConfig
from emr_ml.launchers.spark_submit.driver import PROPERTIES
from emr_ml.launchers.spark_submit.submission import Submission

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
EXECUTOR_LABELS = {"app.kubernetes.io/managed-by": "emr-ml-driver"}
DRIVER_LABEL = "emr-ml/driver"  # of executors whose driver is no pod that owns them
FIRST_RELEASE_WITH_DEFAULTS_OPTION = 4


def spark_home(config: SparkSubmitConfig) -> Path:
    """Return the folder of the Spark that submits: the configured one, or the installed pyspark."""
    return Path(config.spark_home) if config.spark_home else installed_spark()


def command(config: SparkSubmitConfig, submission: Submission) -> list[str]:
    """Return the call of spark-submit; what may be secret is in the properties."""
    # without it, Spark ignores the spark-defaults.conf of its folder beside a file of properties
    is_new = int(config.spark.partition(".")[0]) >= FIRST_RELEASE_WITH_DEFAULTS_OPTION
    return [
        str(spark_home(config) / "bin" / "spark-submit"),
        *("--master", config.master, "--deploy-mode", config.deploy_mode),
        *("--name", submission.name),
        *(["--load-spark-defaults"] if is_new else []),
        *("--properties-file", PROPERTIES, "--py-files", submission.code.archives),
        *submission.script,
    ]


def environment(config: SparkSubmitConfig) -> dict[str, str]:
    """Return the environment of a driver."""
    own = {"SPARK_HOME": str(spark_home(config))}
    if config.kubernetes and config.kubernetes.kubeconfig:
        own["KUBECONFIG"] = config.kubernetes.kubeconfig
    if config.on_loopback:
        own["SPARK_LOCAL_IP"] = LOOPBACK[0]
    return {**os.environ, **own}


def properties(config: SparkSubmitConfig, submission: Submission, driver: str) -> dict[str, str]:
    """Return Spark's properties of a driver on this machine.

    Args:
        config: which cluster, and with what.
        submission: what is to run.
        driver: value of the label `DRIVER_LABEL` of executors that are pods.

    Raises:
        LaunchError: S3A can't be added to the Spark that submits.
        TargetConfigError: no region is set.
    """
    conf = sizes(config)
    if config.on_loopback:
        conf["spark.driver.host"] = conf["spark.driver.bindAddress"] = LOOPBACK[0]
    elif config.driver_host:
        conf["spark.driver.host"] = config.driver_host
    conf["spark.pyspark.driver.python"] = sys.executable
    conf["spark.pyspark.python"] = config.python or sys.executable
    conf["spark.ui.showConsoleProgress"] = "false"
    if not config.is_local:
        conf |= checkpoint_conf(submission.request_uri)
    if config.kubernetes:
        conf |= kubernetes_conf(config.kubernetes)
        conf[f"spark.kubernetes.executor.label.{DRIVER_LABEL}"] = driver
        if not config.python:
            del conf["spark.pyspark.python"]  # that of the image
        if config.kubernetes.context:
            conf["spark.kubernetes.context"] = config.kubernetes.context
        if config.kubernetes.executor_template:
            conf["spark.kubernetes.executor.podTemplateFile"] = config.kubernetes.executor_template
    if submission.is_on_s3:
        conf |= _s3(config, submission.lake)
    return conf | config.spark_conf


def sizes(config: SparkSubmitConfig) -> dict[str, str]:
    """Return how big the driver and the executors are."""
    given = {
        "spark.driver.memory": config.driver_memory,
        "spark.driver.cores": config.driver_cores,
        "spark.executor.memory": config.executor_memory,
        "spark.executor.cores": config.executor_cores,
        "spark.executor.instances": config.executors,
        "spark.cores.max": config.max_cores,
    }
    return {key: str(value) for key, value in given.items() if value is not None}


def kubernetes_conf(own: KubernetesConfig) -> dict[str, str]:
    """Return Spark's properties for executors as pods."""
    prefix = "spark.kubernetes."
    conf = {f"{prefix}namespace": own.namespace, f"{prefix}container.image": own.image}
    conf |= {f"{prefix}executor.label.{key}": value for key, value in EXECUTOR_LABELS.items()}
    for name in KEYS[:2] if own.secret else ():
        conf[f"{prefix}executor.secretKeyRef.{name}"] = f"{own.secret}:{name}"
    return conf


def _s3(config: SparkSubmitConfig, lake: str) -> dict[str, str]:
    conf, variables = s3_conf(), find_endpoint(lake).variables
    if "spark.jars.packages" not in config.spark_conf:
        conf |= s3_packages(spark_home(config))
    if all(os.environ.get(name) for name in KEYS[:2]):
        # Spark copies the driver's keys into what executors' S3A reads, if that uses its own chain
        del conf[CREDENTIALS_PROVIDER]
        if config.passes_keys:
            variables |= {name: os.environ[name] for name in KEYS if os.environ.get(name)}
    # the Python workers read sources with boto3, so they need them as variables
    return conf | {f"spark.executorEnv.{name}": value for name, value in variables.items()}
