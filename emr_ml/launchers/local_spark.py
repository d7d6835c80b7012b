"""Spark's configuration on one machine."""

import os
import shlex
import sys
import tempfile
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path

from emr_ml.sources.listing import SourceError, list_source
from spark_jobs.runtime.execution import NO_CALL_SITES

GIGABYTE = 1 << 30
# of Linux's two kinds of control groups
CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# With ten times its own thresholds, what Java compiles well is what has run for long: else that
# took a third of all CPU time of a run on texts.
COMPILES_LATE = (
    "-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 "
    "-XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
)
# Throughput counts here, not pauses; but Java may take a seventh of its time for garbage, or a
# quarter, not a hundredth. For 50,000 texts and a heap of 4 GB, all processes of a run had 2.7 GB
# with a seventh, 2.0 with a quarter, and it took the same time.
LARGE = f"-XX:+UseParallelGC -XX:GCTimeRatio=6 {COMPILES_LATE}"
# What plans and starts Spark's jobs need not be compiled well: for 50,000 texts, that took two
# fifths of C2's time. With more data, some of it runs for long, as to serialize rows does.
DIRECTIVES = Path(__file__).with_name("compiler_directives.json")
MEDIUM = (
    f"-XX:+UseParallelGC -XX:GCTimeRatio=3 {COMPILES_LATE} "
    f'-XX:+UnlockDiagnosticVMOptions "-XX:CompilerDirectivesFile={DIRECTIVES}"'
)
# Java then compiles what it can at once, but not well: half of the time that a short run takes
SMALL = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
# Spark then makes no code of the steps of a plan: on 50,000 texts, that took longer than it saved
MEDIUM_PLANS = {"spark.sql.codegen.wholeStage": "false"}
# nor of expressions, and plans are made once
SMALL_PLANS = {
    **MEDIUM_PLANS,
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}
# made at set-up; Java goes on without it if it does not fit
ARCHIVE = Path(sys.prefix) / "spark.jsa"
SUBMIT_ARGS = "PYSPARK_SUBMIT_ARGS"
_one_at_a_time = threading.Lock()


class Size(IntEnum):
    """Up to how many bytes of sources Spark is set up alike."""

    SMALL = 1 << 20  # to start takes most of the time
    MEDIUM = 1 << 25
    LARGE = sys.maxsize


JAVA = {Size.SMALL: SMALL, Size.MEDIUM: MEDIUM, Size.LARGE: LARGE}
PLANS = {Size.SMALL: SMALL_PLANS, Size.MEDIUM: MEDIUM_PLANS, Size.LARGE: {}}


def local_conf(*, on_s3: bool, size: Size = Size.LARGE) -> dict[str, str]:
    """Settings for all cores of one machine; `on_s3` with S3A."""
    cores = os.cpu_count() or 1
    conf = {
        "spark.app.name": "emr_ml",
        "spark.master": "local[*]",
        "spark.driver.memory": f"{driver_gigabytes()}g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # other users of this machine reach the driver's ports, and these take Java objects
        "spark.authenticate": "true",
        "spark.driver.extraJavaOptions": JAVA[size],
        # at WARN, Spark compares every header with names that the jobs do not use
        "spark.log.level": "ERROR",
        # 200 is for clusters: here most of the tasks would be empty
        "spark.sql.shuffle.partitions": str(cores),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **NO_CALL_SITES,
        **PLANS[size],
    }
    if ARCHIVE.exists():
        # beside the options that a user may set
        conf["spark.driver.defaultJavaOptions"] = f'"-XX:SharedArchiveFile={ARCHIVE}" -Xlog:cds=off'
    return conf | s3_conf() if on_s3 else conf


def size_of(sources: Iterable[str | None]) -> Size:
    """How much there is in these files and folders of this machine; None is a sample."""
    given = [source for source in sources if source]
    if any(source.startswith("s3://") for source in given):
        return Size.LARGE
    try:
        found = sum(file.size for source in given for file in list_source(source))
    except (SourceError, OSError):
        return Size.LARGE  # whoever reads them tells what is wrong
    return next(size for size in Size if found <= size)


@contextmanager
def configured_by_file(conf: Mapping[str, str]) -> Generator[None]:
    """While it is open, a Java that PySpark starts reads these settings from a file.

    PySpark gives settings as arguments, which every user of the machine can see, and these may
    be secrets. The file can be read by its owner alone, and is gone afterwards.
    """
    with (
        _one_at_a_time,
        tempfile.NamedTemporaryFile("w", prefix="emr-ml-", suffix=".properties") as file,
    ):
        before = os.environ.get(SUBMIT_ARGS)
        file.writelines(f"{_escaped(key)}={_escaped(value)}\n" for key, value in conf.items())
        file.flush()
        ours = f"--load-spark-defaults --properties-file {shlex.quote(file.name)}"
        os.environ[SUBMIT_ARGS] = f"{ours} {before or 'pyspark-shell'}"
        try:
            yield
        finally:
            os.environ.pop(SUBMIT_ARGS)
            if before is not None:
                os.environ[SUBMIT_ARGS] = before


def _escaped(text: str) -> str:
    """Text as Java's properties have it, with nothing left that has a meaning there."""
    units = text.encode("utf-16-be").hex(" ", 2).split()
    return "".join(f"\\u{unit}" for unit in units)


def driver_gigabytes() -> int:
    """A quarter of the memory that the machine or the container has, from 1 to 8 GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # no such limit is no file, or says "max"
            memory = min(memory, int(limit.read_text()))
    return min(max(memory // GIGABYTE // 4, 1), 8)


def s3_conf() -> dict[str, str]:
    """S3A with the endpoint, region and credentials that boto3 finds.

    `s3://` means S3A, as it does on EMR. The jars come from Maven Central once and are cached.
    """
    import boto3
    import pyspark

    jars = Path(pyspark.__file__).parent / "jars"
    hadoop = next(jars.glob("hadoop-client-api-*.jar")).stem.removeprefix("hadoop-client-api-")
    client = boto3.client("s3")
    return {
        "spark.jars.packages": f"org.apache.hadoop:hadoop-aws:{hadoop}",
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": client.meta.endpoint_url,
        "spark.hadoop.fs.s3a.endpoint.region": client.meta.region_name,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        # the SDK's own chain reads variables, profiles and roles, as boto3 does
        "spark.hadoop.fs.s3a.aws.credentials.provider": (
            "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
        ),
    }
