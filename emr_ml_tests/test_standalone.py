"""A Spark standalone cluster of real processes: what its master says, and what it survives."""

import os
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from emr_ml_tests.emulator.programs import Program
from emr_ml_tests.emulator.spark_home import spark_home
from emr_ml_tests.processes import go_down
from emr_ml_tests.standalone import JAVA_OPTIONS, Standalone, standalone_cluster
from emr_ml_tests.waiting import wait_until

pytestmark = [pytest.mark.process, pytest.mark.soak]

JOB = """
import time
from pathlib import Path
from pyspark.sql import SparkSession

context = SparkSession.builder.getOrCreate().sparkContext

def wait(number):
    Path(f"{folder}/{number}").touch()
    while number and not Path(f"{folder}/go").exists():
        time.sleep(0.1)
    return number

folder = context.getConf().get("spark.folder")
print("sum", context.parallelize(range(4), 4).map(wait).sum())
"""


class Driver:
    """A job whose tasks wait until the test lets them go."""

    def __init__(self, cluster: Standalone, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "job.py").write_text(JOB)
        conf = {
            "spark.folder": str(self.folder),
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": "512m",
            "spark.executor.memory": "512m",
            "spark.ui.enabled": "false",
            "spark.driver.extraJavaOptions": JAVA_OPTIONS,
            "spark.executor.extraJavaOptions": JAVA_OPTIONS,
        }
        command = [str(spark_home() / "bin" / "spark-submit"), "--master", cluster.url]
        command += ["--name", name, str(self.folder / "job.py")]
        for key, value in conf.items():
            command[1:1] = ["--conf", f"{key}={value}"]
        environment = {**os.environ, "SPARK_HOME": str(spark_home()), "SPARK_LOCAL_IP": "127.0.0.1"}
        self.program = Program(command, environment, self.folder, self.folder / "logs")

    def wait_for_tasks(self) -> None:
        """Wait until two tasks wait, each on a worker of its own."""
        wait_until(lambda: len(list(self.folder.glob("[123]"))) > 1, evidence=self.log)

    def log(self) -> str:
        return "".join(path.read_text() for path in (self.folder / "logs").iterdir())


@pytest.fixture(name="cluster", scope="module")
def fixture_cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Standalone]:
    with standalone_cluster(tmp_path_factory.mktemp("standalone"), {}) as cluster:
        yield cluster


@pytest.fixture(name="start")
def fixture_start(cluster: Standalone, tmp_path: Path) -> Generator[Callable[[str], Driver]]:
    """A function that starts a driver by its name."""
    started: list[Driver] = []

    def start(name: str) -> Driver:
        started.append(Driver(cluster, tmp_path, name))
        return started[-1]

    yield start
    for driver in started:
        driver.program.end()


def executors(cluster: Standalone) -> list[int]:
    """Return the ids of what workers have started and what is not a zombie.

    Each worker has one from its start: the script that it was before ran a program.
    """
    found: list[int] = []
    for worker in cluster.workers:
        children = (
            psutil.Process(worker.pid).children(recursive=True) if worker.poll() is None else ()
        )
        for child in children:
            with suppress(psutil.NoSuchProcess):
                found += [child.pid] * (child.status() != psutil.STATUS_ZOMBIE)
    return found


def test_an_application_is_found_by_its_name_and_ended_by_its_id(
    cluster: Standalone, start: Callable[[str], Driver]
) -> None:
    driver = start("lr_model 0a1b #1")
    driver.wait_for_tasks()

    (found,) = cluster.applications("lr_model 0a1b #1")
    assert (found["state"], found["cores"]) == ("RUNNING", 2)
    cluster.kill(found["id"])

    wait_until(lambda: driver.program.poll() is not None)
    assert driver.program.poll() == 1
    assert cluster.applications("lr_model 0a1b #1")[0]["state"] == "KILLED"


def test_nothing_is_left_of_an_application_whose_driver_is_killed(
    cluster: Standalone, start: Callable[[str], Driver]
) -> None:
    driver = start("killed")
    driver.wait_for_tasks()
    assert executors(cluster)

    go_down(psutil.Process(driver.program.pid))

    wait_until(lambda: not executors(cluster) and not cluster.state()["activeapps"])
    # so the master's word says nothing about success
    assert cluster.applications("killed")[0]["state"] == "FINISHED"


# last, because it costs the cluster a worker
def test_a_job_survives_the_loss_of_a_worker(
    cluster: Standalone, start: Callable[[str], Driver]
) -> None:
    driver = start("survivor")
    driver.wait_for_tasks()

    cluster.workers[0].end()
    (driver.folder / "go").touch()

    wait_until(lambda: driver.program.poll() is not None, evidence=driver.log)
    assert driver.program.poll() == 0
    assert "sum 6" in driver.log()
