"""The Spark session of a run on this machine: on a warm Java, or on one of its own."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
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
from spark_jobs.runtime.submit import summarize_error

if TYPE_CHECKING:
    from dagster_pyspark import LazyPySparkResource
    from pyspark.sql import SparkSession

GATEWAY_PORT, GATEWAY_SECRET = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"
# Of this process, to its end: PySpark can't change to another Java. The holder takes Java back
# when the kernel closes the connection in it.
_lent: list[Gateway] = []


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
        self._ask: Callable[[], Attachment] | None = None
        self._asked: Attachment | None = None
        self._resource: LazyPySparkResource | None = None

    def prepare(self, uris: Iterable[str], log: Logger) -> None:
        """Ask for the warm Java, if the run may use one and has none yet.

        Args:
            uris: of the files that the next job reads.
            log: of the run.

        Raises:
            LaunchError: there is no Java on which Spark runs.
        """
        if self._resource or self._asked:
            return
        name_python_of_workers()
        self._on_s3 = self._on_s3 or any(uri.startswith("s3://") for uri in uris)
        # Credentials and secret configuration would stay in Java's environment and properties.
        if self._warm_seconds is None or self._on_s3 or self._spark_conf or _has_java():
            return
        try:
            files = (CLASS_ARCHIVE, C2_EXCLUSIONS)
            spec = JavaSpec.for_run(self._conf(), find_java(), installed_spark(), files)
            self._ask = partial(Attachment, spec, self._warm_seconds, check_java)
            self._asked = self._ask()
        except (WarmError, OSError) as error:
            log.info("this run starts its own Spark, no warm one: %s", error)

    def start(self, log: Logger) -> "SparkSession":
        """Return the session.

        Raises:
            LaunchError: there is no Java on which Spark runs, or Spark does not start.
        """
        if self._resource is None:
            # importing this takes seconds, which a run that reuses every version need not spend
            from dagster_pyspark import LazyPySparkResource

            resource = LazyPySparkResource(spark_config=self._conf())
            if not self._use_warm_java(log):
                check_java()
            self._resource = resource
        try:
            with spark_defaults_file(self._spark_conf):
                return self._resource.spark_session
        except Exception as error:
            raise LaunchError(_start_failure_message(error, self._spark_conf)) from error

    def _conf(self) -> dict[str, str]:
        defaults = local_conf(on_s3=self._on_s3, size=self._size)
        return {key: defaults[key] for key in defaults if key not in self._spark_conf}

    def _use_warm_java(self, log: Logger) -> bool:
        """Make PySpark use the warm Java that was asked for; return False if that is not to be."""
        if self._asked is None or self._ask is None:
            return False
        from py4j.protocol import Py4JJavaError

        try:
            try:
                gateway = _attach(self._asked, self._conf())
            except Py4JJavaError:
                # A run that was killed while its context started left it behind: it appeared after
                # Java had been cleared. Now that the connection is closed, Java is cleared again.
                gateway = _attach(self._ask(), self._conf())
        except (WarmError, OSError) as error:
            log.info("this run starts its own Spark, as the warm one can't be used: %s", error)
            return False
        except Exception as error:
            log.warning(
                "this run starts its own Spark, as the warm one failed: %s", summarize_error(error)
            )
            return False
        _lent.append(gateway)
        assert self._warm_seconds is not None
        log.info(
            "Spark is warm in process %s, for %.0f more minutes after this run: `emr-ml stop` "
            "ends it, and EMR_ML_WARM=0 starts none",
            gateway.java,
            self._warm_seconds / 60,
        )
        return True


def _has_java() -> bool:
    """Whether PySpark in this process has a Java, or has been told which one to use."""
    core: Any = sys.modules.get("pyspark.core.context")
    return GATEWAY_PORT in os.environ or bool(core and core.SparkContext._gateway)


def _attach(asked: Attachment, conf: Mapping[str, str]) -> Gateway:
    """Return the gateway of the warm Java, on which this process has a context now.

    Raises:
        WarmError: the warm Java can't be used.
        Exception: Spark does not start on it.
    """
    gateway = asked.wait()
    try:
        _start_context(gateway, conf)
    except BaseException:
        gateway.connection.close()
        raise
    return gateway


def _start_context(gateway: Gateway, conf: Mapping[str, str]) -> None:
    """Start Spark in a running Java, where PySpark's sessions of this process will find it."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    settings = SparkConf().setAll(list(conf.items()))
    # only for this call, which starts no process: the secret is for this process alone
    os.environ |= {GATEWAY_PORT: str(gateway.port), GATEWAY_SECRET: gateway.secret}
    try:
        connected = launch_gateway()
    finally:
        del os.environ[GATEWAY_PORT], os.environ[GATEWAY_SECRET]
    try:
        SparkContext(conf=settings, gateway=connected)
    except BaseException:
        context: Any = SparkContext
        context._gateway = context._jvm = None
        with suppress(Exception):
            connected.close()
        raise


def _start_failure_message(error: Exception, conf: Mapping[str, str]) -> str:
    # only the names: a value may be a secret
    settings = f" with {', '.join(conf)} of EMR_ML_SPARK_CONF" if conf else ""
    return (
        f"Spark did not start{settings}: {summarize_error(error)}\n"
        "Java's output is in the run's captured stderr; fix the configuration, and run it again"
    )
