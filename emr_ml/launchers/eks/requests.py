"""The exact StartJobRun of EMR on EKS, checked against AWS's own description."""

import shlex
from pathlib import Path
from typing import Any

from emr_ml.launchers.eks.config import OVERHEAD_FACTOR, EksConfig
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.packages import environment_conf
from emr_ml.launchers.remote.service_model import check_request
from emr_ml.launchers.remote.shipping import Folder, ShippedCode

SERVICE = "emr-containers"
BOUNDED = "bounded.py"
MAX_NAME = 64
DRIVER_VARIABLE = "spark.kubernetes.driverEnv."
NODE_ARCH = {"X86_64": "amd64", "ARM64": "arm64"}  # as Kubernetes calls them


def bounded_folder() -> Folder:
    """Return the folder with the script that bounds a job."""
    return Folder("code", {BOUNDED: (Path(__file__).parent / BOUNDED).read_bytes()})


def start_job_run_request(
    config: EksConfig,
    endpoint: Endpoint,
    code: ShippedCode,
    packages: str,
    *,
    virtual_cluster: str,
    token: str,
    module: str,
    name: str,
    request_uri: str,
) -> dict[str, Any]:
    """Return the parameters of StartJobRun: no secrets, no retries of the service's own.

    Args:
        config: the configuration.
        endpoint: where pods reach the lake.
        code: the uploaded code.
        packages: address of the archive with Python packages, or "" if an image has them.
        virtual_cluster: its id.
        token: makes the same request twice one job run.
        module: of the job to run.
        name: as `attempt_name` returns it.
        request_uri: address of the attempt's `request.json`.

    Raises:
        TargetConfigError: the service would not accept them.
    """
    script, script_arguments = code.entry_point(module)
    entry = f"{endpoint.lake.rstrip('/')}/{bounded_folder().key}/{BOUNDED}"
    monitoring: dict[str, Any] = {
        "s3MonitoringConfiguration": {"logUri": config.log_address(endpoint.lake)}
    }
    if config.log_group:
        monitoring["cloudWatchMonitoringConfiguration"] = {"logGroupName": config.log_group}
    properties = _spark_conf(config, endpoint, packages, request_uri)
    request: dict[str, Any] = {
        "virtualClusterId": virtual_cluster,
        "clientToken": token,
        # names have no spaces there
        "name": name.replace(" ", "/")[:MAX_NAME],
        "executionRoleArn": config.execution_role,
        "releaseLabel": config.release_label,
        "jobDriver": {
            "sparkSubmitJobDriver": {
                "entryPoint": entry,
                "entryPointArguments": [
                    str(config.step_limit_seconds),
                    Path(script).stem,
                    *script_arguments,
                    request_uri,
                ],
                "sparkSubmitParameters": f"--py-files {shlex.quote(f'{code.archives},{script}')}",
            }
        },
        "configurationOverrides": {
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": properties}
            ],
            "monitoringConfiguration": monitoring,
        },
        "tags": config.all_tags,
    }
    check_request("StartJobRun", request, f"job run {name}", SERVICE)
    return request


def _spark_conf(
    config: EksConfig, endpoint: Endpoint, packages: str, request_uri: str
) -> dict[str, str]:
    driver, executors = config.driver, config.executors
    conf = {
        # beside the request, where the launcher deletes them: there is no HDFS
        "spark.checkpoint.dir": f"{request_uri.rpartition('/')[0]}/checkpoints",
        "spark.driver.cores": str(driver.cores),
        "spark.driver.memory": f"{driver.heap_megabytes}m",
        "spark.driver.memoryOverheadFactor": str(OVERHEAD_FACTOR),
        "spark.executor.cores": str(executors.cores),
        "spark.executor.memory": f"{executors.heap_megabytes}m",
        "spark.executor.memoryOverheadFactor": str(OVERHEAD_FACTOR),
        "spark.executor.instances": str(executors.count),
        "spark.kubernetes.node.selector.kubernetes.io/arch": NODE_ARCH[config.architecture],
    }
    if config.image:
        conf["spark.kubernetes.container.image"] = config.image
    return conf | environment_conf(packages, endpoint, DRIVER_VARIABLE) | config.spark_conf
