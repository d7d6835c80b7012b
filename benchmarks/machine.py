"""What a benchmark ran on: figures mean nothing without it."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("dagster", "dagster-aws", "boto3", "pyspark", "scikit-learn", "moto")


def machine() -> str:
    """Processor, cores, memory and system, in one line."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()}"


def versions() -> str:
    """Python, and the packages that matter here."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}"


def today() -> str:
    """The date, in UTC."""
    return datetime.now(UTC).date().isoformat()


def _processor() -> str:
    try:
        found = re.search(
            r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE
        )
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.machine()
