"""Checks of this machine and of what is installed on it."""

import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.emr.config.validation import RELEASES
from emr_ml.launchers.local import check_java
from emr_ml.settings import Settings, SettingsError, load_settings

RELEASE = "emr-spark-8.1.0"
PYTHONS = ((3, 11), (3, 12), (3, 13))
GIGABYTE = 1 << 30
LEAST_FREE_GB = 1.0


def java(*, needed: bool) -> Finding:
    """A Java that Spark runs on; where jobs run on EMR, there need be none."""
    try:
        check_java()
    except LaunchError as error:
        text, _, fix = str(error).rpartition(": ")
        if needed:
            return bad("Java", text, fix)
        return good("Java", "none here that fits, and none is needed: jobs run on EMR")
    return good("Java", "fits Spark")


def python(running: tuple[int, int] = (sys.version_info.major, sys.version_info.minor)) -> Finding:
    """The Python that runs this."""
    name = ".".join(str(part) for part in running)
    if running not in PYTHONS:
        return bad("Python", f"{name} is not supported", "take 3.11 to 3.13: `make setup`")
    return good("Python", name)


def spark() -> Finding:
    """The installed release of Spark, against the one of the EMR release that it stands for."""
    wanted = RELEASES[RELEASE]
    try:
        found = version("pyspark")
    except PackageNotFoundError:
        return bad("Spark", "pyspark is not installed", "`make setup`")
    if found != wanted:
        return bad("Spark", f"pyspark is {found}, and {RELEASE} has {wanted}", "`make setup`")
    return good("Spark", f"pyspark {found}, as on {RELEASE}")


def settings() -> tuple[Settings | None, Finding]:
    """The settings, if they can be read."""
    try:
        found = load_settings()
    except SettingsError as error:
        return None, bad("settings", str(error), "correct or unset the variable")
    return found, good("settings", f"deployment {found.deployment}, lake {found.lake}")


def disk(folder: str) -> Finding:
    """Room for a lake in a folder, which need not be there yet."""
    there = next(path for path in (Path(folder), *Path(folder).parents) if path.exists())
    free = shutil.disk_usage(there).free / GIGABYTE
    if free < LEAST_FREE_GB:
        fix = "free some space, or set EMR_ML_LAKE to a folder on another disk"
        return bad("disk", f"{free:.1f} GB are free at {there}", fix)
    return good("disk", f"{free:.0f} GB are free at {there}")
