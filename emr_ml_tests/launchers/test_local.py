"""A launch with Spark in this process, from request to commit, and its failures."""

import logging
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from emr_ml import sample_data
from emr_ml.lake.leases import LeaseFile
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.local import LocalLauncher
from emr_ml.launchers.local_spark import JAVA_OPTIONS, DataSize
from emr_ml.launchers.spark_java import check_java
from emr_ml_tests.launchers.sales_work import sales_work
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.attempt import check_lease, start_attempt
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import Report, job_key, lease_key, read_report

pytestmark = pytest.mark.usefixtures("spark")

LOG = logging.getLogger("test")
# for the JVM of a process of its own, which computes little
SHORT = {"spark.driver.extraJavaOptions": JAVA_OPTIONS[DataSize.SMALL]}


def launcher_at(folder: Path) -> LocalLauncher:
    return LocalLauncher(open_lake(str(folder / "lake")), 0.05, {}, on_s3=False)


def committed(lake: Lake, work: VersionSpec) -> Report | None:
    return read_report(lake, work.asset, work.version)


def test_a_new_version_is_computed_and_its_report_lists_the_data(tmp_path: Path) -> None:
    launcher, work = launcher_at(tmp_path), sales_work(tmp_path)

    outcome = launcher.launch(work, LOG)

    assert not outcome.reused
    assert outcome.report.rows == {"in": 1000, "kept": 1000, "rejected": 0}
    assert [Path(file["name"]).parent.name for file in outcome.report.files] == ["sellers"]
    assert pq.read_table(f"{outcome.report.path}/sellers").num_rows == 6


def test_a_committed_version_is_reused_without_spark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher, work = launcher_at(tmp_path), sales_work(tmp_path)
    first = launcher.launch(work, LOG)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    again = launcher_at(tmp_path).launch(work, LOG)

    assert again.reused
    assert again.report == first.report


def test_concurrent_launches_share_one_attempt(tmp_path: Path) -> None:
    work = sales_work(tmp_path)
    outcomes = []
    askers = [
        threading.Thread(target=lambda: outcomes.append(launcher_at(tmp_path).launch(work, LOG)))
        for _ in range(4)
    ]

    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert [outcome.report.attempt for outcome in outcomes] == [1] * 4
    assert sorted(outcome.reused for outcome in outcomes) == [False, True, True, True]


def test_force_makes_the_next_attempt_the_committed_one(tmp_path: Path) -> None:
    launcher = launcher_at(tmp_path)
    launcher.launch(sales_work(tmp_path), LOG)

    outcome = launcher.launch(sales_work(tmp_path, force=True), LOG)

    assert (outcome.report.attempt, outcome.reused) == (2, False)
    assert committed(launcher.lake, sales_work(tmp_path)) == outcome.report


def test_a_failed_attempt_releases_the_lease_and_commits_nothing(tmp_path: Path) -> None:
    launcher, work = launcher_at(tmp_path), sales_work(tmp_path)
    source = sample_data.sales(tmp_path)
    source.write_text(source.read_text() + "changed")

    with pytest.raises(JobError, match="changed since the snapshot"):
        launcher.launch(work, LOG)

    assert committed(launcher.lake, work) is None
    lease = LeaseFile(launcher.lake, lease_key(work.asset, work.version)).read()
    assert lease
    assert lease.status == "ended"


def test_a_failure_of_spark_names_attempt_and_cause(tmp_path: Path) -> None:
    launcher, work = launcher_at(tmp_path), sales_work(tmp_path)
    broken = {**work.contract, "dialect": {**work.contract["dialect"], "encoding": "no-such"}}

    with pytest.raises(LaunchError, match=r"attempt 1 of sales_by_seller failed: .*no-such"):
        launcher.launch(sales_work(tmp_path, contract=broken), LOG)


def test_another_release_of_spark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"requested for Spark 3\.5\.8"):
        launcher_at(tmp_path).launch(sales_work(tmp_path, spark="3.5.8"), LOG)


def test_a_zombie_attempt_stops_before_it_does_anything(tmp_path: Path) -> None:
    launcher, work = launcher_at(tmp_path), sales_work(tmp_path)
    lease_file = LeaseFile(launcher.lake, lease_key(work.asset, work.version), duration=0.0)
    assert lease_file.acquire("first")
    lease_file.acquire("second")
    time.sleep(0.01)
    assert lease_file.acquire("second")
    request = Request(
        work.asset, work.version, 1, launcher.lake.root, "", {}, {}, {}, work.code, work.spark
    )

    with pytest.raises(JobError, match=r"attempt 1 .* was superseded: the lease is for attempt 2"):
        check_lease(launcher.lake, request)


def test_the_next_attempt_takes_over_from_a_killed_owner_at_once(tmp_path: Path) -> None:
    work = sales_work(tmp_path)
    spawn = multiprocessing.get_context("spawn")
    owner = spawn.Process(target=launch_in_child, args=(str(tmp_path),))
    owner.start()
    lake = open_lake(str(tmp_path / "lake"))
    wait_until(lambda: lake.read(lease_key(work.asset, work.version)))
    assert owner.pid
    os.kill(owner.pid, signal.SIGKILL)
    owner.join()

    outcome = launcher_at(tmp_path).launch(work, LOG)

    assert outcome.report.attempt == 2
    assert committed(lake, work) == outcome.report


def launch_in_child(folder: str) -> None:
    launcher_at(Path(folder)).launch(sales_work(Path(folder)), LOG)


def failure_in_child(folder: str, conf: dict[str, str]) -> str:
    """Return the error of a launch in a process with its own JVM."""
    lake = open_lake(str(Path(folder) / "lake"))
    with pytest.raises(LaunchError) as failure:
        LocalLauncher(lake, 0.05, conf, on_s3=False).launch(sales_work(Path(folder)), LOG)
    return str(failure.value)


def test_a_configuration_that_keeps_spark_from_starting_is_named(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        conf = {"spark.driver.memory": "300m"}
        said = pool.submit(failure_in_child, str(tmp_path), conf).result()

    assert said.startswith("Spark did not start with spark.driver.memory of EMR_ML_SPARK_CONF:")
    assert "System memory" in said and "fix the configuration" in said


def test_a_java_that_is_killed_is_named_as_the_cause(tmp_path: Path) -> None:
    work, lake = sales_work(tmp_path), open_lake(str(tmp_path / "lake"))
    begun = job_key(work.asset, work.version, 1, "started.json")
    others = javas()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        running = pool.submit(failure_in_child, str(tmp_path), SHORT)
        while lake.read(begun) is None and not running.done():
            time.sleep(0.02)
        for java in javas() - others:
            java.kill()
        said = running.result()

    assert "Spark's Java process is gone" in said


def failure_of_the_first_call(folder: str) -> str:
    """Return the error of a launch whose JVM is killed before the job first calls it."""

    def begin_and_kill(lake: Lake, request: Request) -> None:
        start_attempt(lake, request)
        for java in javas():
            java.kill()
            java.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("emr_ml.launchers.local.start_attempt", begin_and_kill)
        return failure_in_child(folder, SHORT)


def test_a_java_that_is_killed_before_the_first_call_is_named_as_the_cause(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        said = pool.submit(failure_of_the_first_call, str(tmp_path)).result()

    assert "Spark's Java process is gone" in said


def javas() -> set[psutil.Process]:
    return {each for each in psutil.Process().children(recursive=True) if each.name() == "java"}


@pytest.mark.parametrize(("release", "fits"), [("8", False), ("17", True), ("21", True)])
def test_java_is_refused_by_release_before_spark_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, fits: bool
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{release}.0.1\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    if fits:
        check_java()
    else:
        with pytest.raises(LaunchError, match=f"needs Java 17 or 21, but .* is {release}"):
            check_java()


def test_without_java_the_error_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(LaunchError, match="run `make setup`"):
        check_java()


@pytest.mark.soak
def test_an_attempt_can_be_run_again_by_plain_spark_submit(tmp_path: Path) -> None:
    launcher, work = launcher_at(tmp_path), sales_work(tmp_path)
    outcome = launcher.launch(work, LOG)
    (Path(launcher.lake.root) / work.asset / work.version / "report.json").unlink()
    shutil.rmtree(Path(outcome.report.path) / "sellers")
    (Path(outcome.report.path) / "_job" / "started.json").unlink()
    submit = Path(sys.executable).with_name("spark-submit")

    said = subprocess.run(
        [str(submit), "spark_jobs/sales_by_seller.py", f"{outcome.report.path}/_job/request.json"],
        env={
            **os.environ,
            "PYSPARK_PYTHON": sys.executable,
            "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    again = committed(launcher.lake, work)
    assert again
    assert again.rows == outcome.report.rows
