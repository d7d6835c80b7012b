"""Contestants run one after the other, each in a process of its own, and what each cost."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from emr_ml.settings import ROOT

LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Contestant:
    """A command, and the variables that it needs."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds, and peak memory in bytes, of a process and all that it started."""

    wall: float
    cpu: float
    memory: int


def ratio(costs: Sequence[Cost], others: Sequence[Cost], what: str) -> float:
    """The median of the ratios within each round."""
    pairs = zip(costs, others, strict=True)
    return median(getattr(one, what) / getattr(other, what) for one, other in pairs)


def cost_of(contestant: Contestant, output: Path) -> Cost:
    """Run it; what it says goes to `output`.

    Its processes are looked at ten times a second: what one of them does after the last look at it
    is not counted. Memory is resident memory; pages that two of them share are counted twice.

    Raises:
        RuntimeError: it fails.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "EMR_ML_", "DAGSTER_"))
    }
    with output.open("wb") as log:
        began = time.monotonic()
        process = psutil.Popen(
            contestant.command,
            env=kept | dict(contestant.variables),
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        spent: dict[psutil.Process, float] = {}
        peak = 0
        while process.poll() is None:
            peak = max(peak, _look(process, spent))
            time.sleep(LOOK_SECONDS)
        wall = time.monotonic() - began
    if process.returncode:
        raise RuntimeError(f"{contestant.name} failed with {process.returncode}: see {output}")
    return Cost(wall, sum(spent.values()), peak)


def _look(process: psutil.Process, spent: dict[psutil.Process, float]) -> int:
    """Note the CPU seconds of each process of the family; the memory of all."""
    memory = 0
    commands: dict[int, list[str]] = {}
    for each in (process, *_children(process)):
        try:
            times = each.cpu_times()
            spent[each] = times.user + times.system
            commands[each.pid] = command = each.cmdline()
            # Java starts a program as a twin of itself, whose memory is its own until it has begun,
            # and whose name is that of the thread which did so
            is_java = bool(command) and Path(command[0]).name == "java"
            is_twin = is_java and command == commands.get(each.ppid())
            memory += 0 if is_twin else each.memory_info().rss
        except psutil.Error:
            continue  # it has just ended
    return memory


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []
