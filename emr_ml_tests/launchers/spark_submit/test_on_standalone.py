"""Attempts on a real standalone cluster: kills, and a cluster without workers."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from emr_ml.lake.leases import LeaseFile
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import LaunchError
from emr_ml_tests.launchers.stages import LOG, Stage, spark_submit_stage
from emr_ml_tests.standalone import Standalone, standalone_cluster
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.report import lease_key

pytestmark = [pytest.mark.process, pytest.mark.soak]


@contextmanager
def staged(folder: Path, workers: int) -> Generator[tuple[Stage, Standalone]]:
    with (
        standalone_cluster(folder / "cluster", {}, workers=workers) as cluster,
        spark_submit_stage(folder, cluster) as stage,
    ):
        yield stage, cluster


def running(cluster: Standalone) -> list[str]:
    """Return the names of applications that have a core."""
    return [each["name"] for each in cluster.state()["activeapps"] if each["cores"]]


def java_of(stage: Stage, work: VersionSpec) -> psutil.Process:
    lease = LeaseFile(stage.lake, lease_key(work.asset, work.version)).read()
    assert lease
    (java,) = psutil.Process(int(lease.location["pid"])).children()
    return java


def test_a_driver_whose_java_is_killed_is_replaced_and_its_run_goes_on(tmp_path: Path) -> None:
    with staged(tmp_path, workers=1) as (stage, cluster):
        work = stage.work("killed", until="released")
        run = stage.launch_elsewhere(work)
        wait_until(lambda: running(cluster), pause=0.1)
        (name,) = running(cluster)
        assert name.startswith(f"conformance_job {work.version[:16]} #1 ")

        java_of(stage, work).kill()
        stage.lake.write("released", b"")
        run.join(120)

        assert run.exitcode == 0
        assert stage.launcher().launch(work, LOG).report.attempt == 2
        # the master's word says nothing about success
        wait_until(lambda: not running(cluster), pause=0.1)
        assert {each["state"] for each in cluster.applications()} == {"FINISHED"}


def test_a_job_whose_launcher_and_worker_are_killed_ends_well(tmp_path: Path) -> None:
    with staged(tmp_path, workers=2) as (stage, cluster):
        work = stage.work("survivor", until="released")
        run = stage.launch_elsewhere(work)
        wait_until(lambda: running(cluster), pause=0.1)
        assert run.pid
        os.kill(run.pid, signal.SIGKILL)
        run.join(60)
        cluster.workers[0].end()
        stage.lake.write("released", b"")

        assert stage.launcher().launch(work, LOG).report.attempt == 1


def test_a_cluster_that_has_no_core_to_give_is_told_and_the_driver_ended(tmp_path: Path) -> None:
    with staged(tmp_path, workers=0) as (patient, cluster):
        fields = {**patient.settings["spark_submit_fields"], "start_limit_seconds": 2}
        stage = replace(patient, settings={**patient.settings, "spark_submit_fields": fields})

        with pytest.raises(LaunchError, match="gave its application no core for") as raised:
            stage.launcher().launch(stage.work("alone", until="never"), LOG)

        assert "0 workers are alive" in str(raised.value)
        wait_until(lambda: not cluster.state()["activeapps"], pause=0.1)
