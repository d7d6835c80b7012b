"""Spark's configuration on one machine."""

import atexit
import os
import shlex
import sys
import tempfile
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from enum import IntEnum
from functools import partial
from pathlib import Path

from emr_ml.launchers.spark_conf import as_properties, installed_spark, s3_conf, s3_packages
from emr_ml.sources.listing import SourceError, list_source
from emr_ml.units import GIGABYTE
from spark_jobs.runtime.execution import NO_CALL_SITES

# memory limits of Linux control groups, versions 2 and 1
CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# class data of Spark that `make setup` archives; Java ignores an archive that does not fit
CLASS_ARCHIVE = Path(sys.prefix) / "spark.jsa"
SUBMIT_ARGS = "PYSPARK_SUBMIT_ARGS"
_submit_args_lock = threading.Lock()


class DataSize(IntEnum):
    """Sizes of the sources, by their upper bounds in bytes; each has its own configuration."""

    SMALL = 1 << 20  # starting Spark takes most of the time
    MEDIUM = 1 << 25
    LARGE = sys.maxsize


# Raise C2 thresholds tenfold: only long-hot code is optimised. With Java's defaults, C2 took a
# third of all CPU time of a run on texts.
C2_THRESHOLDS = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
    "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)
# Exclude the code that plans and starts Spark's jobs from C2: it took two fifths of C2's time for
# 50,000 texts. With more data, some of it is hot for long, for example the code that serializes
# rows.
C2_EXCLUSIONS = Path(__file__).with_name("compiler_directives.json")
# Throughput matters, pauses do not. GCTimeRatio lets Java spend a seventh (6) or a quarter (3) of
# its time on garbage collection, not its default of a hundredth: for 50,000 texts and a heap of
# 4 GB, all processes of a run took 2.7 GB with a seventh and 2.0 GB with a quarter, in the same
# time.
JAVA_OPTIONS = {
    # Stop at C1, which compiles at once but not well: that halves the time of a short run. Java
    # would then keep 48 MB of compiled code, and five runs on a warm JVM fill them.
    DataSize.SMALL: "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m",
    DataSize.MEDIUM: (
        f"-XX:+UseParallelGC -XX:GCTimeRatio=3 {C2_THRESHOLDS} "
        f'-XX:+UnlockDiagnosticVMOptions "-XX:CompilerDirectivesFile={C2_EXCLUSIONS}"'
    ),
    DataSize.LARGE: f"-XX:+UseParallelGC -XX:GCTimeRatio=6 {C2_THRESHOLDS}",
}
# generating code for whole stages took longer than it saved on 50,000 texts
NO_STAGE_CODEGEN = {"spark.sql.codegen.wholeStage": "false"}
SQL_CONF = {
    DataSize.SMALL: {
        **NO_STAGE_CODEGEN,
        # no code for expressions either, and each plan is made only once
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
    },
    DataSize.MEDIUM: NO_STAGE_CODEGEN,
    DataSize.LARGE: {},
}


def data_size(sources: Iterable[str | None]) -> DataSize:
    """Return the size of all sources together.

    Args:
        sources: addresses of files and folders; None is the sample. Anything on S3 is large.
    """
    addresses = [source for source in sources if source]
    if any(address.startswith("s3://") for address in addresses):
        return DataSize.LARGE
    try:
        total = sum(file.size for address in addresses for file in list_source(address))
    except (SourceError, OSError):
        return DataSize.LARGE  # the snapshot will report the problem
    return next(size for size in DataSize if total <= size)


def local_conf(*, on_s3: bool, size: DataSize = DataSize.LARGE) -> dict[str, str]:
    """Return Spark's configuration for all cores of one machine.

    Args:
        on_s3: whether the lake or a source is on S3, which needs S3A.
        size: size of the sources.
    """
    cores = os.cpu_count() or 1
    conf = {
        "spark.app.name": "emr_ml",
        "spark.master": "local[*]",
        "spark.driver.memory": f"{driver_gigabytes()}g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # other users of this machine can reach the driver's ports, which accept Java objects
        "spark.authenticate": "true",
        "spark.driver.extraJavaOptions": JAVA_OPTIONS[size],
        # at WARN, Spark compares every CSV header with a schema whose names the jobs do not use
        "spark.log.level": "ERROR",
        # Spark's default of 200 is for clusters: here most of the tasks would be empty
        "spark.sql.shuffle.partitions": str(cores),
        # Hadoop starts a process for each file and folder that it makes; a version is complete when
        # its report is there
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **NO_CALL_SITES,
        **SQL_CONF[size],
    }
    if CLASS_ARCHIVE.exists():
        # unlike extraJavaOptions, this is kept when a user sets options
        conf["spark.driver.defaultJavaOptions"] = (
            f'"-XX:SharedArchiveFile={CLASS_ARCHIVE}" -Xlog:cds=off'
        )
    return conf | s3_conf() | s3_packages(installed_spark()) if on_s3 else conf


def name_python_of_workers() -> None:
    """Let Spark's Python workers be this Python, unless the user has named another.

    PySpark would take `python3` of the PATH, which may lack the packages that jobs need.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def driver_gigabytes() -> int:
    """Return a quarter of the memory of the machine or the container, from 1 to 8 GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # without a limit, the file is missing or has "max"
            memory = min(memory, int(limit.read_text()))
    return min(max(memory // GIGABYTE // 4, 1), 8)


@contextmanager
def spark_defaults_file(conf: Mapping[str, str]) -> Generator[None]:
    """Let a JVM that PySpark starts inside this block read its configuration from a file.

    PySpark passes configuration as arguments, which every user of the machine can see, and these
    values may be secrets. Only the owner can read the file, and it is deleted after the block.
    """
    with _submit_args_lock:
        number, name = tempfile.mkstemp(prefix="emr-ml-", suffix=".properties")
        remove = partial(Path(name).unlink, missing_ok=True)
        atexit.register(remove)  # a thread that is in this block when the process ends never leaves
        previous = os.environ.get(SUBMIT_ARGS)
        try:
            with os.fdopen(number, "w") as file:
                file.write(as_properties(conf))
            options = f"--load-spark-defaults --properties-file {shlex.quote(name)}"
            os.environ[SUBMIT_ARGS] = f"{options} {previous or 'pyspark-shell'}"
            yield
        finally:
            os.environ.pop(SUBMIT_ARGS, None)
            if previous is not None:
                os.environ[SUBMIT_ARGS] = previous
            remove()
            atexit.unregister(remove)
