"""The Spark session of a run on this machine: on a warm Java, or on one of its own."""

import atexit
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from logging import Logger
from typing import TYPE_CHECKING, Any

from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.local_spark import (
    C2_EXCLUSIONS,
    CLASS_ARCHIVE,
    DataSize,
    local_conf,
    name_python_of_workers,
    spark_defaults_file,
)
from emr_ml.launchers.spark_conf import installed_spark
from emr_ml.launchers.spark_java import check_java, find_java
from emr_ml.warm.channel import WarmError
from emr_ml.warm.client import Attachment, Gateway
from emr_ml.warm.java_spec import JavaSpec
from spark_jobs.runtime.imports import import_ahead
from spark_jobs.runtime.submit import summarize_error

if TYPE_CHECKING:
    from dagster_pyspark import LazyPySparkResource
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

GATEWAY_PORT, GATEWAY_SECRET = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"
SECONDS_TO_END = 5.0
# Of this process, to its end: PySpark can't change to another Java. The holder takes Java back
# when the kernel closes the connection in it.
_lent: list[Gateway] = []


@dataclass(frozen=True)
class OwnJava:
    """A Java that ends with this process.

    Args:
        gateway: py4j's, as PySpark launches it.
        reason: why it is not the warm one, if the run may use that.
    """

    gateway: Any
    reason: str


class LocalSession:
    """One session for all jobs of a run, started when the first version has to be computed.

    Args:
        spark_conf: what the user sets; it may contain secrets.
        on_s3: whether the lake or a source is on S3.
        size: of the sources.
        warm_seconds: for how long Java waits for the next run; None ends it with this one.
    """

    def __init__(
        self,
        spark_conf: Mapping[str, str],
        *,
        on_s3: bool,
        size: DataSize,
        warm_seconds: float | None,
    ) -> None:
        self._spark_conf = spark_conf
        self._on_s3 = on_s3
        self._size = size
        self._warm_seconds = warm_seconds
        self._java: Future[Gateway | OwnJava] | None = None
        self._resource: LazyPySparkResource | None = None

    def prepare(self, uris: Iterable[str]) -> None:
        """Start Java in a thread, unless this process has one.

        Args:
            uris: of the files that the next job reads.
        """
        name_python_of_workers()
        if self._java or has_java():
            return
        self._on_s3 = self._on_s3 or any(uri.startswith("s3://") for uri in uris)
        # Here and not in the thread: modules of PySpark import each other, and two threads that
        # import them at the same time find half of them.
        import_module("pyspark.java_gateway")

        self._java = _in_thread(partial(self._start_java, self._warm_spec()))

    def start(self, log: Logger, ahead: Sequence[str] = ()) -> "SparkSession":
        """Return the session.

        Args:
            log: of the run.
            ahead: modules to import while Java starts.

        Raises:
            LaunchError: there is no Java on which Spark runs, or Spark does not start.
        """
        try:
            if self._resource is None:
                # importing this takes seconds, which a run that reuses every version need not spend
                from dagster_pyspark import LazyPySparkResource

                self._resource = LazyPySparkResource(spark_config=self._conf())
            if self._java:
                starting, self._java = self._java, None
                import_ahead(ahead, until=starting.done)
                self._start_context(starting.result(), log)
            return self._resource.spark_session
        except LaunchError:
            raise
        except Exception as error:
            raise LaunchError(_start_failure_message(error, self._spark_conf)) from error

    def _conf(self) -> dict[str, str]:
        defaults = local_conf(on_s3=self._on_s3, size=self._size)
        return {key: defaults[key] for key in defaults if key not in self._spark_conf}

    def _warm_spec(self) -> JavaSpec | None:
        """Return what is wanted of the warm Java, or None if the run may not use one."""
        # Credentials and secret configuration would stay in Java's environment and properties.
        if self._warm_seconds is None or self._on_s3 or self._spark_conf:
            return None
        with suppress(LaunchError, OSError):  # the start will say what is wrong with Java
            files = (CLASS_ARCHIVE, C2_EXCLUSIONS)
            return JavaSpec.for_run(self._conf(), find_java(), installed_spark(), files)
        return None

    def _start_java(self, spec: JavaSpec | None) -> "Gateway | OwnJava":
        """Return the gateway of the warm Java, or of one that ends with this process.

        Raises:
            LaunchError: there is no Java on which Spark runs.
            Exception: it does not start.
        """
        reason = ""
        if spec is not None:
            try:
                return self._ask(spec).wait()
            except (WarmError, OSError) as error:
                reason = f"the warm one can't be used: {error}"
        return OwnJava(self._launch(), reason)

    def _ask(self, spec: JavaSpec) -> Attachment:
        assert self._warm_seconds is not None
        return Attachment(spec, self._warm_seconds, check_java)

    def _launch(self) -> Any:
        from pyspark.java_gateway import launch_gateway

        check_java()
        with spark_defaults_file(self._spark_conf):
            return launch_gateway(_spark_conf(self._conf()))

    def _start_context(self, java: "Gateway | OwnJava", log: Logger) -> None:
        """Start Spark in the Java, where PySpark's sessions of this process will find it."""
        if isinstance(java, Gateway):
            problem = self._start_in_warm_java(java, log)
            if problem is None:
                return
            java = OwnJava(self._launch(), problem)
        if java.reason:
            log.info("this run starts its own Spark: %s", java.reason)
        try:
            _start_context_on(java.gateway, self._conf())
        except BaseException:
            java.gateway.proc.stdin.close()  # which ends it
            raise

    def _start_in_warm_java(self, lent: Gateway, log: Logger) -> str | None:
        """Start Spark in the warm Java; return None, or what is wrong with it."""
        from py4j.protocol import Py4JJavaError

        try:
            try:
                gateway = _start_on(lent, self._conf())
            except Py4JJavaError:
                # A run that was killed while its context started left it behind: it appeared after
                # Java had been cleared. Now that the connection is closed, Java is cleared again.
                spec = self._warm_spec()
                if spec is None:
                    raise
                gateway = _start_on(self._ask(spec).wait(), self._conf())
        except (WarmError, OSError) as error:
            return f"the warm one can't be used: {error}"
        except Exception as error:
            return f"the warm one failed: {summarize_error(error)}"
        _lent.append(gateway)
        log.info(
            "Spark is warm in process %s, for %.0f more minutes after this run: `emr-ml stop` "
            "ends it, and EMR_ML_WARM=0 starts none",
            gateway.java,
            (self._warm_seconds or 0.0) / 60,
        )
        return None


def _in_thread(function: "Callable[[], Gateway | OwnJava]") -> "Future[Gateway | OwnJava]":
    """Call a function in a thread that keeps the process from ending for a few seconds only."""
    future: Future[Gateway | OwnJava] = Future()

    def call() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    thread = threading.Thread(target=call, name="start-java", daemon=True)
    thread.start()
    atexit.register(thread.join, SECONDS_TO_END)  # it may have files to remove
    return future


def has_java() -> bool:
    """Whether PySpark in this process has a Java, or has been told which one to use."""
    core: Any = sys.modules.get("pyspark.core.context")
    return GATEWAY_PORT in os.environ or bool(core and core.SparkContext._gateway)


def _start_on(gateway: Gateway, conf: Mapping[str, str]) -> Gateway:
    from pyspark.java_gateway import launch_gateway

    try:
        # only for this call: the secret is for this process alone
        os.environ |= {GATEWAY_PORT: str(gateway.port), GATEWAY_SECRET: gateway.secret}
        try:
            connected = launch_gateway()
        finally:
            del os.environ[GATEWAY_PORT], os.environ[GATEWAY_SECRET]
        _start_context_on(connected, conf)
    except BaseException:
        gateway.connection.close()
        raise
    return gateway


def _start_context_on(gateway: Any, conf: Mapping[str, str]) -> None:
    from pyspark import SparkContext

    try:
        started: Any = SparkContext(conf=_spark_conf(conf), gateway=gateway)
        hadoop = gateway.jvm.org.apache.hadoop.fs.FileSystem
        # its files of checksums would double the number of files, and of processes that make them
        hadoop.getLocal(started._jsc.hadoopConfiguration()).setWriteChecksum(False)
    except BaseException:
        context: Any = SparkContext
        context._gateway = context._jvm = None
        with suppress(Exception):
            gateway.close()
        raise


def _spark_conf(conf: Mapping[str, str]) -> "SparkConf":
    from pyspark import SparkConf

    return SparkConf().setAll(list(conf.items()))


def _start_failure_message(error: Exception, conf: Mapping[str, str]) -> str:
    # only the names: a value may be a secret
    settings = f" with {', '.join(conf)} of EMR_ML_SPARK_CONF" if conf else ""
    return (
        f"Spark did not start{settings}: {summarize_error(error)}\n"
        "Java's output is in the run's captured stderr; fix the configuration, and run it again"
    )
