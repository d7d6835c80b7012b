"""Brings an MLflow server to what the lake says. Whatever is missing or different is written."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from logging import Logger
from typing import TYPE_CHECKING

from emr_ml.lake.champion import MODEL, read_record
from emr_ml.lake.leases import HeldLease, LeaseFile
from emr_ml.lake.versions import short
from emr_ml.tracking.content import Links, run_content
from emr_ml.tracking.lake_state import (
    Stamps,
    TrackedModel,
    model_of,
    read_model,
    read_stamps,
)
from emr_ml.tracking.models import find_models, log_model
from emr_ml.tracking.registry import champions_in_order, update_registry
from emr_ml.tracking.runs import (
    KnownRun,
    create_experiment,
    create_run,
    find_experiment,
    find_runs,
    write_run,
)
from emr_ml.tracking.server import Server, TrackingError, server_errors
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import report_key

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel

#: returns the files of an exported model by name, given the lake and a version of `lr_model`;
#: raises JobError if that model can't be exported
ModelExport = Callable[[Lake, str], Mapping[str, bytes]]
LEASE = "mlflow/claim.json"
RETRY_SECONDS = 0.5


@dataclass(frozen=True)
class Tracked:
    """A pipeline whose models are on the server.

    Args:
        lake: of the pipeline.
        name: of its experiment and its registered model.
        links: to Dagster's UI.
        export: gives a model the form that loads without Spark.
    """

    lake: Lake
    name: str
    links: Links
    export: ModelExport


@dataclass(frozen=True)
class SyncResult:
    """What was written, such as runs and the alias, and what could not be."""

    written: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])


def sync(pipeline: Tracked, server: Server, log: Logger) -> SyncResult:
    """Bring the runs, models and alias of a pipeline to what its lake says.

    One process at a time does this for a pipeline: others wait, and then find it done.

    Raises:
        TrackingError: the server could not be brought up to date. What was written stays, and
            the next synchronization continues.
    """
    with server_errors(server.address), _only_here(pipeline.lake, server, log) as lease:
        return _Sync(pipeline, server, lease).run()


@contextmanager
def _only_here(lake: Lake, server: Server, log: Logger) -> Generator[HeldLease]:
    file = LeaseFile(lake, LEASE)
    while (held := file.acquire("mlflow sync")) is None:
        server.check_time()
        time.sleep(RETRY_SECONDS)
    with held.renewing(log):
        yield held


class _Sync:
    """One synchronization: reads both sides, then writes the difference, champions first."""

    def __init__(self, pipeline: Tracked, server: Server, lease: HeldLease) -> None:
        self._pipeline, self._server, self._lease = pipeline, server, lease
        self._lake = pipeline.lake
        self._result = SyncResult()

    def run(self) -> SyncResult:
        lake, server, name = self._lake, self._server, self._pipeline.name
        stamps, record = read_stamps(lake), read_record(lake)
        found = find_experiment(server, name, lake.root)
        if found is None and not stamps:
            return self._result
        experiment = found.experiment_id if found else create_experiment(server, name, lake.root)
        runs, models = find_runs(server, experiment), find_models(server, experiment)
        outdated = self._outdated(stamps, runs)
        champions = [each.version for each in champions_in_order(record)]

        def write(versions: Iterable[str]) -> None:
            for version in versions:
                keys, run = outdated.pop(version, None), runs.get(version)
                if keys and (tracked := self._read(version, keys, stamps)):
                    self._check_lease()
                    self._write(experiment, tracked, run, models)

        # the alias must not wait for the runs of a long history
        write(champions)
        written, problem = update_registry(server, name, lake.root, record, models)
        self._result.written.extend(written)
        self._result.problems.extend(filter(None, [problem]))
        write([*outdated])
        return self._result

    def _read(self, version: str, keys: Iterable[str], stamps: Stamps) -> TrackedModel | None:
        try:
            return read_model(self._lake, version, keys, stamps)
        except JobError as error:
            self._result.problems.append(str(error))
            return None

    def _outdated(self, stamps: Stamps, runs: Mapping[str, KnownRun]) -> dict[str, set[str]]:
        """Return the objects of each version of `lr_model` whose run does not show them all."""
        owners = {key: version for version, run in runs.items() for key in run.state}
        changed: dict[str, set[str]] = {}
        for key, stamp in stamps.items():
            owner = owners.get(key)
            if owner and runs[owner].state[key] == stamp:
                continue
            try:
                owner = owner or model_of(self._lake, key)
            except JobError as error:
                self._result.problems.append(str(error))
                continue
            # metrics may outlive their model, and what somebody has deleted stays deleted
            if owner is None or report_key(MODEL, owner) not in stamps:
                continue
            if owner not in runs or not runs[owner].deleted:
                changed.setdefault(owner, set()).add(key)
        return {
            version: keys | (set(runs[version].state) if version in runs else set())
            for version, keys in changed.items()
        }

    def _write(
        self,
        experiment: str,
        tracked: TrackedModel,
        known: KnownRun | None,
        models: "dict[str, LoggedModel]",
    ) -> None:
        server, content = self._server, run_content(tracked, self._pipeline.links)
        run = known.run if known else create_run(server, experiment, content)
        model = self._logged(run.info.run_id, tracked, models.get(tracked.version))
        if model:
            models[tracked.version] = model
        write_run(
            server,
            run,
            content,
            tracked,
            pages=dict(self._pages(tracked)),
            model_id=model.model_id if model else None,
        )
        self._result.written.append(f"run {short(tracked.version)}")

    def _logged(
        self, run_id: str, tracked: TrackedModel, known: "LoggedModel | None"
    ) -> "LoggedModel | None":
        try:
            files = self._pipeline.export(self._lake, tracked.version)
        except JobError as error:
            self._result.problems.append(str(error))
            return None
        return log_model(self._server, run_id, tracked, files, known)

    def _pages(self, tracked: TrackedModel) -> Iterator[tuple[str, bytes]]:
        for asset, key in tracked.pages.items():
            if stored := self._lake.read(key):
                yield f"{asset}.html", stored.body

    def _check_lease(self) -> None:
        self._server.check_time()
        if self._lease.is_taken_over():
            raise TrackingError(
                "another process has begun to bring MLflow up to date",
                fix="run `emr-ml mlflow sync` to see when it has ended",
            )
