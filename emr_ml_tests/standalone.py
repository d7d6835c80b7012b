"""A Spark standalone cluster on loopback: a master and workers, each a process of its own."""

import json
import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from emr_ml_tests.emulator.programs import Program
from emr_ml_tests.emulator.spark_home import spark_home
from emr_ml_tests.waiting import wait_until

DAEMON_MEMORY = "256m"
# of daemons that mostly wait
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_URL = re.compile(r"Starting Spark master at (spark://\S+)")
_UI = re.compile(r"Bound MasterWebUI to \S+, and started at (http://\S+)")


@dataclass(frozen=True)
class Standalone:
    """A running cluster.

    Args:
        url: for `--master`.
        ui: address of the master's pages and of its JSON.
        master, workers: their processes.
        folder: with the logs, and the work folders of applications.
    """

    url: str
    ui: str
    master: Program
    workers: list[Program]
    folder: Path

    def state(self) -> dict[str, Any]:
        """Return what the master says of itself, its workers and its applications."""
        with urlopen(f"{self.ui}/json/", timeout=10) as answer:  # noqa: S310 - our own, on loopback
            return json.load(answer)

    def applications(self, name: str = "") -> list[dict[str, Any]]:
        """Return the applications of that name, or all; those that have ended come last."""
        state = self.state()
        several = [*state["activeapps"], *state["completedapps"]]
        return [one for one in several if name in ("", one["name"])]

    def kill(self, application: str) -> None:
        """End an application by its id, as its page's button does."""
        form = urlencode({"id": application, "terminate": "true"}).encode()
        request = Request(f"{self.ui}/app/kill/", form)  # noqa: S310 - our own, on loopback
        urlopen(request, timeout=10).close()  # noqa: S310 - on loopback

    @property
    def alive_workers(self) -> int:
        return self.state()["aliveworkers"]


@contextmanager
def standalone_cluster(
    folder: Path,
    environment: Mapping[str, str],
    *,
    workers: int = 2,
    cores: int = 1,
    memory: str = "1g",
    worker_timeout_seconds: int = 60,
) -> Generator[Standalone]:
    """The cluster, on free ports, until the block ends and all its processes are ended too.

    Args:
        folder: for logs and the work of applications.
        environment: more variables for workers, which executors inherit.
        workers: how many there are.
        cores: of each worker.
        memory: of each worker, for executors.
        worker_timeout_seconds: until a silent worker counts as dead; 60 is Spark's default.
    """
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
        "SPARK_DAEMON_JAVA_OPTS": (
            # its port is always the same, and nobody submits to it
            f"{JAVA_OPTIONS} -Dspark.master.rest.enabled=false "
            f"-Dspark.worker.timeout={worker_timeout_seconds}"
        ),
    }
    started: list[Program] = []

    def start(name: str, kind: str, more: Mapping[str, str], *arguments: str) -> Program:
        command = [str(spark_home() / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}"]
        where = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        folder.mkdir(parents=True, exist_ok=True)
        program = Program([*command, *where, *arguments], {**more, **own}, folder, folder / name)
        started.append(program)
        return program

    try:
        master = start("master", "master.Master", {})
        log = folder / "master" / "stderr"
        wait_until(lambda: _UI.search(log.read_text()), evidence=log.read_text)
        said = log.read_text()
        url, ui = _URL.findall(said)[0], _UI.findall(said)[0]
        each = ("--cores", str(cores), "--memory", memory, url)
        running = [
            start(
                f"worker-{number}",
                "worker.Worker",
                environment,
                *("--work-dir", str(folder / f"work-{number}")),
                *each,
            )
            for number in range(workers)
        ]
        cluster = Standalone(url, ui, master, running, folder)
        wait_until(lambda: cluster.alive_workers == workers, pause=0.1)
        yield cluster
    finally:
        for program in reversed(started):
            program.end()
