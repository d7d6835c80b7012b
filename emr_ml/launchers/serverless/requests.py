"""The exact requests: CreateApplication and StartJobRun, checked against AWS's own description."""

import shlex
from typing import Any

from emr_ml.lake.versions import digest
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.packages import environment_conf
from emr_ml.launchers.remote.service_model import check_request
from emr_ml.launchers.remote.shipping import ShippedCode
from emr_ml.launchers.serverless.config import ServerlessConfig, Worker

SERVICE = "emr-serverless"
NAME_PREFIX, NAME_DIGITS = "emr-ml-", 12
MAX_NAME = 256  # of a job run
DRIVER_VARIABLE = "spark.emr-serverless.driverEnv."


def create_application_request(config: ServerlessConfig, lake: str, token: str) -> dict[str, Any]:
    """Return the parameters of CreateApplication.

    Args:
        config: the configuration.
        lake: root of the lake, below which the logs are by default.
        token: makes the same request twice one application.

    Raises:
        TargetConfigError: the service would not accept them.
    """
    request: dict[str, Any] = {
        "releaseLabel": config.release_label,
        "type": "SPARK",
        "architecture": config.architecture,
        "autoStartConfiguration": {"enabled": True},
        "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": config.idle_minutes},
    }
    if config.image:
        request["imageConfiguration"] = {"imageUri": config.image}
    if config.subnets:
        request["networkConfiguration"] = {
            "subnetIds": list(config.subnets),
            "securityGroupIds": list(config.security_groups),
        }
    ready = {
        "Driver": config.initial_capacity.drivers,
        "Executor": config.initial_capacity.executors,
    }
    sizes = {"Driver": config.driver, "Executor": config.executors}
    if capacity := {
        kind: {"workerCount": count, "workerConfiguration": _size(sizes[kind])}
        for kind, count in ready.items()
        if count
    }:
        request["initialCapacity"] = capacity
    if limit := config.maximum_capacity:
        disk = {"disk": f"{limit.disk_gb} GB"} if limit.disk_gb else {}
        request["maximumCapacity"] = {
            "cpu": f"{limit.cores} vCPU",
            "memory": f"{limit.memory_gb} GB",
            **disk,
        }
    # what makes an application unfit for the work of another configuration is in its name
    name = (
        config.application_name or f"{NAME_PREFIX}{digest({**request, 'lake': lake})[:NAME_DIGITS]}"
    )
    request |= {"name": name, "tags": config.all_tags, "clientToken": token}
    check_request("CreateApplication", request, f"application {name}", SERVICE)
    return request


def start_job_run_request(
    config: ServerlessConfig,
    endpoint: Endpoint,
    code: ShippedCode,
    packages: str,
    *,
    application: str,
    token: str,
    module: str,
    name: str,
    request_uri: str,
) -> dict[str, Any]:
    """Return the parameters of StartJobRun: no secrets, no retries of the service's own.

    Args:
        config: the configuration.
        endpoint: where workers reach the lake.
        code: the uploaded code.
        packages: address of the archive with Python packages, or "" if an image has them.
        application: id of the application.
        token: makes the same request twice one job run.
        module: of the job to run.
        name: as `attempt_name` returns it.
        request_uri: address of the attempt's `request.json`.

    Raises:
        TargetConfigError: the service would not accept them.
    """
    script, script_arguments = code.entry_point(module)
    monitoring: dict[str, Any] = {
        "s3MonitoringConfiguration": {"logUri": config.log_address(endpoint.lake)}
    }
    if config.log_group:
        group = {"enabled": True, "logGroupName": config.log_group}
        monitoring["cloudWatchLoggingConfiguration"] = group
    # properties are in `spark-defaults`: the parameters are one text, whose quoting is undocumented
    properties = _spark_conf(config, endpoint, packages, request_uri)
    request: dict[str, Any] = {
        "applicationId": application,
        "clientToken": token,
        "name": name[:MAX_NAME],
        "executionRoleArn": config.execution_role,
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": script,
                "entryPointArguments": [*script_arguments, request_uri],
                "sparkSubmitParameters": f"--py-files {shlex.quote(code.archives)}",
            }
        },
        "configurationOverrides": {
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": properties}
            ],
            "monitoringConfiguration": monitoring,
        },
        "executionTimeoutMinutes": config.timeout_minutes,
        # the launcher itself decides about another attempt
        "retryPolicy": {"maxAttempts": 1},
        "tags": config.all_tags,
    }
    check_request("StartJobRun", request, f"job run {name}", SERVICE)
    return request


def _spark_conf(
    config: ServerlessConfig, endpoint: Endpoint, packages: str, request_uri: str
) -> dict[str, str]:
    driver, executors = config.driver, config.executors
    conf = {
        # beside the request, where the launcher deletes them: there is no HDFS
        "spark.checkpoint.dir": f"{request_uri.rpartition('/')[0]}/checkpoints",
        "spark.driver.cores": str(driver.cores),
        "spark.driver.memory": f"{driver.heap_megabytes}m",
        "spark.emr-serverless.driver.disk": f"{driver.disk_gb}g",
        "spark.executor.cores": str(executors.cores),
        "spark.executor.memory": f"{executors.heap_megabytes}m",
        "spark.emr-serverless.executor.disk": f"{executors.disk_gb}g",
        "spark.executor.instances": str(executors.initial),
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.minExecutors": str(executors.minimum),
        "spark.dynamicAllocation.initialExecutors": str(executors.initial),
        "spark.dynamicAllocation.maxExecutors": str(executors.maximum),
    }
    return conf | environment_conf(packages, endpoint, DRIVER_VARIABLE) | config.spark_conf


def _size(worker: Worker) -> dict[str, str]:
    return {
        "cpu": f"{worker.cores} vCPU",
        "memory": f"{worker.memory_gb} GB",
        "disk": f"{worker.disk_gb} GB",
    }
