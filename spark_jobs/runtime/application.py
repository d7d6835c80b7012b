"""A Spark application that runs further attempts of its run, one after the other."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from spark_jobs.runtime.execution import SCRIPT, Run, job_function
from spark_jobs.runtime.handover import MAX_AGE_SECONDS, WAIT_SECONDS, Handover, wait_for_next
from spark_jobs.runtime.imports import NEEDED_NEXT, import_ahead
from spark_jobs.runtime.job import JobError, Request, Result
from spark_jobs.runtime.lake import open_lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# an attempt that was taken and not begun is lost, and repeated by its launcher
RETRY_SECONDS, MAX_ERRORS = 2.0, 5
IMPORT_SECONDS = 30.0


@dataclass(frozen=True)
class Application:
    """This process and its Spark.

    Args:
        record: address of the record by which attempts are handed over.
        host: address of the request for which the application was started.
        package: whose modules it may run, besides those of `spark_jobs`: whoever can write the
            record could name any module of Python's library.
        started: when the process started, by the monotonic clock.
        perform: runs a job for the request at an address, and returns its exit code.
    """

    record: str
    host: str
    package: str
    started: float
    perform: Callable[[Run, str, logging.Logger], int]

    def run_offered(self, log: logging.Logger) -> int:
        """Run what is offered until a job fails or no other comes, and return the exit code."""
        imports = threading.Thread(target=import_ahead, args=(NEEDED_NEXT,), daemon=True)
        imports.start()
        try:
            return self._run_offered(imports, log)
        finally:
            imports.join(IMPORT_SECONDS)  # Python ends badly while a thread imports

    def _run_offered(self, imports: threading.Thread, log: logging.Logger) -> int:
        folder, _, key = self.record.rpartition("/")
        lake, done, errors = open_lake(folder), self.host, 0
        while (left := self.started + MAX_AGE_SECONDS - time.monotonic()) > 0:
            try:
                seconds = min(left, WAIT_SECONDS)
                offer = wait_for_next(
                    lake, key, self.host, done, seconds=seconds, is_alive=_spark_is_alive
                )
            except JobError as error:
                log.warning("not waiting for another attempt: %s", error)
                return 0
            except Exception as error:
                # an offer may have been taken already, so it is looked at again
                log.warning("the lake does not answer: %s", error)
                errors += 1
                if errors == MAX_ERRORS:
                    return 0
                time.sleep(RETRY_SECONDS)
                continue
            if offer is None:
                return 0
            done = offer.request
            # two threads that import the same packages may wait for each other
            imports.join(IMPORT_SECONDS)
            code = self.perform(self._job(offer), offer.request, log)
            if code > 0:
                # the reason is recorded; the run's next application may wait
                with suppress(Exception):
                    replace(offer, state="closed").write(lake, key, lake.read(key))
            if code or not offer.more:
                return code
        return 0

    def _job(self, offer: Handover) -> Run:
        def run(spark: "SparkSession", request: Request, log: logging.Logger) -> Result | None:
            package = offer.module.removeprefix(SCRIPT).partition(".")[0]
            if package not in ("spark_jobs", self.package):
                raise JobError(
                    f"{self.record} names the module {offer.module}, which is not of the package "
                    f"{self.package}: find out who wrote that, and materialize the asset again"
                )
            self._forget_last_job(spark, offer.request)
            return job_function(offer.module)(spark, request, log)

        return run

    def _forget_last_job(self, spark: "SparkSession", address: str) -> None:
        """Release what the last job has cached, and keep checkpoints where they will be deleted."""
        context: Any = spark.sparkContext
        spark.catalog.clearCache()
        for rdd in list(context._jsc.getPersistentRDDs().values()):
            rdd.unpersist()
        for pool in context._jvm.java.lang.management.ManagementFactory.getMemoryPoolMXBeans():
            pool.resetPeakUsage()
        folders = [f"{each.rpartition('/')[0]}/checkpoints" for each in (self.host, address)]
        # not where a user has chosen a folder
        if context.getConf().get("spark.checkpoint.dir", "") == folders[0]:
            context.setCheckpointDir(folders[1])


def _spark_is_alive() -> bool:
    from pyspark.sql import SparkSession

    with suppress(Exception):
        context: Any = SparkSession.builder.getOrCreate().sparkContext
        return not context._jsc.sc().isStopped()
    return False
