"""The size of executors, from the instances that they run on."""

from emr_ml.launchers.emr.config.cluster_config import ClusterConfig
from emr_ml.launchers.emr.config.cluster_parts import InstanceType
from emr_ml.launchers.emr.config.instances import Size, size_of

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
OWN = ("spark.executor.", "spark.dynamicAllocation.")
MAXIMIZED = "maximizeResourceAllocation"
INSTANCES = ("InstanceFleets", "InstanceGroups", "SlaveInstanceType")


def executor_conf(config: ClusterConfig) -> dict[str, str]:
    """Spark's properties for executors that fit on each instance type of core and task fleet.

    Empty where the size of a type is not known, and where the configuration sizes them itself.
    Memory is from AWS's guide, "Configure Spark": of an instance, YARN's part, without room for the
    application master, shared by as many executors as its cores allow.
    """
    workers = [(size_of(each.type), each.weight) for each in _workers(config)]
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


def _container(size: Size, cores: int) -> float:
    """Megabytes of one of the executors on such an instance."""
    return (size.memory * 1024 * YARN_SHARE - MASTER_MEGABYTES) / (size.vcpu // cores)


def _most_cores(config: ClusterConfig, workers: list[tuple[Size, int]]) -> int:
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
    return any(name.startswith(OWN) or name == MAXIMIZED for name in given)
