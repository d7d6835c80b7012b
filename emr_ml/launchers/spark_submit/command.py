"""The command of a driver on this machine, and Spark's properties for it. Neither has a shell."""

import importlib.util
import os
import sys
from pathlib import Path

from emr_ml.launchers.local_spark import s3_conf
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.shipping import ShippedCode
from emr_ml.launchers.spark_submit.config import LOOPBACK, KubernetesConfig, SparkSubmitConfig
from emr_ml.launchers.spark_submit.driver import PROPERTIES

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
EXECUTOR_LABELS = {"app.kubernetes.io/managed-by": "emr-ml-driver"}
DRIVER_LABEL = "emr-ml/driver"  # of executors whose driver is no pod that owns them
CREDENTIALS_PROVIDER = "spark.hadoop.fs.s3a.aws.credentials.provider"
FIRST_RELEASE_WITH_DEFAULTS_OPTION = 4


def spark_home(config: SparkSubmitConfig) -> Path:
    """Return the folder of the Spark that submits: the configured one, or the installed pyspark."""
    if config.spark_home:
        return Path(config.spark_home)
    spec = importlib.util.find_spec("pyspark")
    assert spec, "pyspark is a dependency"
    assert spec.origin
    return Path(spec.origin).parent


def command(
    config: SparkSubmitConfig, code: ShippedCode, *, module: str, name: str, request_uri: str
) -> list[str]:
    """Return the call of spark-submit; what may be secret is in the properties.

    Args:
        config: which cluster, and with what.
        code: the uploaded code.
        module: of the job to run.
        name: of the attempt.
        request_uri: address of the attempt's `request.json`.
    """
    script, script_arguments = code.entry_point(module)
    # without it, Spark ignores the spark-defaults.conf of its folder beside a file of properties
    is_new = int(config.spark.partition(".")[0]) >= FIRST_RELEASE_WITH_DEFAULTS_OPTION
    return [
        str(spark_home(config) / "bin" / "spark-submit"),
        *("--master", config.master, "--deploy-mode", config.deploy_mode, "--name", name),
        *(["--load-spark-defaults"] if is_new else []),
        *("--properties-file", PROPERTIES, "--py-files", code.archives),
        *(script, *script_arguments, request_uri),
    ]


def environment(config: SparkSubmitConfig) -> dict[str, str]:
    """Return the environment of a driver."""
    own = {"SPARK_HOME": str(spark_home(config))}
    if config.kubernetes and config.kubernetes.kubeconfig:
        own["KUBECONFIG"] = config.kubernetes.kubeconfig
    if config.on_loopback:
        own["SPARK_LOCAL_IP"] = LOOPBACK[0]
    return {**os.environ, **own}


def properties(config: SparkSubmitConfig, lake: str, driver: str) -> dict[str, str]:
    """Return Spark's properties of a driver on this machine.

    Args:
        config: which cluster, and with what.
        lake: root of the whole lake.
        driver: value of the label `DRIVER_LABEL` of executors that are pods.
    """
    conf = sizes(config)
    if config.on_loopback:
        conf["spark.driver.host"] = conf["spark.driver.bindAddress"] = LOOPBACK[0]
    elif config.driver_host:
        conf["spark.driver.host"] = config.driver_host
    conf["spark.pyspark.driver.python"] = sys.executable
    conf["spark.pyspark.python"] = config.python or sys.executable
    conf["spark.ui.showConsoleProgress"] = "false"
    if config.kubernetes:
        conf |= kubernetes_conf(config.kubernetes)
        conf[f"spark.kubernetes.executor.label.{DRIVER_LABEL}"] = driver
        if not config.python:
            del conf["spark.pyspark.python"]  # that of the image
        if config.kubernetes.context:
            conf["spark.kubernetes.context"] = config.kubernetes.context
        if config.kubernetes.executor_template:
            conf["spark.kubernetes.executor.podTemplateFile"] = config.kubernetes.executor_template
    if lake.startswith("s3://"):
        conf |= _s3(config, lake)
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
    endpoint, conf = find_endpoint(lake), s3_conf()
    variables = endpoint.variables
    if all(os.environ.get(name) for name in KEYS[:2]):
        # Spark copies the driver's keys into what executors' S3A reads, if that uses its own chain
        del conf[CREDENTIALS_PROVIDER]
        if config.share_credentials:
            variables |= {name: os.environ[name] for name in KEYS if os.environ.get(name)}
    # the Python workers read sources with boto3, so they need them as variables
    conf |= {f"spark.executorEnv.{name}": value for name, value in variables.items()}
    return conf
