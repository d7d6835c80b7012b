"""Runs contestants one after the other, each in its own process, and measures what each costs."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

import psutil

from emr_ml.project import ROOT

SAMPLING_SECONDS = 0.1
OWN_VARIABLES = ("AWS_", "EMR_ML_", "DAGSTER_", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Contestant:
    """A command, and the environment variables that it needs."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds, and peak memory in bytes, of a process and its descendants."""

    wall: float
    cpu: float
    memory: int


Resource = Literal["wall", "cpu", "memory"]


@dataclass
class Contest:
    """The results on one dataset.

    Args:
        costs: by contestant, one per round.
        figures: by contestant, from the last round.
    """

    costs: dict[str, list[Cost]] = field(default_factory=dict[str, list[Cost]])
    figures: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def ratio(self, name: str, other: str, resource: Resource) -> float:
        """Return the median of the ratios of two contestants' costs within each round."""
        return median_ratio(self.costs[name], self.costs[other], resource)


def median_ratio(costs: Sequence[Cost], others: Sequence[Cost], resource: Resource) -> float:
    """Return the median of the ratios within each round."""
    pairs = zip(costs, others, strict=True)
    return median(getattr(cost, resource) / getattr(other, resource) for cost, other in pairs)


def clean_environment() -> dict[str, str]:
    """Return this process's variables without those that could lead to a real account or lake.

    No run finds a warm Spark, or leaves one behind. Python keeps bytecode, as it does by default.
    """
    others = {
        name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)
    }
    return {**others, "EMR_ML_WARM": "0"}


def run_contestant(contestant: Contestant, output: Path) -> Cost:
    """Run a contestant, and write what it prints to `output`.

    Its processes are sampled ten times a second: what a process does after its last sample is not
    counted. Memory is resident memory; pages that two processes share are counted twice.

    Raises:
        RuntimeError: it fails.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as log:
        start = time.monotonic()
        process = psutil.Popen(
            contestant.command,
            env=clean_environment() | dict(contestant.variables),
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        cpu_seconds: dict[psutil.Process, float] = {}
        peak = 0
        while process.poll() is None:
            peak = max(peak, _sample(process, cpu_seconds))
            time.sleep(SAMPLING_SECONDS)
        wall = time.monotonic() - start
    if process.returncode:
        raise RuntimeError(f"{contestant.name} failed with {process.returncode}: see {output}")
    return Cost(wall, sum(cpu_seconds.values()), peak)


def _sample(process: psutil.Process, cpu_seconds: dict[psutil.Process, float]) -> int:
    """Update the CPU seconds of the process and its descendants, and return their memory."""
    memory = 0
    commands: dict[int, list[str]] = {}
    for each in (process, *_descendants(process)):
        try:
            times = each.cpu_times()
            cpu_seconds[each] = times.user + times.system
            commands[each.pid] = command = each.cmdline()
            # to start a program, Java forks: until the program replaces the fork, it shares all
            # memory with its parent. Names can't tell, because a fork has the name of its thread
            is_java = bool(command) and Path(command[0]).name == "java"
            is_fork = is_java and command == commands.get(each.ppid())
            memory += 0 if is_fork else each.memory_info().rss
        except psutil.Error:
            continue  # it has just ended
    return memory


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []
