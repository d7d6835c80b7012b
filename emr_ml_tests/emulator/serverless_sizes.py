"""The workers of EMR Serverless: which sizes there are, what a job run asks for, and its use."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emr_ml_tests.emulator.world import invalid

# of each number of vCPUs: the least and the most memory in GB, and its increment
SIZES = {1: (2, 8, 1), 2: (4, 16, 1), 4: (8, 30, 1), 8: (16, 60, 4), 16: (32, 120, 8)}
DISKS = (20, 200)  # GB
FREE_DISK = 20  # GB of each worker
LEAST_OVERHEAD = 384 / 1024  # GB
LEAST_SECONDS = 60  # for which a worker is billed
UNITS = {"": 1 / 1024**3, "k": 1 / 1024**2, "m": 1 / 1024, "g": 1, "t": 1024}


@dataclass(frozen=True)
class Worker:
    """What one worker has: vCPUs, and GB of memory and disk."""

    cpus: int
    memory: int
    disk: int


def workers(conf: Mapping[str, str]) -> list[Worker]:
    """The driver and the executors that a job run begins with, by Spark's settings.

    Executors do not come and go here: they are held from the beginning to the end.

    Raises:
        AwsError: there are no such workers.
    """
    try:
        return [_worker(conf, "driver"), *[_worker(conf, "executor")] * _executors(conf)]
    except ValueError as error:
        raise invalid(f"A setting of the workers is not a number: {error}") from error


def _worker(conf: Mapping[str, str], kind: str) -> Worker:
    cpus = int(conf.get(f"spark.{kind}.cores", "4"))
    if cpus not in SIZES:
        raise invalid(f"spark.{kind}.cores is {cpus}: workers have 1, 2, 4, 8 or 16 vCPUs.")
    heap = gigabytes(conf.get(f"spark.{kind}.memory", "14g"))
    factor = float(conf.get("spark.emr-serverless.memoryOverheadFactor", "0.1"))
    given = conf.get(f"spark.{kind}.memoryOverhead")
    overhead = gigabytes(given, "m") if given else max(heap * factor, LEAST_OVERHEAD)
    least, most, step = SIZES[cpus]
    memory = least + step * max(math.ceil((heap + overhead - least) / step), 0)
    if memory > most:
        raise invalid(
            f"The {kind} of {cpus} vCPUs has at most {most} GB; spark.{kind}.memory and its "
            f"overhead are {heap + overhead:.1f} GB."
        )
    disk = gigabytes(conf.get(f"spark.emr-serverless.{kind}.disk", "20g"))
    if not DISKS[0] <= disk <= DISKS[1]:
        raise invalid(f"The disk of the {kind} must be between 20 and 200 GB, and is {disk:.0f}.")
    return Worker(cpus, memory, math.ceil(disk))


def _executors(conf: Mapping[str, str]) -> int:
    instances = int(conf.get("spark.executor.instances", "3"))
    if conf.get("spark.dynamicAllocation.enabled", "true") != "true":
        return instances
    prefix = "spark.dynamicAllocation."
    first = int(conf.get(f"{prefix}initialExecutors", instances))
    least = int(conf.get(f"{prefix}minExecutors", "0"))
    most = conf.get(f"{prefix}maxExecutors", "infinity")
    begin = max(first, least)
    return min(begin, int(most)) if most.isdigit() else begin


def gigabytes(text: str, unit: str = "") -> float:
    """A size as Spark's settings have it, such as `14g` or `14G`."""
    match = re.fullmatch(r"(\d+)\s*([kmgt]?)b?", text.strip().lower())
    if not match:
        raise invalid(f"{text} is not a size.")
    return int(match[1]) * UNITS[match[2] or unit]


def number(text: str) -> float:
    """The number in a size as the API has it, such as `4 vCPU` or `16 GB`."""
    return float(re.sub(r"[^0-9]", "", text))


def fits(asked: Sequence[Worker], maximum: Mapping[str, Any] | None) -> bool:
    """Whether an application with that `maximumCapacity` can hold all these workers at once."""
    if not maximum:
        return True
    return (
        sum(worker.cpus for worker in asked) <= number(maximum["cpu"])
        and sum(worker.memory for worker in asked) <= number(maximum["memory"])
        and sum(worker.disk for worker in asked) <= number(maximum.get("disk", "1000000 GB"))
    )


def utilization(
    asked: Sequence[Worker], attempts: Sequence[float], *, billed: bool
) -> dict[str, float]:
    """Hours of vCPUs, memory and storage, of attempts of so many seconds each."""
    least = LEAST_SECONDS if billed else 0
    hours = sum(max(math.ceil(seconds), least) for seconds in attempts) / 3600
    free = FREE_DISK if billed else 0
    return {
        "vCPUHour": round(sum(worker.cpus for worker in asked) * hours, 3),
        "memoryGBHour": round(sum(worker.memory for worker in asked) * hours, 3),
        "storageGBHour": round(sum(worker.disk - free for worker in asked) * hours, 3),
    }
