"""A pipeline of a lake, and what an MLflow server shows of it."""

import logging
from typing import TYPE_CHECKING, Any

from emr_ml.tracking.content import VERSION, Links
from emr_ml.tracking.server import connect
from emr_ml.tracking.sync import SyncResult, Tracked, sync
from emr_ml_tests.tracking.mlflow_server import Proxy
from emr_ml_tests.tracking.models import export
from spark_jobs.runtime.lake import Lake

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel, Run

LOG = logging.getLogger("test")
SECONDS = 60.0


class Shown:
    """A pipeline with a lake and names of its own, and what the server shows of it."""

    def __init__(self, proxy: Proxy, lake: Lake, name: str) -> None:
        self.proxy, self.lake, self.name = proxy, lake, name
        self.pipeline = Tracked(lake, name, Links("http://dagster", ("shop",)), export)
        self.server = connect(proxy.address, SECONDS)

    def sync(self, **changes: Any) -> SyncResult:
        pipeline = Tracked(**{**vars(self.pipeline), **changes})
        return sync(pipeline, connect(self.proxy.address, SECONDS), LOG)

    def runs(self) -> "list[Run]":
        experiment = self.server.client.get_experiment_by_name(self.name)
        found = self.server.client.search_runs([experiment.experiment_id]) if experiment else []
        return sorted(found, key=lambda run: run.data.tags[VERSION])

    def run(self) -> "Run":
        (run,) = self.runs()
        return run

    def files(self, folder: str = "") -> set[str]:
        return {
            each.path for each in self.server.client.list_artifacts(self.run().info.run_id, folder)
        }

    def models(self) -> "list[LoggedModel]":
        experiment = self.server.client.get_experiment_by_name(self.name)
        assert experiment
        return [*self.server.client.search_logged_models([experiment.experiment_id])]

    def versions(self) -> list[str]:
        """The versions of `lr_model` that are registered, in order of their numbers."""
        found = self.server.client.search_model_versions(f"name='{self.name}'")
        return [each.tags[VERSION] for each in sorted(found, key=lambda each: int(each.version))]

    def champion(self) -> str:
        """The version of `lr_model` that the alias names."""
        return self.server.client.get_model_version_by_alias(self.name, "champion").tags[VERSION]
