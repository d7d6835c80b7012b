"""The Spark session of a run on this machine."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from logging import Logger
from typing import TYPE_CHECKING

from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.local_jvm import PendingJvm, WarmRequest, has_jvm
from emr_ml.launchers.local_spark import (
    C2_EXCLUSIONS,
    CLASS_ARCHIVE,
    DataSize,
    local_conf,
    name_python_of_workers,
)
from emr_ml.launchers.spark_conf import installed_spark
from emr_ml.launchers.spark_java import find_java
from emr_ml.warm.jvm_spec import JvmSpec
from spark_jobs.runtime.imports import import_ahead
from spark_jobs.runtime.submit import summarize_error

if TYPE_CHECKING:
    from dagster_pyspark import LazyPySparkResource
    from pyspark.sql import SparkSession


class LocalSession:
    """One session for all jobs of a run, started when a version has to be computed.

    Args:
        user_conf: what the user sets of Spark; it may contain secrets.
        on_s3: whether the lake or a source is on S3.
        size: of the sources.
        warm_seconds: for how long the JVM waits for the next run; None ends it with this one.
    """

    def __init__(
        self,
        user_conf: Mapping[str, str],
        *,
        on_s3: bool,
        size: DataSize,
        warm_seconds: float | None,
    ) -> None:
        self._user_conf = user_conf
        self._on_s3 = on_s3
        self._size = size
        self._warm_seconds = warm_seconds
        self._pending: PendingJvm | None = None
        self._resource: LazyPySparkResource | None = None

    def prepare(self, uris: Iterable[str]) -> None:
        """Start a JVM, without waiting for it, unless this process has one.

        Args:
            uris: of the files that the next job reads.
        """
        name_python_of_workers()
        if has_jvm():
            return
        on_s3 = self._on_s3 or any(uri.startswith("s3://") for uri in uris)
        if self._pending:
            if on_s3 == self._on_s3:
                return
            self._pending.discard()  # it can't read S3
        self._on_s3 = on_s3
        conf = self._conf()
        self._pending = PendingJvm(conf, self._user_conf, self._warm_request(conf))

    def start(self, log: Logger, ahead: Sequence[str] = ()) -> "SparkSession":
        """Return the session.

        Args:
            log: of the run.
            ahead: modules to import while the JVM starts.

        Raises:
            LaunchError: there is no Java on which Spark runs, or Spark does not start.
        """
        pending, self._pending = self._pending, None
        if pending and has_jvm():  # something else in this process has started Spark meanwhile
            pending.discard()
            pending = None
        try:
            if self._resource is None:
                # importing this takes seconds, which a run that reuses every version need not spend
                from dagster_pyspark import LazyPySparkResource

                self._resource = LazyPySparkResource(spark_config=self._conf())
            if pending:
                import_ahead(ahead, until=pending.is_ready)
                pending.start_context(log)
            return self._resource.spark_session
        except LaunchError:
            raise
        except Exception as error:
            raise LaunchError(_start_failure_message(error, self._user_conf)) from error

    def _conf(self) -> dict[str, str]:
        defaults = local_conf(on_s3=self._on_s3, size=self._size)
        return {key: defaults[key] for key in defaults if key not in self._user_conf}

    def _warm_request(self, conf: Mapping[str, str]) -> WarmRequest | None:
        """Return what is wanted of the warm JVM, or None if the run may not use it."""
        # credentials and secret configuration would stay in the JVM's environment and properties
        if self._warm_seconds is None or self._on_s3 or self._user_conf:
            return None
        with suppress(LaunchError, OSError):  # the start will say what is wrong with Java
            files = (CLASS_ARCHIVE, C2_EXCLUSIONS)
            spec = JvmSpec.for_run(conf, find_java(), installed_spark(), files)
            return WarmRequest(spec, self._warm_seconds)
        return None


def _start_failure_message(error: Exception, conf: Mapping[str, str]) -> str:
    # only the names: a value may be a secret
    settings = f" with {', '.join(conf)} of EMR_ML_SPARK_CONF" if conf else ""
    return (
        f"Spark did not start{settings}: {summarize_error(error)}\n"
        "Java's output is in the run's captured stderr; fix the configuration, and run it again"
    )
