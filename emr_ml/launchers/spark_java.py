"""The Java on which Spark runs on this machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from emr_ml.launchers.base import LaunchError

JAVA_RELEASES = (17, 21)
SUPPORTED = " or ".join(str(release) for release in JAVA_RELEASES)


def find_java() -> Path:
    """Return the program `java` of JAVA_HOME or PATH.

    Raises:
        LaunchError: there is none.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        searched = f"JAVA_HOME={home}" if home else "JAVA_HOME or PATH"
        raise LaunchError(
            f"Spark needs Java {SUPPORTED}, and there is none in {searched}",
            fix="run `make setup`",
        )
    return Path(java)


def check_java() -> None:
    """Check that JAVA_HOME or PATH has a Java on which this Spark runs.

    Raises:
        LaunchError: it is missing, or of another release.
    """
    java = find_java()
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', output)
    if not match or int(match[1]) not in JAVA_RELEASES:
        release = match[1] if match else "of an unknown release"
        raise LaunchError(
            f"Spark needs Java {SUPPORTED}, but {java} is {release}",
            fix="run `make setup`, or set JAVA_HOME to a supported one",
        )
