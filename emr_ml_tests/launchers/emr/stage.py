"""A launcher on an emulated AWS that runs fast, with jobs that do what a test asks of them."""

import logging
import multiprocessing
import threading
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from emr_ml.lake.leases import Lease, LeaseFile
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers import make_launcher
from emr_ml.launchers.base import Launcher, Outcome
from emr_ml.launchers.emr.config.loading import load_cluster_config
from emr_ml.launchers.remote.shipping import planned_code
from emr_ml.settings import Settings
from emr_ml_tests.emulator.clusters import Cluster
from emr_ml_tests.emulator.faults import Fault
from emr_ml_tests.emulator.server import Emulator, serve
from emr_ml_tests.emulator.steps import Step
from emr_ml_tests.emulator.world import Delays
from emr_ml_tests.launchers import conformance_job
from emr_ml_tests.launchers.emr.elsewhere import Death, launch_in_this_process
from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import lease_key, read_report

JOB = "conformance_job"
LOG = logging.getLogger("launch")
SPEED = 120.0
# emulated seconds: a cluster is there after a true second
DELAYS = Delays(
    start=40.0, bootstrap=20.0, step=2.0, cancel=2.0, terminate=20.0, logs=30.0, failure_details=5.0
)
SETTINGS: dict[str, Any] = {
    "deployment": "emr",
    "fast_poll_seconds": 0.1,
    "poll_seconds": 0.5,
    "visibility_seconds": 1.5,
    "api_patience_seconds": 60.0,
    "idle_timeout_seconds": 3600,
    # spot tasks and bootstrap actions take time, and are for the tests that are about them
    "cluster_fields": {
        "task": {"on_demand": 0, "spot": 0},
        "overrides": {"BootstrapActions": None},
    },
}


@dataclass(frozen=True)
class Stage:
    """An emulator, settings that use it, and queries for tests."""

    aws: Emulator
    settings: Settings
    environment: Mapping[str, str]
    works: list[VersionSpec] = field(default_factory=list[VersionSpec])

    def with_settings(self, **changed: Any) -> "Stage":
        """Return a stage on the same AWS and lake with other settings."""
        changed = {name: value for name, value in changed.items() if name != "cluster_fields"} | {
            "cluster_fields": self.settings.cluster_fields | changed.get("cluster_fields", {})
        }
        return replace(self, settings=self.settings.model_copy(update=changed))

    @property
    def lake(self) -> Lake:
        return open_lake(self.settings.lake)

    def launcher(self) -> Launcher:
        """Return a launcher as a new process would create it."""
        return make_launcher(self.settings)

    def work(
        self, asset: str = JOB, *, force: bool = False, run: str = "", **params: Any
    ) -> VersionSpec:
        """Return a version that no test has requested, by default of the conformance job."""
        run = run or uuid.uuid4().hex
        salt = {"salt": uuid.uuid4().hex}
        spark = self.launcher().spark
        work = VersionSpec(asset, run, {}, salt, params, "code", spark, force)
        self.works.append(work)
        return work

    def launch(self, work: VersionSpec | None = None, **params: Any) -> Outcome:
        return self.launcher().launch(work or self.work(**params), LOG)

    def launch_aside(self, work: VersionSpec) -> "Aside":
        """Start a launch in a thread."""
        aside = Aside(self, work)
        aside.start()
        return aside

    def launch_elsewhere(
        self, work: VersionSpec, log: Path | None = None, dies: Death | None = None
    ) -> BaseProcess:
        """Return a process that launches the work and may die; its log goes to a file."""
        asked = self.settings.model_dump()
        process = _forkserver().Process(
            target=launch_in_this_process, args=(asked, dict(self.environment), work, log, dies)
        )
        process.start()
        return process

    def put_job(self, asset: str, source: str) -> str:
        """Upload the test's own job; its script gets the address of its request."""
        scripts = planned_code(self.settings.lake).scripts
        key = f"{scripts.removeprefix(self.settings.lake + '/')}/{asset}.py"
        self.lake.write(key, source.encode())
        return asset

    def lease(self, work: VersionSpec) -> Lease | None:
        return LeaseFile(self.lake, lease_key(work.asset, work.version)).read()

    def committed_attempt(self, work: VersionSpec) -> int | None:
        report = read_report(self.lake, work.asset, work.version)
        return report.attempt if report else None

    def begun(self, work: VersionSpec) -> list[int]:
        """Return the attempts that a process started."""
        folder = f"{work.asset}/{work.version}/attempts/"
        keys = [entry.key.removeprefix(folder).split("/") for entry in self.lake.list(folder)]
        return sorted(int(parts[0]) for parts in keys if parts[1:] == ["_job", "started.json"])

    def steps(self, work: VersionSpec) -> list[Step]:
        """Return all steps that were ever added for the version, oldest first."""
        return [
            step
            for step in self.aws.steps
            if step.name.startswith(f"{work.asset} {work.version[:16]} ")
        ]

    def states(self, work: VersionSpec) -> list[str]:
        return [step.state for step in self.steps(work)]

    def only_cluster(self) -> Cluster:
        (cluster,) = self.aws.clusters
        return cluster

    def wait_for_idle_end(self) -> None:
        """Wait until no cluster is alive; fail the test if one outlives its idle timeout."""
        idle = load_cluster_config(self.settings).idle_timeout_seconds
        grace = DELAYS.terminate + 60.0
        wait_until(lambda: not self.aws.alive, (idle + grace) / SPEED + 2.0)


class Aside(threading.Thread):
    """A launch in a thread; afterwards it has an `outcome` or an `error`."""

    def __init__(self, stage: Stage, work: VersionSpec, *, more: bool = False) -> None:
        super().__init__(daemon=True)
        self._stage, self._work, self._more = stage, work, more
        self.outcome: Outcome | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            launcher = self._stage.launcher().expecting_more(self._more)
            self.outcome = launcher.launch(self._work, LOG)
        except Exception as error:
            self.error = error


# opens a stage with faults, and options of `open_stage`
Staging = Callable[..., Stage]


@contextmanager
def open_stage(
    folder: Path,
    *faults: Fault,
    settings: Mapping[str, Any] | None = None,
    speed: float = SPEED,
    quotas: bool = False,
    delays: Delays = DELAYS,
    max_nodes: int = 1,
) -> Generator[Stage]:
    """Open a separate stage; the caller sets this process's environment."""
    bucket = f"stage-{uuid.uuid4().hex}"
    with serve(
        folder,
        speed=speed,
        quotas=quotas,
        faults=faults,
        delays=delays,
        max_nodes=max_nodes,
        prices=None,
    ) as aws:
        aws.bucket(bucket)
        asked: dict[str, Any] = SETTINGS | {"lake": f"s3://{bucket}/lake"} | dict(settings or {})
        yield Stage(aws, Settings(**asked), aws.environment())


def put_conformance_job(stage: Stage) -> None:
    stage.put_job(JOB, Path(conformance_job.__file__).read_text())


def _forkserver() -> ForkServerContext:
    """Return a context for processes that start fast, with the slow imports preloaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["emr_ml_tests.launchers.emr.elsewhere"])
    return context
