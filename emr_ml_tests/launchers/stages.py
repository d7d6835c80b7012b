"""The environments of the conformance suite, one for each launcher."""

import logging
import multiprocessing
import os
import shutil
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

import spark_jobs
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers import make_launcher
from emr_ml.launchers.base import Launcher
from emr_ml.launchers.local_spark import JAVA_OPTIONS, DataSize
from emr_ml.settings import Settings
from emr_ml_tests.launchers import conformance_job
from spark_jobs.runtime.lake import Lake, open_lake

JOB = "conformance_job"
SCRIPT = Path(conformance_job.__file__)
LOG = logging.getLogger("conformance")


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
        spark = self.launcher().spark
        return VersionSpec(JOB, "a-run", {}, {"test": name}, params, "code", spark)

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
        # for the processes of `launch_elsewhere`, which start a Java of their own
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
