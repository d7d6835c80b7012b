"""An attempt as a step of a cluster: the exact command that the primary node runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.model import ClusterConfig, InstanceType
from emr_ml.launchers.emr.config.validation import InstanceSize, instance_size, smallest_primary
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.service_model import format_mistakes, mistakes
from emr_ml.launchers.remote.shipping import ShippedCode
from emr_ml.launchers.spark_conf import checkpoint_conf

# seconds between the SIGTERM and the SIGKILL that `timeout` sends to a step past its limit
KILL_AFTER_SECONDS = 60
MAX_ARGUMENT_CHARACTERS = 10_240  # EMR's limit for all arguments together

# more cores would share one connection pool and one heap to collect
MAX_EXECUTOR_CORES = 4
# YARN's share of an instance's memory on EMR, and what Spark's application master takes of it
YARN_SHARE, APPLICATION_MASTER_MEGABYTES = 0.75, 1024
# EMR's default: memory of an executor outside its heap, as a share of the heap
OVERHEAD_FACTOR = 0.1875
# several tasks per core, so that one slow task does not delay all others
PARTITIONS_PER_CORE = 3
MIN_PARTITIONS = 200  # Spark's default; Spark coalesces empty ones
# a configuration that sets one of these sizes executors itself
EXECUTOR_PROPERTIES = ("spark.executor.", "spark.dynamicAllocation.")
MAXIMIZED = "maximizeResourceAllocation"
INSTANCE_OVERRIDES = ("InstanceFleets", "InstanceGroups", "SlaveInstanceType")


def step_config(
    config: ClusterConfig,
    endpoint: Endpoint,
    code: ShippedCode,
    *,
    module: str,
    name: str,
    request_uri: str,
    handover_uri: str = "",
) -> dict[str, Any]:
    """Return an entry of AddJobFlowSteps' `Steps`: no shell, no secrets, and a time limit.

    Args:
        config: the cluster configuration.
        endpoint: where nodes reach the lake.
        code: the uploaded code.
        module: of the job to run.
        name: of the step, by which it is found again.
        request_uri: address of the attempt's `request.json`.
        handover_uri: of the record by which the run's further attempts get this step's Spark
            application; "" if it is to end with the attempt.

    Raises:
        ClusterConfigError: the step is beyond what EMR accepts.
    """
    script, script_arguments = code.entry_point(module)
    arguments = [
        *spark_submit(config, endpoint, code, name, request_uri),
        *(script, *script_arguments),
        request_uri,
        *(("--handover", handover_uri) if handover_uri else ()),
    ]
    step = {
        "Name": name,
        # the report decides whether an attempt succeeded, and others may use the cluster
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": arguments},
    }
    problems = format_mistakes(mistakes("AddJobFlowSteps", {"JobFlowId": "", "Steps": [step]}))
    if (characters := sum(map(len, arguments))) > MAX_ARGUMENT_CHARACTERS:
        problems.append(
            f"the arguments have {characters} characters, but EMR accepts "
            f"{MAX_ARGUMENT_CHARACTERS}: move spark_conf to configurations (spark-defaults)"
        )
    if problems:
        raise ClusterConfigError("\n".join(f"step {name}: {problem}" for problem in problems))
    return step


def spark_submit(
    config: ClusterConfig, endpoint: Endpoint, code: ShippedCode, name: str, request_uri: str
) -> list[str]:
    """Return the command up to the script of the job; arguments as of `step_config`."""
    return [
        *("env", *(f"{key}={value}" for key, value in endpoint.variables.items())),
        *("timeout", f"--kill-after={KILL_AFTER_SECONDS}", str(config.step_limit_seconds)),
        *("spark-submit", "--deploy-mode", "client", "--name", name),
        *_conf_options(_spark_conf(config, endpoint, request_uri)),
        *("--py-files", code.archives),
    ]


def add_steps_request(
    runtime_role: str | None, cluster: str, *steps: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters of AddJobFlowSteps for a cluster's id and entries of `step_config`."""
    role = {"ExecutionRoleArn": runtime_role} if runtime_role else {}
    return {"JobFlowId": cluster, "Steps": list(steps), **role}


def driver_memory(config: ClusterConfig) -> str | None:
    """Return `driver_memory_gb`, or half of the smallest primary, shared by all concurrent steps.

    The other half is for Python and for EMR's own processes. None, which means Spark's default,
    if the memory of a type isn't known.
    """
    if config.driver_memory_gb:
        return f"{config.driver_memory_gb}g"
    primary = smallest_primary(config)
    if primary is None:
        return None
    megabytes = primary * 1024 // 2 // config.step_concurrency
    return f"{megabytes // 1024}g" if megabytes % 1024 == 0 else f"{megabytes}m"


def executor_conf(config: ClusterConfig) -> dict[str, str]:
    """Return Spark's properties for executors that fit on every type of the core and task fleets.

    Empty if the size of a type is unknown, or if the configuration sizes executors itself. Memory
    follows AWS's guide "Configure Spark": YARN's share of an instance, less the application
    master, divided by as many executors as its cores allow.
    """
    workers = [(instance_size(each.type), each.weight) for each in _worker_types(config)]
    known = [(size, weight) for size, weight in workers if size]
    if not known or len(known) < len(workers) or _sizes_executors(config):
        return {}
    cores = min(MAX_EXECUTOR_CORES, *(size.vcpu for size, _ in known))
    megabytes = min(_executor_megabytes(size, cores) for size, _ in known)
    partitions = max(MIN_PARTITIONS, PARTITIONS_PER_CORE * _max_cores(config, known))
    return {
        "spark.dynamicAllocation.enabled": "true",
        "spark.executor.cores": str(cores),
        "spark.executor.memory": f"{int(megabytes / (1 + OVERHEAD_FACTOR))}m",
        "spark.executor.memoryOverheadFactor": str(OVERHEAD_FACTOR),
        "spark.sql.shuffle.partitions": str(partitions),
    }


def _spark_conf(config: ClusterConfig, endpoint: Endpoint, request_uri: str) -> dict[str, str]:
    conf = checkpoint_conf(request_uri) | executor_conf(config)
    if memory := driver_memory(config):
        conf["spark.driver.memory"] = memory
    if config.python:
        conf["spark.pyspark.python"] = config.python
    return conf | endpoint.spark_conf | config.spark_conf


def _conf_options(conf: Mapping[str, str]) -> Iterator[str]:
    for key, value in sorted(conf.items()):
        yield from ("--conf", f"{key}={value}")


def _worker_types(config: ClusterConfig) -> list[InstanceType]:
    """Return the types of the fleets that may have units."""
    fleets = [config.core, config.task]
    is_scaled = config.managed_scaling is not None
    return [each for fleet in fleets if fleet.units or is_scaled for each in fleet.instance_types]


def _sizes_executors(config: ClusterConfig) -> bool:
    """Return True if the configuration sizes executors, or replaces the fleets."""
    if any(name in config.overrides.get("Instances", {}) for name in INSTANCE_OVERRIDES):
        return True
    properties = [*config.spark_conf]
    for each in config.configurations:
        properties += each.properties
    return any(name.startswith(EXECUTOR_PROPERTIES) or name == MAXIMIZED for name in properties)


def _executor_megabytes(size: InstanceSize, cores: int) -> float:
    """Return the memory of each executor on such an instance, heap and overhead together."""
    yarn_megabytes = size.memory * 1024 * YARN_SHARE
    return (yarn_megabytes - APPLICATION_MASTER_MEGABYTES) / (size.vcpu // cores)


def _max_cores(config: ClusterConfig, workers: list[tuple[InstanceSize, int]]) -> int:
    """Return the cluster's cores if all units have the type with the most cores per unit."""
    scaling = config.managed_scaling
    units = scaling.maximum if scaling else config.core.units + config.task.units
    return int(units * max(size.vcpu / weight for size, weight in workers))
