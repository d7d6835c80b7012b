"""Checks of this machine and of the software on it."""

import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.launchers import spark_java
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.releases import DEFAULT_RELEASE, RELEASES
from emr_ml.settings import Settings, SettingsError, load_settings
from emr_ml.units import GIGABYTE

PYTHONS = ((3, 11), (3, 12), (3, 13))
MIN_FREE_GB = 1.0


def check_java(*, needed: bool) -> Finding:
    """Check that Spark finds Java, unless jobs run elsewhere and do not need it."""
    try:
        spark_java.check_java()
    except LaunchError as error:
        if needed:
            return bad("Java", error.problem, error.fix)
        return good("Java", "no suitable Java here, and none is needed: jobs run elsewhere")
    return good("Java", "suits Spark")


def check_python(
    running: tuple[int, int] = (sys.version_info.major, sys.version_info.minor),
) -> Finding:
    """Check the version of the running Python."""
    name = ".".join(str(part) for part in running)
    if running not in PYTHONS:
        return bad("Python", f"{name} is not supported", "use 3.11 to 3.13: `make setup`")
    return good("Python", name)


def check_spark() -> Finding:
    """Check that the installed Spark is the one of the default EMR release."""
    expected = RELEASES[DEFAULT_RELEASE]
    try:
        installed = version("pyspark")
    except PackageNotFoundError:
        return bad("Spark", "pyspark is not installed", "`make setup`")
    if installed != expected:
        return bad(
            "Spark", f"pyspark is {installed}, and {DEFAULT_RELEASE} has {expected}", "`make setup`"
        )
    return good("Spark", f"pyspark {installed}, as on {DEFAULT_RELEASE}")


def check_settings() -> tuple[Settings | None, Finding]:
    """Return the settings, or None if they can't be read."""
    try:
        settings = load_settings()
    except SettingsError as error:
        return None, bad("settings", str(error), "correct or unset the variable")
    text = f"deployment {settings.deployment}, lake {settings.lake}"
    return settings, good("settings", text)


def check_disk(folder: str) -> Finding:
    """Check the free space for a lake in a folder, which need not exist yet."""
    existing = next(path for path in (Path(folder), *Path(folder).parents) if path.exists())
    free = shutil.disk_usage(existing).free / GIGABYTE
    if free < MIN_FREE_GB:
        fix = "free some space, or set EMR_ML_LAKE to a folder on another disk"
        return bad("disk", f"{free:.1f} GB are free at {existing}", fix)
    return good("disk", f"{free:.0f} GB are free at {existing}")
