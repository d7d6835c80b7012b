"""Sets up the project: a Java that Spark runs on, and .venv with the locked packages.

Uses the standard library alone and the syntax of Python 3.8, because it runs before anything is
installed, under whatever python3 there is.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / "set_up.sha256"
ARCHIVE = VENV / "spark.jsa"  # emr_ml/launchers/local_spark.py has Java take it
LOCK = ROOT / "requirements.lock"
PYTHONS = ((3, 13), (3, 12), (3, 11))
JAVAS = (17, 21)
INSTALL_JAVA = (
    "Spark needs Java 17 or 21. Install it, then run make again: "
    "`sudo apt-get install openjdk-17-jre-headless`, "
    "`sudo dnf install java-17-openjdk-headless` or `brew install openjdk@17`"
)


class SetUpError(Exception):
    """What went wrong and what to do about it, for the person at the terminal."""


def say(line: str, to: TextIO = sys.stdout) -> None:
    """One line, at once: the step that it announces may take minutes."""
    to.write(f"setup: {line}\n")
    to.flush()


def run(command: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command that can't ask questions; its output is kept for the case that it fails."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def must(command: list[str], advice: str) -> None:
    """Runs a command; its failure ends the set-up with its output and what to do."""
    done = run(command)
    if done.returncode != 0:
        raise SetUpError(f"{done.stdout.strip()}\n`{' '.join(command)}` failed. {advice}")


def java_release(java: str | None) -> int | None:
    """The major release of that Java; None if it is missing or doesn't run."""
    try:
        said = run([java, "-version"]) if java else None
    except OSError:
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', said.stdout) if said else None
    return int(found.group(1)) if found else None


def check_java() -> None:
    """Makes sure that the Java which Spark will take, JAVA_HOME's or else PATH's, fits."""
    home = os.environ.get("JAVA_HOME")
    release = java_release(str(Path(home) / "bin" / "java") if home else shutil.which("java"))
    if release in JAVAS:
        return
    if java_release(shutil.which("java")) not in JAVAS:
        install_java()
    if home:
        found = f"Java {release}" if release else "no working Java"
        raise SetUpError(
            f"JAVA_HOME={home} has {found}, and Spark needs Java 17 or 21. PATH has one: "
            "unset JAVA_HOME, or set it to a fitting Java"
        )


def install_java() -> None:
    """Installs Java where that takes no password; otherwise says how to."""
    root = os.geteuid() == 0
    sudo = [] if root else ["sudo", "-n"]
    privileged = root or (bool(shutil.which("sudo")) and run([*sudo, "true"]).returncode == 0)
    if privileged and shutil.which("apt-get"):
        # one broken third-party source fails this command, though Java can be had all the same
        run([*sudo, "apt-get", "update"])
        package = "openjdk-17-jre-headless"
        if run(["apt-get", "install", "--simulate", package]).returncode != 0:
            package = "openjdk-21-jre-headless"
        commands = [[*sudo, "apt-get", "install", "-y", "--no-install-recommends", package]]
    elif privileged and shutil.which("dnf"):
        commands = [[*sudo, "dnf", "install", "-y", "java-17-openjdk-headless"]]
    elif shutil.which("brew"):
        # versioned formulae are not on PATH until they are linked
        commands = [["brew", "install", "openjdk@17"], ["brew", "link", "--force", "openjdk@17"]]
    else:
        raise SetUpError(INSTALL_JAVA)
    for command in commands:
        say(" ".join(command))
        must(command, INSTALL_JAVA)
    if java_release(shutil.which("java")) not in JAVAS:
        raise SetUpError(
            "Java is installed, but `java` on PATH is none or another one: "
            "set JAVA_HOME to the folder of the new one, then run make again"
        )


def is_supported(python: str) -> bool:
    """Runs it, since a version manager's shim may stand for a Python that is not there."""
    try:
        said = run([python, "-c", "import sys; print(*sys.version_info[:2])"]).stdout.split()
    except OSError:
        return False
    return said in [[str(part) for part in version] for version in PYTHONS]


def find_python() -> str:
    """The running Python if it is a supported one, else the newest on PATH."""
    # inside a virtual environment: the Python behind it, for that environment may be .venv itself
    running: str = getattr(sys, "_base_executable", sys.executable)
    names = [shutil.which(f"python{major}.{minor}") for major, minor in PYTHONS]
    for python in [running, *names]:
        if python and is_supported(python):
            return python
    raise SetUpError(
        "needs Python 3.11, 3.12 or 3.13, and none is on PATH: install one, "
        "or name it: `make PYTHON=/path/to/python3.12 setup`"
    )


def digest() -> str:
    """Of all that determines .venv; its place too, which its scripts name in their first line."""
    parts = [path.read_bytes() for path in (LOCK, ROOT / "pyproject.toml", Path(__file__))]
    return hashlib.sha256(b"\0".join([os.fsencode(ROOT), *parts])).hexdigest()


def is_fresh() -> bool:
    """Whether .venv is what a set-up would make, so that nothing is left to do."""
    return STAMP.exists() and PYTHON.exists() and STAMP.read_text() == digest()


def is_usable() -> bool:
    """Whether .venv was completed in this place, so that changing its packages is enough."""
    # written last when an environment is made, and it names the place
    activate = VENV / "bin" / "activate"
    return activate.exists() and str(VENV) in activate.read_text() and is_supported(str(PYTHON))


def make_venv() -> None:
    """Makes .venv, or brings the one that is there in line with the lock."""
    pin = re.search(r"^uv==([^\s;]+).*(?:\n[ \t]+.*)*", LOCK.read_text(), re.MULTILINE)
    if not pin:
        raise SetUpError("requirements.lock pins no uv: make it anew with `make lock`")
    if not is_usable():
        python = find_python()
        say(f"making .venv with {python}")
        must(
            [python, "-m", "venv", "--clear", str(VENV)],
            "On Debian and Ubuntu, install the package python3-venv; then run make again",
        )
    offline = "Check the network and pip's index settings, then run make again"
    if not UV.exists() or run([str(UV), "--version"]).stdout.split()[1:2] != [pin.group(1)]:
        say(f"installing uv {pin.group(1)}")
        with tempfile.TemporaryDirectory() as folder:
            wanted = Path(folder) / "uv.txt"
            wanted.write_text(pin.group(0) + "\n")
            pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            must([*pip, "--require-hashes", "--no-deps", "-r", str(wanted)], offline)
    say("installing the locked packages (minutes at first, for pyspark is built from source)")
    uv_pip = [str(UV), "--quiet", "--color", "never", "pip"]
    into = ["--python", str(PYTHON)]
    hashed = ["--require-hashes", "--build-constraints", LOCK.name, LOCK.name]
    # else each first use of a module compiles it, and each one where Python may not write
    compiled = "--compile-bytecode"
    must([*uv_pip, "sync", compiled, *into, *hashed], offline.replace("pip's", "uv's"))
    say("installing emr-ml itself")
    must(
        [*uv_pip, "install", *into, "--no-deps", "--no-build-isolation", "-e", "."],
        "If nothing above names the cause, delete .venv and run make again",
    )
    STAMP.write_text(digest())


def make_archive() -> None:
    """Makes an archive of the classes that Java loads for Spark; without it all is but slower."""
    say("archiving Spark's classes, for Java to start faster from now on")
    ARCHIVE.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ours = {"EMR_ML_LAKE": folder + "/lake", "EMR_ML_SAMPLE_FOLDER": folder + "/sample"}
        theirs = {name: value for name, value in os.environ.items() if name[:7] != "EMR_ML_"}
        java = f"-XX:ArchiveClassesAtExit={ARCHIVE} -XX:TieredStopAtLevel=1"
        submit = [str(VENV / "bin" / "spark-submit"), "--driver-java-options", java]
        place = ["--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.ui.enabled=false"]
        script = str(Path(__file__).with_name("class_archive.py"))
        done = run([*submit, *place, script], {**theirs, **ours, "PYSPARK_PYTHON": str(PYTHON)})
    if done.returncode != 0:
        ARCHIVE.unlink(missing_ok=True)
        say("there is no such archive now: " + done.stdout.strip()[-500:])


def main() -> int:
    """Sets up under a lock; the exit code."""
    # two `make run` at once in a fresh clone: the second one waits and finds all done
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            check_java()
            if not is_fresh():
                make_venv()
                make_archive()
        except SetUpError as error:
            say(str(error), to=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
