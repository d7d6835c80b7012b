"""docs/benchmarks.md: one section per benchmark, with the machine that it ran on."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from emr_ml.project import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
TITLE = "# Benchmarks\n\nEach command writes its results into its own section below.\n"
PACKAGES = ("dagster", "dagster-aws", "boto3", "pyspark", "scikit-learn", "moto")


def replace_section(page: Path, name: str, section: str) -> None:
    """Replace the section of that name, or append it to the page."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    text = page.read_text() if page.exists() else TITLE
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2].lstrip("\n")
    page.write_text(f"{before.rstrip()}\n\n{begin}\n{section}\n{end}\n{after}")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def machine() -> str:
    """Return processor, cores, memory and operating system in one line."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()}"


def versions() -> str:
    """Return the versions of Python and of the packages that matter for the benchmarks."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}"


def today() -> str:
    """Return the date in UTC."""
    return datetime.now(UTC).date().isoformat()


def _processor() -> str:
    try:
        match = re.search(
            r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE
        )
    except OSError:
        match = None
    return match.group(1).strip() if match else platform.machine()
