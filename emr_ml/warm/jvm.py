"""The warm JVM: how it starts, what is cleared after each run, and how it ends."""

import logging
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.java_gateway import JavaObject
from pyspark.conf import SparkConf
from pyspark.java_gateway import launch_gateway

LOG = logging.getLogger("emr_ml.warm")
SECONDS_TO_END = 10.0
# A JVM that holds more than this after a run, when all of it should be garbage, is ended: a
# share of its heap in use, bytes of heap that it keeps, and bytes of classes and compiled code.
MAX_HEAP_SHARE = 0.25
MAX_HEAP_BYTES = 1 << 30
MAX_OTHER_BYTES = 400 << 20
# a heap shrinks to what is in use and two thirds of that
MAX_HEAP_FREE_RATIO, NEVER_SHRINK = "40", "100"
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


class WarmJvm:
    """A JVM with a gateway for one run after the other.

    Args:
        conf: Spark's properties of the JVM.
        output: for what it prints.

    Attributes:
        address: port and secret of the gateway.

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
            launched: Any = launch_gateway(settings, {"stdout": sink, "stderr": sink})
        except BaseException:
            os.close(sink)
            self._pump.join(SECONDS_TO_END)  # for its last words
            raise
        os.close(sink)
        self._process: subprocess.Popen[bytes] = launched.proc
        parameters = launched.gateway_parameters
        self.address = {"port": parameters.port, "secret": parameters.auth_token}
        # PySpark's own would import pandas to convert arguments: 80 MB
        plain = JavaParameters(port=parameters.port, auth_token=parameters.auth_token)
        self._gateway: Any = ClientServer(plain, PythonParameters(port=0, eager_load=False))

    @property
    def pid(self) -> int:
        return self._process.pid

    def ended(self) -> bool:
        """Whether the process is over."""
        return self._process.poll() is not None

    def clear(self) -> str | None:
        """Remove what a run has left, and return why the next run should not use this JVM.

        Raises:
            Exception: Java does not do that.
        """
        jvm = self._gateway.jvm
        active = getattr(getattr(jvm, "org.apache.spark.SparkContext$"), "MODULE$").getActive()
        if active.isDefined():
            folder = jvm.org.apache.spark.util.Utils.getLocalDir(active.get().conf())
            active.get().cancelAllJobs()
            active.get().stop()
            for left in Path(folder).glob("pyspark-*"):
                shutil.rmtree(left, ignore_errors=True)
        sessions = getattr(jvm, "org.apache.spark.sql.classic.SparkSession")
        sessions.clearDefaultSession()
        sessions.clearActiveSession()
        self._forget_objects()
        management = jvm.java.lang.management.ManagementFactory
        # only now: while a run works, it would shrink and grow all the time
        self._set_option("MaxHeapFreeRatio", MAX_HEAP_FREE_RATIO)
        jvm.java.lang.System.gc()
        self._set_option("MaxHeapFreeRatio", NEVER_SHRINK)
        # each run reports the peak of its own use
        for pool in management.getMemoryPoolMXBeans():
            pool.resetPeakUsage()
        memory = management.getMemoryMXBean()
        heap, other = memory.getHeapMemoryUsage(), memory.getNonHeapMemoryUsage().getUsed()
        share, kept = heap.getUsed() / heap.getMax(), heap.getCommitted()
        LOG.info(
            "after a run: %.0f%% of the heap in use, %s MB kept, %s MB of classes and code",
            *(share * 100, kept >> 20, other >> 20),
        )
        self._forget_objects()
        if share > MAX_HEAP_SHARE or kept > MAX_HEAP_BYTES:
            return f"its heap takes {kept >> 20} MB, of which {share:.0%} are in use"
        if other > MAX_OTHER_BYTES:
            return f"its classes and compiled code take {other >> 20} MB"
        return None

    def _set_option(self, name: str, value: str) -> None:
        jvm = self._gateway.jvm
        kind = jvm.java.lang.Class.forName("com.sun.management.HotSpotDiagnosticMXBean")
        jvm.java.lang.management.ManagementFactory.getPlatformMXBean(kind).setVMOption(name, value)

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
