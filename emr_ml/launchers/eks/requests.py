"""The exact StartJobRun of EMR on EKS, checked against AWS's own description."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emr_ml.launchers.eks.config import OVERHEAD_FACTOR, EksConfig
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.job_run_request import (
    JobRunSpec,
    common_parameters,
    planned_specs,
    size_conf,
)
from emr_ml.launchers.remote.service_model import check_request
from emr_ml.launchers.remote.shipping import Folder

SERVICE = "emr-containers"
BOUNDED = "bounded.py"
MAX_NAME = 64
DRIVER_VARIABLE = "spark.kubernetes.driverEnv."
NODE_ARCH = {"X86_64": "amd64", "ARM64": "arm64"}  # as Kubernetes calls them
VIRTUAL_CLUSTER = "<virtual cluster>"  # of a plan, which asks no service for its id


def bounded_folder() -> Folder:
    """Return the folder with the script that bounds a job."""
    return Folder("code", {BOUNDED: (Path(__file__).parent / BOUNDED).read_bytes()})


def start_job_run_request(
    config: EksConfig, endpoint: Endpoint, spec: JobRunSpec
) -> dict[str, Any]:
    """Return the parameters of StartJobRun: no secrets, no retries of the service's own.

    Raises:
        TargetConfigError: the service would not accept them.
    """
    script, script_arguments = spec.code.entry_point(spec.module)
    submit = {
        "entryPoint": f"{endpoint.lake.rstrip('/')}/{bounded_folder().key}/{BOUNDED}",
        "entryPointArguments": [
            str(config.step_limit_seconds),
            Path(script).stem,
            *script_arguments,
            spec.request_uri,
        ],
        "sparkSubmitParameters": f"--py-files {shlex.quote(f'{spec.code.archives},{script}')}",
    }
    request = {
        "virtualClusterId": spec.owner,
        # names have no spaces there
        "name": spec.name.replace(" ", "/")[:MAX_NAME],
        "releaseLabel": config.release_label,
        "jobDriver": {"sparkSubmitJobDriver": submit},
        **common_parameters(
            config,
            endpoint,
            spec,
            conf=_spark_conf(config),
            driver_variable=DRIVER_VARIABLE,
            cloudwatch={"cloudWatchMonitoringConfiguration": {"logGroupName": config.log_group}},
        ),
    }
    check_request("StartJobRun", request, f"job run {spec.name}", SERVICE)
    return request


def planned_requests(
    config: EksConfig, endpoint: Endpoint, jobs: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the exact StartJobRun of each asset, with placeholders for what only a run knows.

    Args:
        config: the configuration.
        endpoint: where pods reach the lake.
        jobs: the module of each job, by the path of its asset.

    Raises:
        TargetConfigError: the service would not accept them, or the release can't run a job.
        JobCodeError: a job has no such module.
    """
    specs = planned_specs(config, endpoint, jobs, config.virtual_cluster_id or VIRTUAL_CLUSTER)
    return {asset: start_job_run_request(config, endpoint, spec) for asset, spec in specs.items()}


def _spark_conf(config: EksConfig) -> dict[str, str]:
    conf = size_conf(config.driver, config.executors) | {
        "spark.driver.memoryOverheadFactor": str(OVERHEAD_FACTOR),
        "spark.executor.memoryOverheadFactor": str(OVERHEAD_FACTOR),
        "spark.executor.instances": str(config.executors.count),
        "spark.kubernetes.node.selector.kubernetes.io/arch": NODE_ARCH[config.architecture],
    }
    return conf | ({"spark.kubernetes.container.image": config.image} if config.image else {})
