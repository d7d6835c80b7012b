"""What a run needs of a JVM, and how to tell whether a running one has it."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# Spark's properties that only a new JVM can take; a context takes all others
JAVA_PROPERTIES = (
    "spark.driver.memory",
    "spark.driver.extraJavaOptions",
    "spark.driver.defaultJavaOptions",
)
# the collectors return memory at once when a run is over: Serial GC, and Parallel GC
RETURN_MEMORY = "-XX:-ShrinkHeapInSteps -XX:+UseAdaptiveSizePolicyWithSystemGC"
# Variables of a terminal, of make, of Dagster and of this package. They differ from run to run or
# hold passwords, and jobs have no use for them, so the JVM does not get them.
OF_OTHERS = re.compile(
    r"_|P?PWD|OLDPWD|SHLVL|TERM.*|COLORTERM|COLUMNS|LINES|WINDOWID|DISPLAY|PS[1-4]|PROMPT.*|HIST.*"
    r"|MAKE.*|MFLAGS|(DAGSTER|EMR_ML|MLFLOW|PYTEST)_.*"
    r"|(DBUS|GNOME|ITERM|KONSOLE|SSH|STY|TMUX|VSCODE|VTE|WAYLAND|XAUTHORITY|ZSH)(_.*)?"
    r"|XDG_(ACTIVATION|RUNTIME|SEAT|SESSION|VTNR).*"
)
PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class JvmSpec:
    """A JVM with Spark.

    Args:
        conf: Spark's properties of the JVM itself, by name.
        environment: all its variables; Spark's Python workers inherit them.
        folder: its working folder, in which a job's relative paths begin.
        digest: of the above, and of all other files that a running JVM may have read by now.
    """

    conf: Mapping[str, str]
    environment: Mapping[str, str]
    folder: str
    digest: str

    @classmethod
    def for_run(
        cls, conf: Mapping[str, str], java: Path, spark: Path, files: Iterable[Path]
    ) -> Self:
        """Return what a run in this process needs.

        Args:
            conf: Spark's configuration of the run.
            java: the program.
            spark: folder of the installed pyspark.
            files: those that options of the JVM name.
        """
        of_java = {name: conf[name] for name in JAVA_PROPERTIES if name in conf}
        options = of_java.get("spark.driver.extraJavaOptions", "")
        of_java["spark.driver.extraJavaOptions"] = f"{options} {RETURN_MEMORY}".strip()
        environment = {
            name: value for name, value in os.environ.items() if not OF_OTHERS.fullmatch(name)
        }
        # not the folder of pyspark itself, in which Python writes bytecode
        release = (spark / "version.py", spark / "jars")
        read = (java, *release, *sorted(spark_conf_folder(spark).glob("*")), *files)
        identity = {
            "conf": of_java,
            "environment": environment,
            "folder": str(Path.cwd()),
            "files": [_identity(path) for path in (*read, *sorted(PACKAGE.glob("*.py")))],
        }
        text = json.dumps(identity, sort_keys=True)
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
        return cls(of_java, environment, str(Path.cwd()), digest)


def spark_conf_folder(spark: Path) -> Path:
    """Return the folder of spark-defaults.conf and Log4j's configuration."""
    home = os.environ.get("SPARK_HOME") or str(spark)
    return Path(os.environ.get("SPARK_CONF_DIR") or Path(home, "conf"))


def _identity(path: Path) -> tuple[str, int, int]:
    """Return what changes when a file is replaced; an upgrade writes every file anew."""
    real = path.resolve()
    try:
        state = real.stat()
    except OSError:
        return str(real), -1, -1
    return str(real), state.st_size, state.st_mtime_ns
