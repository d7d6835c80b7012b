"""Sets up the project: a Java for Spark, and .venv with the locked packages.

Uses only the standard library and the syntax of Python 3.8, because it runs before anything is
installed, with any python3.
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
ARCHIVE = VENV / "spark.jsa"  # emr_ml/launchers/local_spark.py passes it to Java
LOCK = ROOT / "requirements.lock"
PYTHONS = ((3, 13), (3, 12), (3, 11))
JAVAS = (17, 21)
INSTALL_JAVA = (
    "Spark needs Java 17 or 21. Install it, then run make again: "
    "`sudo apt-get install openjdk-17-jre-headless`, "
    "`sudo dnf install java-17-openjdk-headless` or `brew install openjdk@17`"
)


class SetUpError(Exception):
    """What went wrong and how to fix it, for the user."""


def log(line: str, to: TextIO = sys.stdout) -> None:
    """Print a line and flush it, because the next step may take minutes."""
    to.write(f"setup: {line}\n")
    to.flush()


def run(command: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command without input, and capture its output."""
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


def run_or_fail(command: list[str], advice: str) -> None:
    """Run a command; if it fails, end the set-up with its output and the advice."""
    done = run(command)
    if done.returncode != 0:
        raise SetUpError(f"{done.stdout.strip()}\n`{' '.join(command)}` failed. {advice}")


def java_release(java: str | None) -> int | None:
    """Return the major release of a Java, or None if it is missing or does not run."""
    try:
        done = run([java, "-version"]) if java else None
    except OSError:
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', done.stdout) if done else None
    return int(match.group(1)) if match else None


def check_java() -> None:
    """Check the Java that Spark will use, JAVA_HOME's or else PATH's, and install one if needed."""
    home = os.environ.get("JAVA_HOME")
    release = java_release(str(Path(home) / "bin" / "java") if home else shutil.which("java"))
    if release in JAVAS:
        return
    if java_release(shutil.which("java")) not in JAVAS:
        install_java()
    if home:
        actual = f"Java {release}" if release else "no working Java"
        raise SetUpError(
            f"JAVA_HOME={home} has {actual}, but Spark needs Java 17 or 21. PATH has one: "
            "unset JAVA_HOME, or set it to a Java 17 or 21"
        )


def install_java() -> None:
    """Install Java, or explain how to if that requires a password.

    Raises:
        SetUpError: Java could not be installed.
    """
    root = os.geteuid() == 0
    sudo = [] if root else ["sudo", "-n"]
    privileged = root or (bool(shutil.which("sudo")) and run([*sudo, "true"]).returncode == 0)
    if privileged and shutil.which("apt-get"):
        # its failure is ignored: one broken third-party source suffices for it, and may not matter
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
        log(" ".join(command))
        run_or_fail(command, INSTALL_JAVA)
    if java_release(shutil.which("java")) not in JAVAS:
        raise SetUpError(
            "Java is installed, but `java` on PATH is missing or another one: "
            "set JAVA_HOME to the folder of the new one, then run make again"
        )


def is_supported(python: str) -> bool:
    """Run it to get its version: a version manager's shim may exist without its Python."""
    try:
        version = run([python, "-c", "import sys; print(*sys.version_info[:2])"]).stdout.split()
    except OSError:
        return False
    return version in [[str(part) for part in version] for version in PYTHONS]


def find_python() -> str:
    """Return the running Python if it is supported, else the newest supported one on PATH."""
    # in a virtual environment, which may be .venv itself, use the Python that it was made from
    running: str = getattr(sys, "_base_executable", sys.executable)
    names = [shutil.which(f"python{major}.{minor}") for major, minor in PYTHONS]
    for python in [running, *names]:
        if python and is_supported(python):
            return python
    raise SetUpError(
        "Python 3.11, 3.12 or 3.13 is required, and none is on PATH: install one, "
        "or name it: `make PYTHON=/path/to/python3.12 setup`"
    )


def digest() -> str:
    """Return a hash of all that determines .venv, including its path, which its scripts contain."""
    parts = [path.read_bytes() for path in (LOCK, ROOT / "pyproject.toml", Path(__file__))]
    return hashlib.sha256(b"\0".join([os.fsencode(ROOT), *parts])).hexdigest()


def is_fresh() -> bool:
    """Return True if .venv is up to date."""
    return STAMP.exists() and PYTHON.exists() and STAMP.read_text() == digest()


def is_usable() -> bool:
    """Return True if .venv is complete and was created at this path; its packages may differ."""
    # written last when an environment is created, and contains its path
    activate = VENV / "bin" / "activate"
    return activate.exists() and str(VENV) in activate.read_text() and is_supported(str(PYTHON))


def create_venv() -> None:
    """Create .venv, or update its packages to the lock."""
    if VENV.is_symlink():
        # to create an environment clears the folder, which may be another checkout's
        raise SetUpError(f".venv is a link to {VENV.resolve()}: remove it, then run make again")
    pin = re.search(r"^uv==([^\s;]+).*(?:\n[ \t]+.*)*", LOCK.read_text(), re.MULTILINE)
    if not pin:
        raise SetUpError("requirements.lock pins no uv: recreate it with `make lock`")
    if not is_usable():
        python = find_python()
        log(f"creating .venv with {python}")
        run_or_fail(
            [python, "-m", "venv", "--clear", str(VENV)],
            "On Debian and Ubuntu, install the package python3-venv; then run make again",
        )
    offline = "Check the network and pip's index settings, then run make again"
    if not UV.exists() or run([str(UV), "--version"]).stdout.split()[1:2] != [pin.group(1)]:
        log(f"installing uv {pin.group(1)}")
        with tempfile.TemporaryDirectory() as folder:
            requirements = Path(folder) / "uv.txt"
            requirements.write_text(pin.group(0) + "\n")
            pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            run_or_fail([*pip, "--require-hashes", "--no-deps", "-r", str(requirements)], offline)
    log("installing the locked packages (minutes the first time: pyspark is built from source)")
    uv_pip = [str(UV), "--quiet", "--color", "never", "pip"]
    into = ["--python", str(PYTHON)]
    hashed = ["--require-hashes", "--build-constraints", LOCK.name, LOCK.name]
    # otherwise modules are compiled at their first use, or at each use if .venv is not writable
    compiled = "--compile-bytecode"
    run_or_fail([*uv_pip, "sync", compiled, *into, *hashed], offline.replace("pip's", "uv's"))
    log("installing emr-ml itself")
    run_or_fail(
        [*uv_pip, "install", *into, "--no-deps", "--no-build-isolation", "-e", "."],
        "If the output does not show the cause, delete .venv and run make again",
    )
    STAMP.write_text(digest())


def create_archive() -> None:
    """Create an archive of the classes that Java loads for Spark, which only makes it faster."""
    log("archiving Spark's classes, so that Java starts faster")
    ARCHIVE.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"EMR_ML_LAKE": folder + "/lake", "EMR_ML_SAMPLE_FOLDER": folder + "/sample"}
        others = {name: value for name, value in os.environ.items() if name[:7] != "EMR_ML_"}
        env = {**others, **settings, "PYSPARK_PYTHON": str(PYTHON)}
        java = f"-XX:ArchiveClassesAtExit={ARCHIVE} -XX:TieredStopAtLevel=1"
        submit = [str(VENV / "bin" / "spark-submit"), "--driver-java-options", java]
        conf = ["--conf", "spark.driver.bindAddress=127.0.0.1", "--conf", "spark.ui.enabled=false"]
        script = str(Path(__file__).with_name("class_archive.py"))
        done = run([*submit, *conf, script], env)
    if done.returncode != 0:
        ARCHIVE.unlink(missing_ok=True)
        log("no archive was created: " + done.stdout.strip()[-500:])


def main() -> int:
    """Set up under a lock, and return the exit code."""
    # if two `make run` start at once in a fresh clone, the second waits and has nothing left to do
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log("waiting for another set-up of this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            check_java()
            if not is_fresh():
                create_venv()
                create_archive()
        except SetUpError as error:
            log(str(error), to=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
