"""The JVM of a run on this machine: the warm one, or one that ends with the run."""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from logging import Logger
from typing import TYPE_CHECKING, Any

from emr_ml.launchers.local_spark import spark_defaults_file
from emr_ml.launchers.spark_java import check_java
from emr_ml.warm.channel import WarmError
from emr_ml.warm.client import Attachment, Gateway
from emr_ml.warm.jvm_spec import JvmSpec
from spark_jobs.runtime.submit import summarize_error

if TYPE_CHECKING:
    from pyspark import SparkConf

GATEWAY_PORT, GATEWAY_SECRET = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"
# Keeps the connections open until this process ends: PySpark can't change to another JVM, and the
# holder takes its JVM back when the connection closes.
_lent: list[Gateway] = []


@dataclass(frozen=True)
class WarmRequest:
    """What a run wants of the warm JVM.

    Args:
        spec: the JVM.
        idle_seconds: how long it waits for the next run.
    """

    spec: JvmSpec
    idle_seconds: float

    def send(self) -> Attachment:
        """Ask for the JVM; it raises what `Attachment` does."""
        return Attachment(self.spec, self.idle_seconds, check_java)


class OwnJvm:
    """A JVM that ends with this process.

    Args:
        gateway: py4j's, as PySpark launches it.
        problem: why it is not the warm one; "" if the run may not use that.
    """

    def __init__(self, gateway: Any, problem: str = "") -> None:
        self.gateway = gateway
        self.problem = problem

    def end(self) -> None:
        self.gateway.proc.stdin.close()


class PendingJvm:
    """A JVM that starts in a thread, so that the run can do something else until it is needed.

    Args:
        conf: Spark's configuration, without what the user sets.
        user_conf: what the user sets; it may contain secrets.
        warm: the warm JVM that is wanted; None if the run may not use one.
    """

    def __init__(
        self, conf: Mapping[str, str], user_conf: Mapping[str, str], warm: WarmRequest | None
    ) -> None:
        self._conf = conf
        self._user_conf = user_conf
        self._warm = warm
        # Not in the thread: modules of PySpark import each other, and two threads that import them
        # at the same time may see some that are only partly initialized.
        import_module("pyspark.java_gateway")
        self._jvm = _in_thread(self._obtain)

    def is_ready(self) -> bool:
        """Return True if it has started, or could not."""
        return self._jvm.done()

    def discard(self) -> None:
        """End it, or give it back, as soon as it has started."""
        self._jvm.add_done_callback(_release)

    def start_context(self, log: Logger) -> None:
        """Start Spark in it, where PySpark's sessions of this process will find it.

        Raises:
            LaunchError: there is no Java on which Spark runs.
            Exception: the JVM or Spark does not start.
        """
        jvm = self._jvm.result()
        if isinstance(jvm, Gateway):
            problem = self._start_in_warm_jvm(jvm, log)
            if not problem:
                return
            jvm = OwnJvm(self._launch(), problem)
        if jvm.problem:
            log.info("this run starts a JVM of its own: %s", jvm.problem)
        try:
            _create_context(jvm.gateway, self._conf)
        except BaseException:
            jvm.end()
            raise

    def _obtain(self) -> Gateway | OwnJvm:
        problem = ""
        if self._warm:
            try:
                return self._warm.send().wait()
            except (WarmError, OSError) as error:
                problem = f"the warm one can't be used: {error}"
        return OwnJvm(self._launch(), problem)

    def _launch(self) -> Any:
        from pyspark.java_gateway import launch_gateway

        check_java()
        with spark_defaults_file(self._user_conf):
            return launch_gateway(_spark_conf(self._conf))

    def _start_in_warm_jvm(self, lent: Gateway, log: Logger) -> str:
        """Start Spark in the warm JVM; return what is wrong with it, or ""."""
        from py4j.protocol import Py4JJavaError

        assert self._warm
        try:
            try:
                gateway = _attach(lent, self._conf)
            except Py4JJavaError:
                # A run that was killed while Spark started may leave a context that appears only
                # after the holder has cleared the JVM. Now that the connection is closed, it
                # clears the JVM again.
                gateway = _attach(self._warm.send().wait(), self._conf)
        except (WarmError, OSError) as error:
            return f"the warm one can't be used: {error}"
        except Exception as error:
            log.warning("Spark did not start in the warm JVM: %s", summarize_error(error))
            return "the warm one failed"
        _lent.append(gateway)
        log.info(
            "Spark stays up in process %s for %.0f minutes after this run, so that the next one "
            "starts faster: `emr-ml stop` ends it, EMR_ML_WARM=0 turns this off",
            gateway.java,
            self._warm.idle_seconds / 60,
        )
        return ""


def has_jvm() -> bool:
    """Return True if PySpark in this process has a JVM, or has been told which one to use."""
    core: Any = sys.modules.get("pyspark.core.context")
    return GATEWAY_PORT in os.environ or bool(core and core.SparkContext._gateway)


def _in_thread(function: Callable[[], Gateway | OwnJvm]) -> Future[Gateway | OwnJvm]:
    """Call a function in a thread that does not keep the process from ending."""
    future: Future[Gateway | OwnJvm] = Future()

    def call() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=call, name="start-jvm", daemon=True).start()
    return future


def _release(future: Future[Gateway | OwnJvm]) -> None:
    if future.exception() is None:
        jvm = future.result()
        if isinstance(jvm, Gateway):
            jvm.connection.close()
        else:
            jvm.end()


def _attach(lent: Gateway, conf: Mapping[str, str]) -> Gateway:
    """Start Spark in a JVM of the holder and return its gateway, or give the JVM back.

    Raises:
        Exception: Spark does not start.
    """
    from pyspark.java_gateway import launch_gateway

    try:
        # only for this call, which starts no process: the secret is for this process alone
        os.environ |= {GATEWAY_PORT: str(lent.port), GATEWAY_SECRET: lent.secret}
        try:
            connected = launch_gateway()
        finally:
            del os.environ[GATEWAY_PORT], os.environ[GATEWAY_SECRET]
        _create_context(connected, conf)
    except BaseException:
        lent.connection.close()
        raise
    return lent


def _create_context(gateway: Any, conf: Mapping[str, str]) -> None:
    """Create the context that all sessions of this process will have.

    Raises:
        Exception: Spark does not start.
    """
    from pyspark import SparkContext

    try:
        context: Any = SparkContext(conf=_spark_conf(conf), gateway=gateway)
    except BaseException:
        shared: Any = SparkContext
        if shared._gateway is gateway:
            shared._gateway = shared._jvm = None
        with suppress(Exception):
            gateway.close()
        raise
    # Files of checksums double the number of files, and of the processes that Hadoop starts for
    # them. Without this setting, Spark is only slower.
    with suppress(Exception):
        java, hadoop = gateway.jvm.java, gateway.jvm.org.apache.hadoop.fs.FileSystem
        local = hadoop.get(java.net.URI("file:///"), context._jsc.hadoopConfiguration())
        local.setWriteChecksum(False)


def _spark_conf(conf: Mapping[str, str]) -> "SparkConf":
    from pyspark import SparkConf

    return SparkConf().setAll(list(conf.items()))
