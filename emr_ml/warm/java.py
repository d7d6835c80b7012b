"""The warm Java: how it starts, what is cleared after each run, and how it ends."""

import logging
import os
import subprocess
import threading
from collections.abc import Mapping
from typing import Any

from py4j.java_gateway import JavaObject
from pyspark.conf import SparkConf
from pyspark.java_gateway import launch_gateway

LOG = logging.getLogger("emr_ml.warm")
SECONDS_TO_END = 10.0
# A Java that holds more than this after a run, when all of it should be garbage, is ended: a
# share of the heap, and bytes of classes and compiled code.
MAX_HEAP_SHARE = 0.25
MAX_OTHER_BYTES = 400 << 20
# py4j's names of its server, its entry point and its view of Java; all other objects are of runs
PERMANENT_OBJECTS = ("GATEWAY_SERVER", "t", "j")


class Output:
    """Passes on what Java and its Python workers print, to whoever uses them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: int | None = None

    def use(self, file: int | None) -> None:
        """Pass output on to this open file, which is closed in the end; None drops output."""
        with self._lock:
            self._close()
            self._file = file

    def pump(self, source: int) -> None:
        """Pass on all output until its end."""
        while text := os.read(source, 1 << 16):
            with self._lock:
                try:
                    while self._file is not None and text:
                        text = text[os.write(self._file, text) :]
                except OSError:  # its reader is gone
                    self._close()
        os.close(source)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None


class WarmJava:
    """A Java with a gateway for one run after the other.

    Args:
        conf: Spark's properties of the Java.
        output: for what it prints.

    Raises:
        Exception: it does not start; the output says why.
    """

    def __init__(self, conf: Mapping[str, str], output: Output) -> None:
        self.output = output
        source, sink = os.pipe()
        self._pump = threading.Thread(target=output.pump, args=(source,), daemon=True)
        self._pump.start()
        settings = SparkConf(loadDefaults=False)
        settings.setAll(list(conf.items()))
        try:
            self._gateway: Any = launch_gateway(settings, {"stdout": sink, "stderr": sink})
        except BaseException:
            os.close(sink)
            self._pump.join(SECONDS_TO_END)  # for its last words
            raise
        os.close(sink)
        self._process: subprocess.Popen[bytes] = self._gateway.proc

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def address(self) -> dict[str, Any]:
        """Port and secret of the gateway."""
        parameters = self._gateway.gateway_parameters
        return {"port": parameters.port, "secret": parameters.auth_token}

    def ended(self) -> bool:
        """Whether the process is over."""
        return self._process.poll() is not None

    def clear(self) -> str | None:
        """Remove what a run has left, and return why the next run should not use this Java.

        Raises:
            Exception: Java does not do that.
        """
        jvm = self._gateway.jvm
        active = getattr(getattr(jvm, "org.apache.spark.SparkContext$"), "MODULE$").getActive()
        if active.isDefined():
            active.get().cancelAllJobs()
            active.get().stop()
        sessions = getattr(jvm, "org.apache.spark.sql.classic.SparkSession")
        sessions.clearDefaultSession()
        sessions.clearActiveSession()
        self._forget_objects()
        management = jvm.java.lang.management.ManagementFactory
        jvm.java.lang.System.gc()
        # each run reports the peak of its own use
        for pool in management.getMemoryPoolMXBeans():
            pool.resetPeakUsage()
        memory = management.getMemoryMXBean()
        heap, other = memory.getHeapMemoryUsage(), memory.getNonHeapMemoryUsage().getUsed()
        share = heap.getUsed() / heap.getMax()
        LOG.info("after a run: heap %.0f %%, other %s MB", share * 100, other >> 20)
        self._forget_objects()
        if share > MAX_HEAP_SHARE:
            return f"{share:.0%} of its heap are still in use"
        if other > MAX_OTHER_BYTES:
            return f"its classes and compiled code take {other >> 20} MB"
        return None

    def _forget_objects(self) -> None:
        """Release Java's objects of Python processes that ended without doing so."""
        names = self._gateway.jvm.java.util.ArrayList()
        for name in PERMANENT_OBJECTS:
            names.add(name)
        client = self._gateway._gateway_client
        server: Any = JavaObject("GATEWAY_SERVER", client)
        server.getGateway().getBindings().keySet().retainAll(names)

    def end(self) -> None:
        """End the process, and wait for that."""
        assert self._process.stdin
        self._process.stdin.close()  # which ends it, as the end of this process does
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
