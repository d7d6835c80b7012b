"""The pod of a driver: one container that calls spark-submit in client mode.

Spark's own cluster mode makes several objects one by one, and a launcher that dies between them
leaves a pod that never starts. This pod is one call, which its name lets happen only once.
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from emr_ml.launchers.local_spark import s3_conf
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.shipping import Folder, ShippedCode
from emr_ml.launchers.remote.target import Attempt, TargetConfigError
from emr_ml.launchers.spark_submit.command import CREDENTIALS_PROVIDER, KEYS, kubernetes_conf, sizes
from emr_ml.launchers.spark_submit.config import KubernetesConfig, SparkSubmitConfig
from emr_ml.launchers.spark_submit.pods import OWN

CONTAINER = "spark-kubernetes-driver"  # Spark's own name for it
DEFAULT_DRIVER_MEMORY = "1g"
OVERHEAD_FACTOR, MIN_OVERHEAD_MEGABYTES = 0.4, 384  # Spark's, for Python on Kubernetes
TEMPLATE = "executor.yaml"
LABEL_CHARACTERS = 63


def driver_pod(
    config: SparkSubmitConfig, attempt: Attempt, code: ShippedCode, name: str, template: str
) -> dict[str, Any]:
    """Return the manifest of an attempt's driver.

    Args:
        config: of spark-submit, for Kubernetes.
        attempt: to run.
        code: the uploaded code.
        name: of the pod.
        template: address of the template of executors, or "".

    Raises:
        TargetConfigError: the template of drivers can't be read.
    """
    own = config.kubernetes
    assert own
    pod = _template(own)
    metadata, spec = pod.setdefault("metadata", {}), pod.setdefault("spec", {})
    request = attempt.request
    metadata |= {"name": name, "namespace": own.namespace}
    metadata["labels"] = {
        **(metadata.get("labels") or {}),
        **OWN,
        "emr-ml/asset": request.asset[:LABEL_CHARACTERS],
        "emr-ml/version": request.version[:LABEL_CHARACTERS],
        "emr-ml/attempt": str(request.attempt),
    }
    variables = _variables(attempt.shared.root)
    spec |= {
        "restartPolicy": "Never",
        "serviceAccountName": own.service_account,
        "activeDeadlineSeconds": config.step_limit_seconds,
    }
    containers = spec.setdefault("containers", [{}])
    containers[0] = _container(config, own, containers[0], variables)
    script, script_arguments = code.entry_point(attempt.module)
    conf = _conf(config, own, attempt.shared.root, variables, template)
    containers[0]["args"] = [
        # what Spark's images and deploy/entrypoint.sh take for spark-submit in client mode
        "driver",
        *("--master", f"k8s://{own.api_in_pods}", "--name", attempt.name),
        *(part for key, value in sorted(conf.items()) for part in ("--conf", f"{key}={value}")),
        *("--py-files", code.archives),
        *(script, *script_arguments, attempt.request_uri),
    ]
    return {"apiVersion": "v1", "kind": "Pod", **pod}


def executor_template(own: KubernetesConfig) -> Folder | None:
    """Return the template of executors as a file for the lake, from which drivers read it.

    Raises:
        TargetConfigError: it can't be read.
    """
    if not own.executor_template:
        return None
    return Folder("code", {TEMPLATE: _read(own.executor_template).encode()})


def _container(
    config: SparkSubmitConfig,
    own: KubernetesConfig,
    template: Mapping[str, Any],
    variables: Mapping[str, str],
) -> dict[str, Any]:
    cores, memory = str(config.driver_cores or 1), f"{driver_megabytes(config)}Mi"
    fields = {
        "POD_NAME": "metadata.name",
        "POD_IP": "status.podIP",
        "SPARK_DRIVER_BIND_ADDRESS": "status.podIP",
    }
    return {
        "name": CONTAINER,
        "resources": {"requests": {"cpu": cores, "memory": memory}, "limits": {"memory": memory}},
        **template,
        "image": own.image,
        "env": [
            *template.get("env", ()),
            *({"name": name, "value": value} for name, value in variables.items()),
            *(
                {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
                for name, path in fields.items()
            ),
            *(
                {"name": name, "valueFrom": {"secretKeyRef": {"name": own.secret, "key": name}}}
                for name in (KEYS[:2] if own.secret else ())
            ),
        ],
    }


def _conf(
    config: SparkSubmitConfig,
    own: KubernetesConfig,
    lake: str,
    variables: Mapping[str, str],
    template: str,
) -> dict[str, str]:
    prefix = "spark.kubernetes."
    conf = sizes(config) | {
        "spark.driver.host": "$(POD_IP)",
        f"{prefix}driver.pod.name": "$(POD_NAME)",
        **kubernetes_conf(own),
        **{f"spark.executorEnv.{name}": value for name, value in variables.items()},
    }
    if config.python:
        conf["spark.pyspark.python"] = config.python
    if template:
        conf[f"{prefix}executor.podTemplateFile"] = template
    if lake.startswith("s3://"):
        conf |= s3_conf()
        # the image has the connector
        del conf["spark.jars.packages"]
    if own.secret:
        conf.pop(CREDENTIALS_PROVIDER, None)
    return conf | config.spark_conf


def driver_megabytes(config: SparkSubmitConfig) -> int:
    """Return the memory of a driver's pod: its heap, and what Spark adds to it for Python."""
    text = (config.driver_memory or DEFAULT_DRIVER_MEMORY).lower()
    heap = int(text[:-1]) * (1024 if text.endswith("g") else 1)
    return heap + max(int(heap * OVERHEAD_FACTOR), MIN_OVERHEAD_MEGABYTES)


def _variables(lake: str) -> dict[str, str]:
    if not lake.startswith("s3://"):
        return {}
    return find_endpoint(lake).variables


def _template(own: KubernetesConfig) -> dict[str, Any]:
    if not own.driver_template:
        return {}
    try:
        pod = yaml.safe_load(_read(own.driver_template))
    except yaml.YAMLError as error:
        raise TargetConfigError(f"{own.driver_template} is not YAML: {error}") from error
    if not isinstance(pod, dict):
        raise TargetConfigError(f"{own.driver_template} is not the template of a pod")
    return copy.deepcopy(pod)


def _read(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TargetConfigError(f"the template {path} can't be read: {error}") from error
