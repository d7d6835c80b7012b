"""Runs jobs in this process, on one local Spark session for the whole run."""

import importlib
import os
import re
import shutil
import subprocess
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING

from emr_ml.lake.leases import HeldLease
from emr_ml.lake.versions import local_spark
from emr_ml.launchers.base import Computed, Launcher, LaunchError
from emr_ml.launchers.local_spark import Size, configured_by_file, local_conf
from spark_jobs.runtime.attempt import start_attempt
from spark_jobs.runtime.execution import execute
from spark_jobs.runtime.job import JobError, Request, Stopwatch
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.submit import summarize_error

if TYPE_CHECKING:
    from dagster_pyspark import LazyPySparkResource
    from pyspark.sql import SparkSession

JAVA_RELEASES = (17, 21)
# what is said by jobs whose Java process ended meanwhile; py4j names the call alone, without a
# full stop and a trace, if it got no answer at all
GONE = re.compile(
    r"SparkContext was shut down|Answer from Java side is empty|Error while sending"
    r"|An error occurred while calling \S+[^.\s]\Z"
)


class LocalLauncher(Launcher):
    """One JVM per run, started when the first version has to be computed."""

    def __init__(
        self,
        lake: Lake,
        poll_seconds: float,
        spark_conf: dict[str, str],
        *,
        on_s3: bool,
        size: Size = Size.LARGE,
    ) -> None:
        super().__init__(lake, poll_seconds)
        self._on_s3 = on_s3
        self._size = size
        self._spark_conf = spark_conf
        self._session: LazyPySparkResource | None = None

    @property
    def spark(self) -> str:
        return local_spark()

    def compute(
        self,
        request: Request,
        held: HeldLease,  # noqa: ARG002 - this process is where the attempt is run
        log: Logger,
    ) -> Computed:
        run = importlib.import_module(f"spark_jobs.{request.asset}").run
        watch = Stopwatch()
        with watch.phase("session"):
            session = self._started(request)
        start_attempt(self.lake, request)
        try:
            return Computed(execute(run, session, request, log, watch.seconds), {})
        except JobError:
            raise
        except Exception as error:
            raise LaunchError(_explain(error, request)) from error
        except BaseException:
            # the run was cancelled: what it started must not go on
            session.sparkContext.cancelAllJobs()
            raise

    def _started(self, request: Request) -> "SparkSession":
        if self._session is None:
            check_java()
            # these imports take seconds, and a run that reuses everything needs none of them
            from dagster_pyspark import LazyPySparkResource

            named = [file.uri for given in request.inputs.values() for file in given.files]
            on_s3 = self._on_s3 or any(uri.startswith("s3://") for uri in named)
            conf = local_conf(on_s3=on_s3, size=self._size)
            ours = {key: conf[key] for key in conf if key not in self._spark_conf}
            self._session = LazyPySparkResource(spark_config=ours)
        try:
            with configured_by_file(self._spark_conf):
                return self._session.spark_session
        except Exception as error:
            raise LaunchError(_no_start(error, self._spark_conf)) from error


def check_java() -> None:
    """Raises LaunchError unless a Java that this Spark runs on is in JAVA_HOME or PATH."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    wanted = " or ".join(str(release) for release in JAVA_RELEASES)
    if not java or not Path(java).exists():
        place = f"JAVA_HOME={home}" if home else "JAVA_HOME or PATH"
        raise LaunchError(
            f"Spark needs Java {wanted}, and there is none in {place}: run `make setup`"
        )
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if not found or int(found[1]) not in JAVA_RELEASES:
        release = found[1] if found else "of an unknown release"
        raise LaunchError(
            f"Spark needs Java {wanted}, but {java} is {release}: run `make setup`, "
            "or set JAVA_HOME to a fitting one"
        )


def _no_start(error: Exception, conf: dict[str, str]) -> str:
    # names alone: a value may be a secret
    given = f" with {', '.join(conf)} of EMR_ML_SPARK_CONF" if conf else ""
    return (
        f"Spark did not start{given}: {summarize_error(error)}\n"
        "what Java said is in the run's captured stderr; mend the configuration, and run it again"
    )


def _explain(error: Exception, request: Request) -> str:
    more = 'give it more, as in EMR_ML_SPARK_CONF=\'{"spark.driver.memory": "8g"}\''
    if "OutOfMemoryError" in str(error):
        advice = f"Spark ran out of memory: {more}"
    elif isinstance(error, ConnectionError) or GONE.search(str(error)):
        advice = (
            "Spark's Java process is gone. Its last words are in the run's captured stderr; if "
            f"these say OutOfMemoryError, {more}. Otherwise something ended it: run it again"
        )
    else:
        advice = "the whole trace is in the run's captured stderr; a new run makes a new attempt"
    return (
        f"attempt {request.attempt} of {request.asset} failed: {summarize_error(error)}\n{advice}"
    )
