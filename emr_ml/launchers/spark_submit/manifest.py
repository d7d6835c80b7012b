"""The pod of a driver: one container that calls spark-submit in client mode.

Spark's own cluster mode makes several objects one by one, and a launcher that dies between them
leaves a pod that never starts. This pod is one call, which its name lets happen only once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.shipping import Folder
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.launchers.spark_conf import CREDENTIALS_PROVIDER, checkpoint_conf, s3_conf
from emr_ml.launchers.spark_submit.command import KEYS, kubernetes_conf, sizes
from emr_ml.launchers.spark_submit.config import KubernetesConfig, SparkSubmitConfig
from emr_ml.launchers.spark_submit.pods import OWN
from emr_ml.launchers.spark_submit.submission import Submission

CONTAINER = "spark-kubernetes-driver"  # Spark's own name for it
DEFAULT_DRIVER_MEMORY = "1g"
OVERHEAD_FACTOR, MIN_OVERHEAD_MEGABYTES = 0.4, 384  # Spark's, for Python on Kubernetes
TEMPLATE = "executor.yaml"
LABEL_CHARACTERS = 63


def driver_pod(
    config: SparkSubmitConfig, submission: Submission, name: str, template: str
) -> dict[str, Any]:
    """Return the manifest of a driver.

    Args:
        config: of spark-submit, for Kubernetes.
        submission: what it runs.
        name: of the pod.
        template: address of the template of executors, or "".

    Raises:
        TargetConfigError: the template of drivers can't be used, or no region is set.
    """
    own = config.kubernetes
    assert own
    pod, metadata, spec, containers = _parts(own.driver_template)
    metadata |= {"name": name, "namespace": own.namespace}
    metadata["labels"] = {
        **_mapping(metadata.get("labels"), f"{own.driver_template}: metadata.labels"),
        **OWN,
        # a label ends with a letter or a digit
        "emr-ml/asset": submission.asset[:LABEL_CHARACTERS].rstrip("_-."),
        "emr-ml/version": submission.version,
        "emr-ml/attempt": str(submission.attempt),
    }
    spec |= {
        "restartPolicy": "Never",
        "serviceAccountName": own.service_account,
        "activeDeadlineSeconds": config.step_limit_seconds,
    }
    variables = find_endpoint(submission.lake).variables if submission.is_on_s3 else {}
    conf = _conf(config, own, submission, variables, template)
    driver = _container(config, own, containers[0], variables)
    driver["args"] = [
        # what Spark's images and deploy/entrypoint.sh take for spark-submit in client mode
        "driver",
        *("--master", f"k8s://{own.api_in_pods}", "--name", submission.name),
        *(part for key, value in sorted(conf.items()) for part in ("--conf", f"{key}={value}")),
        *("--py-files", submission.code.archives),
        *submission.script,
    ]
    spec["containers"] = [driver, *containers[1:]]
    return {**pod, "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def executor_template(own: KubernetesConfig) -> Folder | None:
    """Return the template of executors as a file for the lake, from which drivers read it.

    Raises:
        TargetConfigError: it can't be used.
    """
    if not own.executor_template:
        return None
    _parts(own.executor_template)
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
            *template["env"],
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
    submission: Submission,
    variables: Mapping[str, str],
    template: str,
) -> dict[str, str]:
    prefix = "spark.kubernetes."
    conf = sizes(config) | {
        "spark.driver.host": "$(POD_IP)",
        f"{prefix}driver.pod.name": "$(POD_NAME)",
        **checkpoint_conf(submission.request_uri),
        **kubernetes_conf(own),
        **{f"spark.executorEnv.{name}": value for name, value in variables.items()},
    }
    if config.python:
        conf["spark.pyspark.python"] = config.python
    if template:
        conf[f"{prefix}executor.podTemplateFile"] = template
    if submission.is_on_s3:
        conf |= s3_conf()  # without packages: the image has the connector
    if own.secret:
        conf.pop(CREDENTIALS_PROVIDER, None)
    return conf | config.spark_conf


def driver_megabytes(config: SparkSubmitConfig) -> int:
    """Return the memory of a driver's pod: its heap, and what Spark adds to it for Python."""
    text = (config.driver_memory or DEFAULT_DRIVER_MEMORY).lower()
    heap = int(text[:-1]) * (1024 if text.endswith("g") else 1)
    return heap + max(int(heap * OVERHEAD_FACTOR), MIN_OVERHEAD_MEGABYTES)


def _parts(
    path: str | None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Return the template of a pod with its metadata, its spec and its containers, at least one.

    What is left out or empty in the file is empty, also the `env` of each container.

    Raises:
        TargetConfigError: it can't be read, or is not the template of a pod.
    """
    pod = _mapping(_parsed(path) if path else {}, f"{path}")
    metadata = _mapping(pod.get("metadata"), f"{path}: metadata")
    spec = _mapping(pod.get("spec"), f"{path}: spec")
    if "initContainers" in spec:
        spec["initContainers"] = _containers(spec, "initContainers", path)
    return pod, metadata, spec, _containers(spec, "containers", path) or [{"env": []}]


def _containers(spec: Mapping[str, Any], name: str, path: str | None) -> list[dict[str, Any]]:
    found = _mappings(spec.get(name), f"{path}: spec.{name}")
    for number, each in enumerate(found):
        each["env"] = _mappings(each.get("env"), f"{path}: spec.{name}[{number}].env")
    return found


def _mappings(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list | None):
        raise TargetConfigError(f"{where}: should be a list, as in the template of a pod")
    return [_mapping(each, f"{where}[{number}]") for number, each in enumerate(value or ())]


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TargetConfigError(f"{where}: should be a mapping, as in the template of a pod")
    return value


def _parsed(path: str) -> Any:
    try:
        return yaml.safe_load(_read(path))
    except yaml.YAMLError as error:
        raise TargetConfigError(f"{path} is not YAML: {error}") from error


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TargetConfigError(f"the template {path} can't be read: {error}") from error
