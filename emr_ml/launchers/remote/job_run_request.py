"""StartJobRun: what the requests to EMR Serverless and to EMR on EKS have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from emr_ml.lake.job_code import code_to_ship
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.job_run_config import JobRunConfig
from emr_ml.launchers.remote.packages import environment_conf, planned_archive
from emr_ml.launchers.remote.releases import check_jobs
from emr_ml.launchers.remote.shipping import ShippedCode, planned_code
from emr_ml.launchers.remote.target import TargetConfigError, planned_attempt
from emr_ml.launchers.spark_conf import checkpoint_conf

TOKEN = "<token>"  # noqa: S105 - in plans, as only a run knows it


@dataclass(frozen=True)
class JobRunSpec:
    """What one job run is to do.

    Args:
        owner: id of the application or of the virtual cluster.
        token: makes the same request twice one job run.
        module: of the job to run.
        name: as `attempt_name` returns it.
        request_uri: address of the attempt's `request.json`.
        code: the uploaded code.
        packages: address of the archive with Python packages, or "" if an image has them.
    """

    owner: str
    token: str
    module: str
    name: str
    request_uri: str
    code: ShippedCode
    packages: str


class Size(Protocol):
    """The size of a driver or of an executor."""

    @property
    def cores(self) -> int: ...

    @property
    def heap_megabytes(self) -> int: ...


def size_conf(driver: Size, executors: Size) -> dict[str, str]:
    """Return Spark's properties for the sizes of driver and executors."""
    return {
        "spark.driver.cores": str(driver.cores),
        "spark.driver.memory": f"{driver.heap_megabytes}m",
        "spark.executor.cores": str(executors.cores),
        "spark.executor.memory": f"{executors.heap_megabytes}m",
    }


def common_parameters(
    config: JobRunConfig,
    endpoint: Endpoint,
    spec: JobRunSpec,
    *,
    conf: Mapping[str, str],
    driver_variable: str,
    cloudwatch: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the parameters that both services call by the same names; they hold no secret.

    Args:
        config: the configuration.
        endpoint: where jobs reach the lake.
        spec: of the job run.
        conf: Spark's properties that are the service's own; those of the user count more.
        driver_variable: beginning of the properties that are variables of the driver.
        cloudwatch: how the service is told of a log group, if one is configured.
    """
    properties = {
        **checkpoint_conf(spec.request_uri),
        **conf,
        **environment_conf(spec.packages, endpoint, driver_variable),
        **config.spark_conf,
    }
    logs = {"s3MonitoringConfiguration": {"logUri": config.log_address(endpoint.lake)}}
    return {
        "clientToken": spec.token,
        "executionRoleArn": config.execution_role,
        "configurationOverrides": {
            # the other place, sparkSubmitParameters, is one text, whose quoting is undocumented
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": properties}
            ],
            "monitoringConfiguration": {**logs, **(cloudwatch if config.log_group else {})},
        },
        "tags": config.all_tags,
    }


def planned_specs(
    config: JobRunConfig, endpoint: Endpoint, jobs: Mapping[str, str], owner: str
) -> dict[str, JobRunSpec]:
    """Return the job run of each asset, with placeholders for tokens and versions.

    Args:
        config: the configuration.
        endpoint: where jobs reach the lake.
        jobs: the module of each job, by the path of its asset.
        owner: id of the application or of the virtual cluster, or a placeholder.

    Raises:
        TargetConfigError: the release can't run a job.
        JobCodeError: a job has no such module.
    """
    if problems := list(check_jobs(config, jobs)):
        raise TargetConfigError("\n".join(problems))
    packages = planned_archive(endpoint.lake, config)
    specs: dict[str, JobRunSpec] = {}
    for asset, module in jobs.items():
        name, request_uri = planned_attempt(endpoint.lake, asset)
        code = planned_code(endpoint.lake, code_to_ship(module))
        specs[asset] = JobRunSpec(owner, TOKEN, module, name, request_uri, code, packages)
    return specs
