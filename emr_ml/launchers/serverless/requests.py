"""The exact requests: CreateApplication and StartJobRun, checked against AWS's own description."""

import shlex
from typing import Any

from emr_ml.lake.versions import digest
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.job_run_request import JobRunSpec, common_parameters, size_conf
from emr_ml.launchers.remote.service_model import check_request
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
    config: ServerlessConfig, endpoint: Endpoint, spec: JobRunSpec
) -> dict[str, Any]:
    """Return the parameters of StartJobRun: no secrets, no retries of the service's own.

    Raises:
        TargetConfigError: the service would not accept them.
    """
    script, script_arguments = spec.code.entry_point(spec.module)
    submit = {
        "entryPoint": script,
        "entryPointArguments": [*script_arguments, spec.request_uri],
        "sparkSubmitParameters": f"--py-files {shlex.quote(spec.code.archives)}",
    }
    group = {"enabled": True, "logGroupName": config.log_group}
    request = {
        "applicationId": spec.owner,
        "name": spec.name[:MAX_NAME],
        "jobDriver": {"sparkSubmit": submit},
        "executionTimeoutMinutes": config.timeout_minutes,
        # the launcher itself decides about another attempt
        "retryPolicy": {"maxAttempts": 1},
        **common_parameters(
            config,
            endpoint,
            spec,
            conf=_spark_conf(config),
            driver_variable=DRIVER_VARIABLE,
            cloudwatch={"cloudWatchLoggingConfiguration": group},
        ),
    }
    check_request("StartJobRun", request, f"job run {spec.name}", SERVICE)
    return request


def _spark_conf(config: ServerlessConfig) -> dict[str, str]:
    driver, executors = config.driver, config.executors
    return size_conf(driver, executors) | {
        "spark.emr-serverless.driver.disk": f"{driver.disk_gb}g",
        "spark.emr-serverless.executor.disk": f"{executors.disk_gb}g",
        "spark.executor.instances": str(executors.initial),
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.minExecutors": str(executors.minimum),
        "spark.dynamicAllocation.initialExecutors": str(executors.initial),
        "spark.dynamicAllocation.maxExecutors": str(executors.maximum),
    }


def _size(worker: Worker) -> dict[str, str]:
    return {
        "cpu": f"{worker.cores} vCPU",
        "memory": f"{worker.memory_gb} GB",
        "disk": f"{worker.disk_gb} GB",
    }
