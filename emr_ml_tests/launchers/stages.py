"""The environments of the conformance suite, one for each launcher."""

import logging
import multiprocessing
import os
import shutil
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

import yaml

import spark_jobs
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers import make_launcher
from emr_ml.launchers.base import Launcher
from emr_ml.launchers.local_spark import JAVA_OPTIONS, SQL_CONF, DataSize
from emr_ml.launchers.remote.shipping import planned_code
from emr_ml.project import ROOT
from emr_ml.settings import Settings
from emr_ml_tests.emulator.kubernetes.access import service_account
from emr_ml_tests.emulator.kubernetes.containers import python_image
from emr_ml_tests.emulator.kubernetes.server import LAUNCHER, Kubernetes
from emr_ml_tests.emulator.kubernetes.server import serve as serve_kubernetes
from emr_ml_tests.emulator.spark_home import light_programs, spark_home
from emr_ml_tests.launchers import conformance_job
from emr_ml_tests.standalone import JAVA_OPTIONS as DAEMON_OPTIONS
from emr_ml_tests.standalone import Standalone
from spark_jobs.runtime.lake import Lake, open_lake

JOB = "conformance_job"
SCRIPT = Path(conformance_job.__file__)
NAMESPACE, IMAGE = "spark", "registry.example.com/emr_ml:1"
LOG = logging.getLogger("conformance")
SMALL_JOBS: dict[str, Any] = {
    "driver_memory": "512m",
    "executor_memory": "512m",
    "max_cores": 1,
    "spark_conf": {
        "spark.ui.enabled": "false",
        "spark.driver.extraJavaOptions": DAEMON_OPTIONS,
        "spark.executor.extraJavaOptions": DAEMON_OPTIONS,
        **SQL_CONF[DataSize.SMALL],
    },
}


@dataclass(frozen=True)
class Stage:
    """A deployment by its settings, and the environment that a process needs on it."""

    settings: Mapping[str, Any]
    environment: Mapping[str, str]
    steps_outlive_their_process: bool

    @property
    def lake(self) -> Lake:
        return open_lake(self.settings["lake"])

    def launcher(self) -> Launcher:
        """Return a launcher as a new process would create it."""
        # local launchers import jobs from here; on clusters, the script is beside the others
        folder = str(SCRIPT.parent)
        if folder not in spark_jobs.__path__:
            spark_jobs.__path__.append(folder)
        return make_launcher(Settings(**self.settings))

    def work(self, name: str, **params: Any) -> VersionSpec:
        """Return a version of the job that no other test requests."""
        return VersionSpec(JOB, "a-run", {}, {"test": name}, params, "code", self._spark)

    @cached_property
    def _spark(self) -> str:
        return self.launcher().spark

    def launch_elsewhere(self, work: VersionSpec) -> BaseProcess:
        """Return a process that launches the work."""
        process = multiprocessing.get_context("spawn").Process(
            target=launch_here, args=(self, work)
        )
        process.start()
        return process


def launch_here(stage: Stage, work: VersionSpec) -> None:
    """Launch the work in this process, which is the stage's own."""
    # tests that run in the background are started with Ctrl-C ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(stage.environment)
    stage.launcher().launch(work, LOG)


@contextmanager
def local_stage(folder: Path) -> Generator[Stage]:
    """Spark in the process that launches."""
    shutil.rmtree(folder / "lake", ignore_errors=True)
    settings = {
        "lake": str(folder / "lake"),
        "fast_poll_seconds": 0.1,
        # for the processes of `launch_elsewhere`, which start a JVM of their own
        "spark_conf": {
            "spark.driver.extraJavaOptions": JAVA_OPTIONS[DataSize.SMALL],
            "spark.driver.memory": "1g",
        },
    }
    yield Stage(settings, {}, steps_outlive_their_process=False)


@contextmanager
def aws_stage(
    folder: Path, spark: Literal["real", "light"], deployment: str = "emr"
) -> Generator[Stage]:
    """Jobs on an emulated service of AWS.

    Args:
        spark: `real` has real bootstrap, spark-submit and S3A; `light` runs the same scripts from
            the same archive in plain Python.
        deployment: the service, as `EMR_ML_DEPLOYMENT` names it.
    """
    from emr_ml.launchers.remote.shipping import planned_code
    from emr_ml_tests.emulator.examples import RUNTIME_ROLE_ARN
    from emr_ml_tests.emulator.server import serve

    bucket = f"conformance-{spark}-{deployment}"
    lake = f"s3://{bucket}/lake"
    settings: dict[str, Any] = {
        "deployment": deployment,
        "lake": lake,
        "fast_poll_seconds": 0.2,
        "poll_seconds": 1.0,
        "visibility_seconds": 3.0,
    }
    # without Spark, jobs run in the harness, which has the packages that an archive would have
    packages = "archive" if spark == "real" else "image"
    fields = {"execution_role": RUNTIME_ROLE_ARN, "packages": packages}
    settings["serverless_fields"] = fields
    settings["eks_fields"] = {**fields, "virtual_cluster_name": "emr-ml"}
    with serve(folder, spark=spark) as aws:
        environment = aws.environment()
        kept = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            aws.bucket(bucket)
            aws.eks.add_virtual_cluster("emr-ml")
            stage = Stage(settings, environment, steps_outlive_their_process=True)
            scripts = planned_code(lake).scripts
            key = f"{scripts.removeprefix(lake + '/')}/{JOB}.py"
            stage.lake.write(key, SCRIPT.read_bytes())
            yield stage
        finally:
            for name, value in kept.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def spark_submit_stage(folder: Path, cluster: Standalone | None) -> Generator[Stage]:
    """Drivers of their own on this machine.

    Args:
        folder: with the lake, and the drivers' logs.
        cluster: runs the jobs; without one, a stand-in for spark-submit runs them in plain Python.
    """
    shutil.rmtree(folder / "lake", ignore_errors=True)
    fields: dict[str, Any] = {
        "folder": str(folder / "here"),
        "master": cluster.url if cluster else "local",
    }
    if cluster:
        fields |= {"master_ui": cluster.ui, **SMALL_JOBS}
    else:
        fields["spark_home"] = str(light_spark_home(folder / "spark"))
    lake = str(folder / "lake")
    settings = {
        "deployment": "spark-submit",
        "lake": lake,
        "fast_poll_seconds": 0.1,
        "poll_seconds": 1.0,
        "visibility_seconds": 3.0,
        "spark_submit_fields": fields,
    }
    stage = Stage(settings, {}, steps_outlive_their_process=True)
    copy_job(fields["folder"])
    yield stage


def light_spark_home(folder: Path) -> Path:
    """Return a folder with a spark-submit that needs no Java."""
    script = folder / "bin" / "spark-submit"
    script.parent.mkdir(parents=True)
    script.write_text(light_programs()["spark-submit"])
    script.chmod(0o755)
    return folder


@contextmanager
def kubernetes_stage(
    folder: Path, spark: Literal["real", "light"] = "light"
) -> Generator[tuple[Stage, Kubernetes]]:
    """Drivers as pods of an emulated Kubernetes.

    Args:
        folder: of the cluster and the lake.
        spark: `real` has the entry script of deploy/ and executors as pods; `light` runs jobs in
            plain Python.
    """
    if spark == "real":
        entry = ROOT / "deploy" / "entrypoint.sh"
    else:
        home, entry = light_spark_home(folder / "spark"), folder / "entrypoint.sh"
        entry.write_text(f'#!/bin/sh\nshift\nexec {home}/bin/spark-submit "$@"\n')
        entry.chmod(0o755)
    image = python_image(entry, {"SPARK_HOME": str(spark_home())})
    with serve_kubernetes(folder / "kubernetes", {IMAGE: image}) as cluster:
        cluster.add_namespace(NAMESPACE, "driver")
        roles = read_roles()
        cluster.access.bind(LAUNCHER, NAMESPACE, roles["emr-ml-launcher"])
        cluster.access.bind(service_account(NAMESPACE, "driver"), NAMESPACE, roles["emr-ml-driver"])
        kubeconfig = cluster.kubeconfig(folder / "kubeconfig")
        lake = str(folder / "lake")
        fields: dict[str, Any] = {
            "master": f"k8s://{cluster.url}",
            "deploy_mode": "cluster",
            "kubernetes": {
                "namespace": NAMESPACE,
                "image": IMAGE,
                "service_account": "driver",
                "kubeconfig": str(kubeconfig),
                "api_in_pods": cluster.url,
            },
        }
        if spark == "real":
            more = {"spark.kubernetes.executor.request.cores": "100m"}
            small = {**SMALL_JOBS, "executors": 1}
            fields |= {**small, "spark_conf": {**SMALL_JOBS["spark_conf"], **more}}
        settings = {
            "deployment": "spark-submit",
            "lake": lake,
            "fast_poll_seconds": 0.1,
            "poll_seconds": 0.3,
            "visibility_seconds": 2.0,
            "spark_submit_fields": fields,
        }
        copy_job(lake)
        yield Stage(settings, {}, steps_outlive_their_process=True), cluster


def read_roles() -> dict[str, Any]:
    """Return the rules of each Role in deploy/, by its name."""
    manifests = yaml.safe_load_all((ROOT / "deploy" / "spark_roles.yaml").read_text())
    return {one["metadata"]["name"]: one["rules"] for one in manifests if one["kind"] == "Role"}


def copy_job(root: str) -> None:
    """Put the job beside those that are shipped to a folder."""
    script = Path(planned_code(root).scripts, f"{JOB}.py")
    script.parent.mkdir(parents=True)
    script.write_bytes(SCRIPT.read_bytes())
