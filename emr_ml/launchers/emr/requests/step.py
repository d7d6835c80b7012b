"""An attempt as a step: the exact command that the primary node runs."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from emr_ml.launchers.emr.config.model import ClusterConfig, ClusterConfigError, InstanceType
from emr_ml.launchers.emr.config.service_model import in_words, mistakes
from emr_ml.launchers.emr.config.validation import InstanceSize, instance_size, smallest_primary
from emr_ml.launchers.emr.context import KILL_AFTER_SECONDS, Endpoint

# more share one connection pool and one heap that has to be collected
MOST_CORES = 4
# what EMR gives to YARN of an instance's memory, and Spark's application master of that
YARN_SHARE, MASTER_MEGABYTES = 0.75, 1024
# EMR's own: of an executor's memory, for what is beside the heap
OVERHEAD = 0.1875
# so that a slow task does not hold up all others
TASKS_OF_A_CORE = 3
FEWEST_PARTITIONS = 200  # Spark's default; empty ones are put together
# whoever says one of these sizes executors otherwise
EXECUTOR_PROPERTIES = ("spark.executor.", "spark.dynamicAllocation.")
MAXIMIZED = "maximizeResourceAllocation"
INSTANCES = ("InstanceFleets", "InstanceGroups", "SlaveInstanceType")


def executor_conf(config: ClusterConfig) -> dict[str, str]:
    """Spark's properties for executors that fit on each instance type of core and task fleet.

    Empty where the size of a type is not known, and where the configuration sizes them itself.
    Memory is from AWS's guide, "Configure Spark": of an instance, YARN's part, without room for the
    application master, shared by as many executors as its cores allow.
    """
    workers = [(instance_size(each.type), each.weight) for each in _workers(config)]
    known = [(size, weight) for size, weight in workers if size]
    if not known or len(known) < len(workers) or _sized_otherwise(config):
        return {}
    cores = min(MOST_CORES, *(size.vcpu for size, _ in known))
    memory = min(_container(size, cores) for size, _ in known)
    partitions = max(FEWEST_PARTITIONS, TASKS_OF_A_CORE * _most_cores(config, known))
    return {
        "spark.dynamicAllocation.enabled": "true",
        "spark.executor.cores": str(cores),
        "spark.executor.memory": f"{int(memory / (1 + OVERHEAD))}m",
        "spark.executor.memoryOverheadFactor": str(OVERHEAD),
        "spark.sql.shuffle.partitions": str(partitions),
    }


def _workers(config: ClusterConfig) -> list[InstanceType]:
    fleets = [config.core, config.task]
    scaled = config.managed_scaling is not None
    return [each for fleet in fleets if fleet.units or scaled for each in fleet.instance_types]


def _container(size: InstanceSize, cores: int) -> float:
    """Megabytes of one of the executors on such an instance."""
    return (size.memory * 1024 * YARN_SHARE - MASTER_MEGABYTES) / (size.vcpu // cores)


def _most_cores(config: ClusterConfig, workers: list[tuple[InstanceSize, int]]) -> int:
    """Of the whole cluster, if all units are instances of the type with most cores for a unit."""
    scaling = config.managed_scaling
    units = scaling.maximum if scaling else config.core.units + config.task.units
    return int(units * max(size.vcpu / weight for size, weight in workers))


def _sized_otherwise(config: ClusterConfig) -> bool:
    if any(name in config.overrides.get("Instances", {}) for name in INSTANCES):
        return True
    given = [*config.spark_conf]
    for each in config.configurations:
        given += each.properties
    return any(name.startswith(EXECUTOR_PROPERTIES) or name == MAXIMIZED for name in given)


MOST_CHARACTERS = 10_240  # of all arguments together
VERSION_DIGITS = 16


class Packages(Protocol):
    """The uploaded code: the archive of all modules, and the folder of the jobs' scripts."""

    @property
    def archive(self) -> str: ...
    @property
    def scripts(self) -> str: ...


def step_name(asset: str, version: str, attempt: int) -> str:
    """The name by which the step of an attempt is found again."""
    return f"{asset} {version[:VERSION_DIGITS]} #{attempt}"


def step_config(
    config: ClusterConfig,
    target: Endpoint,
    packages: Packages,
    *,
    asset: str,
    name: str,
    request_uri: str,
) -> dict[str, Any]:
    """One entry of AddJobFlowSteps' `Steps`: no shell, no secret, and an end to it.

    Raises:
        ClusterConfigError: it is beyond what EMR takes.
    """
    where = {"AWS_REGION": target.region, "AWS_DEFAULT_REGION": target.region}
    if target.endpoint:
        where["AWS_ENDPOINT_URL"] = target.endpoint
    arguments = [
        *("env", *(f"{key}={value}" for key, value in where.items())),
        *("timeout", f"--kill-after={KILL_AFTER_SECONDS}", str(config.step_limit_seconds)),
        *("spark-submit", "--deploy-mode", "client", "--name", name),
        *_options(_spark_conf(config, target, request_uri)),
        *("--py-files", packages.archive),
        *(f"{packages.scripts.rstrip('/')}/{asset}.py", request_uri),
    ]
    step = {
        "Name": name,
        # whether an attempt succeeded is for its report to say, and the cluster is not its own
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": arguments},
    }
    found = [*in_words(mistakes("AddJobFlowSteps", {"JobFlowId": "", "Steps": [step]}))]
    if (characters := sum(map(len, arguments))) > MOST_CHARACTERS:
        found.append(
            f"the arguments have {characters} characters, and EMR takes {MOST_CHARACTERS}: move "
            "what is in spark_conf to configurations (spark-defaults)"
        )
    if found:
        raise ClusterConfigError("\n".join(f"step {name}: {line}" for line in found))
    return step


def add_steps_request(
    runtime_role: str | None, cluster: str, *steps: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of AddJobFlowSteps; `cluster` is its id."""
    role = {"ExecutionRoleArn": runtime_role} if runtime_role else {}
    return {"JobFlowId": cluster, "Steps": list(steps), **role}


def driver_memory(config: ClusterConfig) -> str | None:
    """What `driver_memory_gb` says, or else half of the smallest primary, shared by all steps.

    The other half is for Python and for what EMR itself runs there. None where the type's memory
    isn't known: then Spark's default holds.
    """
    if config.driver_memory_gb:
        return f"{config.driver_memory_gb}g"
    smallest = smallest_primary(config)
    if smallest is None:
        return None
    megabytes = smallest * 1024 // 2 // config.step_concurrency
    return f"{megabytes // 1024}g" if megabytes % 1024 == 0 else f"{megabytes}m"


def _spark_conf(config: ClusterConfig, target: Endpoint, request_uri: str) -> dict[str, str]:
    # beside the request, where the launcher clears up: what is left in HDFS would keep EMR from
    # seeing that the cluster is idle
    conf = {"spark.checkpoint.dir": f"{request_uri.rpartition('/')[0]}/checkpoints"}
    conf |= executor_conf(config)
    if memory := driver_memory(config):
        conf["spark.driver.memory"] = memory
    if config.python:
        conf["spark.pyspark.python"] = config.python
    if target.endpoint:
        conf |= {
            "spark.hadoop.fs.s3a.endpoint": target.endpoint,
            "spark.hadoop.fs.s3a.endpoint.region": target.region,
            "spark.hadoop.fs.s3a.path.style.access": "true",
        }
    return conf | config.spark_conf


def _options(conf: Mapping[str, str]) -> Iterator[str]:
    for key, value in sorted(conf.items()):
        yield from ("--conf", f"{key}={value}")
