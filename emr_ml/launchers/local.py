"""Run jobs in this process, on one local Spark session for the whole run."""

import atexit
import shutil
import tempfile
from collections.abc import Iterable
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING

from emr_ml.lake.job_code import code_to_ship, pack
from emr_ml.lake.leases import HeldLease
from emr_ml.lake.versions import local_spark
from emr_ml.launchers.base import AttemptResult, Launcher, LaunchError
from emr_ml.launchers.local_session import LocalSession
from emr_ml.launchers.local_spark import DataSize
from spark_jobs.runtime.attempt import start_attempt
from spark_jobs.runtime.execution import execute, job_function
from spark_jobs.runtime.imports import NEEDED_NEXT
from spark_jobs.runtime.job import JobError, Request, Stopwatch
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.submit import java_is_gone, summarize_error

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# what the assets of a pipeline need, imported while Spark starts
IMPORTED_AHEAD = (*NEEDED_NEXT, "emr_ml.model_report.charts")


class LocalLauncher(Launcher):
    """One Spark session per run, started when a version has to be computed.

    Args:
        user_conf, on_s3, size, warm_seconds: as of `LocalSession`.
    """

    def __init__(
        self,
        lake: Lake,
        poll_seconds: float,
        user_conf: dict[str, str],
        *,
        on_s3: bool,
        size: DataSize = DataSize.LARGE,
        warm_seconds: float | None = None,
    ) -> None:
        super().__init__(lake, poll_seconds)
        # of this launcher and of those that `on` makes of it
        self._session = LocalSession(user_conf, on_s3=on_s3, size=size, warm_seconds=warm_seconds)

    @property
    def spark(self) -> str:
        return local_spark()

    def prepare(self, uris: Iterable[str]) -> None:
        self._session.prepare(uris)

    def compute(
        self,
        request: Request,
        module: str,
        held: HeldLease,  # noqa: ARG002 - the attempt runs in this process
        log: Logger,
    ) -> AttemptResult:
        watch = Stopwatch()
        with watch.phase("session"):
            # Spark starts while Python imports the job
            self.prepare(file.uri for each in request.inputs.values() for file in each.files)
            run = job_function(module)
            ahead = IMPORTED_AHEAD if module.startswith("spark_jobs.") else ()
            session = self._session.start(log, ahead)
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
