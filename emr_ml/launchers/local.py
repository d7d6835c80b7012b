"""Run jobs in this process, on one local Spark session for the whole run."""

import atexit
import os
import re
import shutil
import subprocess
import tempfile
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING

from emr_ml.lake.job_code import code_to_ship, pack
from emr_ml.lake.leases import HeldLease
from emr_ml.lake.versions import local_spark
from emr_ml.launchers.base import AttemptResult, Launcher, LaunchError
from emr_ml.launchers.local_spark import DataSize, local_conf, spark_defaults_file
from spark_jobs.runtime.attempt import start_attempt
from spark_jobs.runtime.execution import execute, job_function
from spark_jobs.runtime.job import JobError, Request, Stopwatch
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.submit import java_is_gone, summarize_error

if TYPE_CHECKING:
    from dagster_pyspark import LazyPySparkResource
    from pyspark.sql import SparkSession

JAVA_RELEASES = (17, 21)


class LocalLauncher(Launcher):
    """One JVM per run, started when the first version has to be computed."""

    def __init__(
        self,
        lake: Lake,
        poll_seconds: float,
        spark_conf: dict[str, str],
        *,
        on_s3: bool,
        size: DataSize = DataSize.LARGE,
    ) -> None:
        super().__init__(lake, poll_seconds)
        self._on_s3 = on_s3
        self._size = size
        self._spark_conf = spark_conf
        # of this launcher and of those that `on` makes of it, so not a field of each
        self._sessions: list[LazyPySparkResource] = []

    @property
    def spark(self) -> str:
        return local_spark()

    def compute(
        self,
        request: Request,
        module: str,
        held: HeldLease,  # noqa: ARG002 - the attempt runs in this process
        log: Logger,
    ) -> AttemptResult:
        run = job_function(module)
        watch = Stopwatch()
        with watch.phase("session"):
            session = self._start_session(request)
            add_code(session, module)
        start_attempt(self.lake, request)
        try:
            return AttemptResult(execute(run, session, request, log, watch.seconds))
        except JobError:
            raise
        except Exception as error:
            raise LaunchError(_failure_message(error, request)) from error
        except BaseException:
            # the run was cancelled, so Spark must stop what it started
            session.sparkContext.cancelAllJobs()
            raise

    def _start_session(self, request: Request) -> "SparkSession":
        if not self._sessions:
            check_java()
            # importing this takes seconds, which a run that reuses every version need not spend
            from dagster_pyspark import LazyPySparkResource

            uris = [file.uri for each in request.inputs.values() for file in each.files]
            on_s3 = self._on_s3 or any(uri.startswith("s3://") for uri in uris)
            defaults = local_conf(on_s3=on_s3, size=self._size)
            conf = {key: defaults[key] for key in defaults if key not in self._spark_conf}
            self._sessions.append(LazyPySparkResource(spark_config=conf))
        try:
            with spark_defaults_file(self._spark_conf):
                return self._sessions[0].spark_session
        except Exception as error:
            raise LaunchError(_start_failure_message(error, self._spark_conf)) from error


def add_code(session: "SparkSession", module: str) -> None:
    """Give Python workers the modules of a job that is not in `spark_jobs`."""
    code = code_to_ship(module)
    if code is None:
        return
    folder = tempfile.mkdtemp(prefix="emr-ml-code-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    archive = Path(folder, f"{code.digest}.zip")
    archive.write_bytes(pack(code.files))
    session.sparkContext.addPyFile(str(archive))


def check_java() -> None:
    """Check that JAVA_HOME or PATH has a Java on which this Spark runs.

    Raises:
        LaunchError: it is missing, or of another release.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    supported = " or ".join(str(release) for release in JAVA_RELEASES)
    if not java or not Path(java).exists():
        searched = f"JAVA_HOME={home}" if home else "JAVA_HOME or PATH"
        raise LaunchError(
            f"Spark needs Java {supported}, and there is none in {searched}",
            fix="run `make setup`",
        )
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', output)
    if not match or int(match[1]) not in JAVA_RELEASES:
        release = match[1] if match else "of an unknown release"
        raise LaunchError(
            f"Spark needs Java {supported}, but {java} is {release}",
            fix="run `make setup`, or set JAVA_HOME to a supported one",
        )


def _start_failure_message(error: Exception, conf: dict[str, str]) -> str:
    # only the names: a value may be a secret
    settings = f" with {', '.join(conf)} of EMR_ML_SPARK_CONF" if conf else ""
    return (
        f"Spark did not start{settings}: {summarize_error(error)}\n"
        "Java's output is in the run's captured stderr; fix the configuration, and run it again"
    )


def _failure_message(error: Exception, request: Request) -> str:
    more_memory = (
        'give it more memory, for example with EMR_ML_SPARK_CONF=\'{"spark.driver.memory": "8g"}\''
    )
    if "OutOfMemoryError" in str(error):
        advice = f"Spark ran out of memory: {more_memory}"
    elif java_is_gone(error):
        advice = (
            "Spark's Java process is gone. Its last output is in the run's captured stderr; if "
            f"that contains OutOfMemoryError, {more_memory}. Otherwise something else ended it: "
            "run it again"
        )
    else:
        advice = "the stack trace is in the run's captured stderr; a new run makes a new attempt"
    return (
        f"attempt {request.attempt} of {request.asset} failed: {summarize_error(error)}\n{advice}"
    )
